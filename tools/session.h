/* One run of `jieli`: its command line, the node it works on, and the three ways to the ledger: the
 * home itself, opened read-only by the uid that owns it; the daemon's socket; or, from an officer's
 * desk, a secure session (tools/desk.h). */
#ifndef JIELI_TOOLS_SESSION_H
#define JIELI_TOOLS_SESSION_H

#include <jansson.h>

#include "ledger/ledger.h"
#include "net/config.h"
#include "net/ipc.h"
#include "tools/exit_code.h"
#include "tools/options.h"

struct session {
    const char *name;                   /* of the subcommand */
    struct args args;
    const char *home;                   /* --home, JIELI_HOME, /var/lib/jieli */
    const char *node;                   /* tools/desk.h, desk_node; NULL: the home */
    bool json;
    bool waits;                         /* --wait LEVEL is an option of this command */
    struct ledger *ledger;              /* opened when first asked */
    struct ipc_client *ipc;             /* connected when first needed */
    struct desk *desk;                  /* what is known of the desk's node; NULL before needed */
    struct local_node *local;           /* the home itself, opened to write (tools/local_node.h) */
    struct passphrase *passphrase;      /* the last one typed; NULL: none */
    json_t *members;                    /* id → name, read when first needed */
    json_t *warnings;                   /* said beside an answer; NULL for none */
};

void session_init(struct session *s, const char *name, const struct args *args);
void session_clear(struct session *s);

/* The home's configuration; a home without one, or with one that this user may not read, is taken
 * with the defaults. EXIT_DONE, or the failure printed. */
int session_config(struct session *s, struct config *config);

/* Whether this user reads the home by itself, daemon or not; else the daemon is asked. */
bool session_reads_home(const struct session *s);
/* Asks a question of ledger/query/query.h; takes `request` over. EXIT_DONE: *reply is a new
 * reference without "error". Else the failure is printed and its exit code returned. */
int session_ask(struct session *s, json_t *request, json_t **reply);
/* The same through the running node only: what an act is built on must be what it will be appended
 * to. */
int session_ask_daemon(struct session *s, json_t *request, json_t **reply);
/* One operation of net/ipc.h; takes `request` over. reply_blob may be NULL. */
int session_tell(struct session *s, json_t *request, struct span blob, json_t **reply,
                 struct buffer *reply_blob);

/* Whether the daemon answers, or the desk's node does already; says nothing if not. */
bool session_reaches_daemon(struct session *s);

/* A member as people call it: its name in Chinese, its id in English or when the name is not known.
 * Borrowed until session_clear. */
const char *session_member(struct session *s, const char *id);
/* The id of a member given by id or by its whole name; the text itself when no name is like it. */
const char *session_member_id(struct session *s, const char *text);

/* ---- failures: printed to stderr in words, with --json as an object on stdout ---- */
/* `message` and `hint` (what to do next; may be NULL) are translated already. */
int session_fail(struct session *s, enum err err, const char *message, const char *hint);
/* The same with an exit code other than that of `err`. */
int session_fail_as(struct session *s, enum err err, int code, const char *message,
                    const char *hint);
/* The message of `err` alone, with what it was about (NULL: nothing). */
int session_fail_at(struct session *s, enum err err, const char *what);
/* The same of a file: tells a missing folder from a missing file. */
int session_fail_file(struct session *s, enum err err, const char *path);
/* A home that cannot be opened: names the file of it that is to blame. */
int session_fail_home(struct session *s, enum err err);
/* A wrong command line. */
int session_usage(struct session *s, const char *message, const char *what);
/* An answer that has "error". */
int session_fail_reply(struct session *s, const json_t *reply);
/* Says a warning: a line on stderr at once; with --json in `warnings` of the act's answer. */
void session_warn(struct session *s, const char *message);
/* Prints an object as JSON on one line and drops it. */
int session_json(json_t *object);

#endif
