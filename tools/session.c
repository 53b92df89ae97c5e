#include "tools/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ledger/query/query.h"
#include "tools/desk.h"
#include "tools/local_node.h"
#include "tools/passphrase.h"
#include "tools/words.h"

#define HOME_DEFAULT "/var/lib/jieli"
enum { DAEMON_TIMEOUT_MS = 20000 };

void session_init(struct session *s, const char *name, const struct args *args)
{
    const char *home = args_value(args, "home");
    *s = (struct session){.name = name, .args = *args, .json = args_has(args, "json")};
    if (home == NULL)
        home = getenv("JIELI_HOME");
    s->node = desk_node(args);
    s->home = home == NULL || home[0] == 0 ? HOME_DEFAULT : home;
}

void session_clear(struct session *s)
{
    ledger_close(s->ledger);
    ipc_disconnect(s->ipc);
    desk_close(s->desk);
    local_node_close(s->local);
    passphrase_forget(s);
    json_decref(s->members);
    json_decref(s->warnings);
    *s = (struct session){0};
}

int session_config(struct session *s, struct config *config)
{
    char path[HOME_PATH_BYTES], place[CONFIG_PLACE_BYTES];
    struct config_error why = {0};
    enum err err = home_path(path, sizeof path, s->home, CONFIG_FILE);
    if (err == OK)
        err = config_read(config, path, &why);
    if (err == OK)
        return EXIT_DONE;
    config_init(config);
    if (err == ERR_NOTFOUND || err == ERR_PERMISSION)
        return EXIT_DONE;
    config_error_place(&why, path, place);
    return session_fail(s, err, place, why.text);
}

/* A home that this uid owns and that holds a ledger: read without asking anybody. */
static bool owns_home(const struct session *s)
{
    char path[HOME_PATH_BYTES];
    struct stat st;
    return home_path(path, sizeof path, s->home, "db/data.mdb") == OK && stat(path, &st) == 0 &&
           st.st_uid == geteuid();
}

static int open_ledger(struct session *s)
{
    struct config config;
    if (s->ledger != NULL)
        return EXIT_DONE;
    int code = session_config(s, &config);
    if (code != EXIT_DONE)
        return code;
    struct ledger_options options = {
        .home = s->home,
        .pinned = config.has_ledger ? &config.ledger : NULL,
        .member = config.member[0] == 0 ? NULL : config.member,
        .mode = LEDGER_READ,
    };
    enum err err = ledger_open(&s->ledger, &options);
    return err == OK ? EXIT_DONE : session_fail_home(s, err);
}

static int no_daemon(struct session *s, enum err err, const char *socket)
{
    char hint[HOME_PATH_BYTES + 128];
    struct stat st;
    if (err == ERR_PERMISSION)
        return session_fail(s, err, _("the node's socket does not admit this user"),
                            _("ask the node's administrator for membership in its group"));
    if (err != ERR_NOTFOUND)
        return session_fail_at(s, err, socket);
    if (stat(s->home, &st) != 0)
        snprintf(hint, sizeof hint, _("there is no home at %s: give --home DIR or set JIELI_HOME"),
                 s->home);
    else
        snprintf(hint, sizeof hint, _("start it: jielid --home %s"), s->home);
    return session_fail_as(s, err, EXIT_NO_DAEMON, _("no node answers for this home"), hint);
}

/* Where the daemon listens is said in `socket` even when it does not. */
static enum err try_daemon(struct session *s, struct config *config,
                           char socket[HOME_PATH_BYTES])
{
    const char *given = args_value(&s->args, "socket");
    if (given != NULL)
        snprintf(config->socket, sizeof config->socket, "%s", given);
    enum err err = config_socket_path(config, s->home, socket, HOME_PATH_BYTES);
    return err == OK ? ipc_connect(&s->ipc, socket, DAEMON_TIMEOUT_MS) : err;
}

static int connect_daemon(struct session *s)
{
    struct config config;
    char socket[HOME_PATH_BYTES] = "";
    if (s->ipc != NULL)
        return EXIT_DONE;
    int code = session_config(s, &config);
    if (code != EXIT_DONE)
        return code;
    enum err err = try_daemon(s, &config, socket);
    return err == OK ? EXIT_DONE : no_daemon(s, err, socket);
}

bool session_reaches_daemon(struct session *s)
{
    struct config config;
    char socket[HOME_PATH_BYTES];
    if (s->node != NULL)
        return s->desk != NULL && s->desk->line != NULL;
    return s->ipc != NULL || (session_config(s, &config) == EXIT_DONE &&
                              try_daemon(s, &config, socket) == OK);
}

static int judge_reply(struct session *s, json_t **reply)
{
    if (json_object_get(*reply, "error") == NULL)
        return EXIT_DONE;
    int code = session_fail_reply(s, *reply);
    json_decref(*reply);
    *reply = NULL;
    return code;
}

static enum err call(struct session *s, json_t *request, struct span blob, json_t **reply,
                     struct buffer *reply_blob)
{
    if (s->local != NULL)
        return local_node_call(s->local, request, blob, reply);
    return s->node == NULL ? ipc_call(s->ipc, request, blob, reply, reply_blob)
                           : desk_call(s->desk, request, blob, reply, reply_blob);
}

/* No answer came, after the node was reached. */
static int lost(struct session *s, enum err err)
{
    if (s->node == NULL || err != ERR_CLOSED)
        return session_fail_at(s, err, NULL);
    return session_fail_as(s, err, EXIT_KEY, _("the node hung up without an answer"),
                           _("this desk's key is not certified there, or no longer (an "
                             "administrator: `jieli officer desk`); or too much was asked at once: "
                             "then try again in a minute"));
}

int session_tell(struct session *s, json_t *request, struct span blob, json_t **reply,
                 struct buffer *reply_blob)
{
    *reply = NULL;
    int code = s->local != NULL ? EXIT_DONE
               : s->node == NULL ? connect_daemon(s) : desk_connect(s);
    if (code == EXIT_DONE) {
        enum err err = request == NULL ? ERR_NOMEM
                                       : call(s, request, blob, reply, reply_blob);
        code = err == OK ? judge_reply(s, reply) : lost(s, err);
    }
    json_decref(request);
    return code;
}

int session_ask_daemon(struct session *s, json_t *request, json_t **reply)
{
    json_object_set_new(request, "op", json_string("query"));
    return session_tell(s, request, (struct span){0}, reply, NULL);
}

bool session_reads_home(const struct session *s)
{
    return s->local == NULL && s->node == NULL && owns_home(s);
}

int session_ask(struct session *s, json_t *request, json_t **reply)
{
    *reply = NULL;
    if (!session_reads_home(s))
        return session_ask_daemon(s, request, reply);
    int code = open_ledger(s);
    if (code == EXIT_DONE) {
        enum err err = query_run(s->ledger, request, (uint64_t)time(NULL), reply);
        code = err == OK ? judge_reply(s, reply) : session_fail_at(s, err, NULL);
    }
    json_decref(request);
    return code;
}

static void read_members(struct session *s)
{
    json_t *reply = NULL, *member;
    size_t i;
    s->members = json_object();
    if (session_ask(s, json_pack("{s:s}", "query", "members"), &reply) != EXIT_DONE)
        return;
    json_array_foreach(json_object_get(reply, "members"), i, member) {
        json_object_set(s->members, json_string_value(json_object_get(member, "id")),
                        json_object_get(member, "name"));
    }
    json_decref(reply);
}

const char *session_member(struct session *s, const char *id)
{
    if (id == NULL || !words_chinese())
        return id == NULL ? "" : id;
    if (s->members == NULL)
        read_members(s);
    const char *name = json_string_value(json_object_get(s->members, id));
    return name == NULL || name[0] == 0 ? id : name;
}

const char *session_member_id(struct session *s, const char *text)
{
    const char *id;
    json_t *name;
    if ((text[0] & 0x80) == 0)
        return text;
    if (s->members == NULL)
        read_members(s);
    json_object_foreach(s->members, id, name) {
        if (strcmp(json_string_value(name), text) == 0)
            return id;
    }
    return text;
}
