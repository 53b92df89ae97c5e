#include <stdio.h>
#include <string.h>

#include "tools/exit_code.h"
#include "tools/session.h"
#include "tools/words.h"

int exit_code_of(enum err err)
{
    switch (err) {
    case OK: return EXIT_DONE;
    case ERR_VOID:
    case ERR_NOT_ENROLLED:
    case ERR_WRONG_LEDGER:
    case ERR_UNSUPPORTED:
    case ERR_SIGNATURE:
    case ERR_EXISTS:
    case ERR_TOO_LARGE:
    case ERR_FORMAT:
    case ERR_TRUNCATED:
    case ERR_CONFIG: return EXIT_REFUSED;
    case ERR_USAGE: return EXIT_USAGE;
    case ERR_NOTFOUND:
    case ERR_UNKNOWN_MEMBER:
    case ERR_RANGE: return EXIT_NOTFOUND;
    case ERR_PENDING:
    case ERR_OVERTAKEN:
    case ERR_OLD_HEAD:
    case ERR_GAP:
    case ERR_BUSY:
    case ERR_CLOCK: return EXIT_LATER;
    case ERR_KEY:
    case ERR_PASSPHRASE:
    case ERR_PERMISSION: return EXIT_KEY;
    case ERR_CORRUPT:
    case ERR_PROOF:
    case ERR_FORK:
    case ERR_ROLLBACK: return EXIT_BROKEN;
    case ERR_NOMEM:
    case ERR_IO:
    case ERR_DISK_FULL:
    case ERR_LOCKED:
    case ERR_TIMEOUT:
    case ERR_CLOSED:
    case ERR_PROTOCOL:
    case ERR_UNCERTAIN: return EXIT_IO;
    }
    return EXIT_IO;
}

int session_json(json_t *object)
{
    json_dumpf(object, stdout, JSON_COMPACT);
    fputc('\n', stdout);
    json_decref(object);
    return EXIT_DONE;
}

static int report(const struct session *s, const char *name, int code,
                  const char *message, const char *hint)
{
    if (s->json) {
        json_t *o =
            json_pack("{s:s,s:s,s:i}", "error", name, "message", message, "exit", code);
        if (hint != NULL)
            json_object_set_new(o, "hint", json_string(hint));
        session_json(o);
        return code;
    }
    fprintf(stderr, "jieli %s: %s\n", s->name, message);
    if (hint != NULL)
        fprintf(stderr, "  %s\n", hint);
    return code;
}

int session_fail(struct session *s, enum err err, const char *message, const char *hint)
{
    return report(s, err_name(err), exit_code_of(err), message, hint);
}

int session_fail_as(struct session *s, enum err err, int code, const char *message,
                    const char *hint)
{
    return report(s, err_name(err), code, message, hint);
}

int session_fail_at(struct session *s, enum err err, const char *what)
{
    char message[HOME_PATH_BYTES + 256];
    snprintf(message, sizeof message, "%s%s%s", what == NULL ? "" : what, what == NULL ? "" : ": ",
             _(err_message(err)));
    return session_fail(s, err, message, NULL);
}

int session_usage(struct session *s, const char *message, const char *what)
{
    char text[1024], hint[128];
    snprintf(text, sizeof text, "%s%s%s", message, what == NULL ? "" : ": ",
             what == NULL ? "" : what);
    snprintf(hint, sizeof hint, _("see: jieli %s --help"), s->name);
    return session_fail(s, ERR_USAGE, text, hint);
}

/* What to do about an act that the node would not take. */
static const char *reason_hint(const char *reason)
{
    static const struct { const char *reason, *hint; } rows[] = {
        {"base", N_("another act came between: look at the case with `jieli show` and act anew")},
        {"offer_open",
         N_("wait for the answer, ask the offer back with `jieli recall`, or petition")},
        {"no_offer", N_("look at the case with `jieli show`: the offer was answered or ruled on")},
        {"conflict",
         N_("draft it with `jieli draft`; a director or the oversight member signs second")},
        {"signers",
         N_("draft it with `jieli draft` and let the others add theirs with `jieli sign`")},
        {"no_pass", N_("let it be verified first: jieli draft verify CASE --outcome pass")},
        {"not_enrolled", N_("an administrator enrols officers: jieli officer add")},
        {"not_custodian", N_("`jieli show` names the custodian; only it may do this")},
        {"not_offered", N_("`jieli show` names the member that the case is offered to")},
        {"closed", N_("the case is closed; a relapse is recorded with `jieli look-back`")},
        {"handler", N_("let verifiers sign who had no hand in the case")},
        {"track_open",
         N_("end each track first: jieli dual-end CASE --track NAME --outcome concluded")},
        {"repeated", N_("the act is held already: see `jieli show`")},
    };
    for (size_t i = 0; reason != NULL && i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].reason, reason) == 0)
            return _(rows[i].hint);
    }
    return NULL;
}

static const char *reason_text(const char *name)
{
    for (int r = REASON_NONE; name != NULL && r <= REASON_NOT_ASKED; r++) {
        const char *row = reason_name((enum reason)r);
        if (row != NULL && strcmp(row, name) == 0)
            return _(reason_message((enum reason)r));
    }
    return NULL;
}

static enum err err_of(const char *name)
{
    for (int e = OK; e <= ERR_UNCERTAIN; e++) {
        if (strcmp(err_name((enum err)e), name) == 0)
            return (enum err)e;
    }
    return ERR_PROTOCOL;
}

static void print_candidates(const json_t *reply)
{
    const json_t *list = json_object_get(reply, "candidates");
    for (size_t i = 0; i < json_array_size(list); i++)
        fprintf(stderr, "  %s\n", json_string_value(json_array_get(list, i)));
}

int session_fail_reply(struct session *s, const json_t *reply)
{
    const char *name = json_string_value(json_object_get(reply, "error"));
    const char *reason = json_string_value(json_object_get(reply, "reason"));
    const char *english = json_string_value(json_object_get(reply, "message"));
    enum err err = err_of(name == NULL ? "" : name);
    const char *why = reason_text(reason);
    if (s->json) {
        json_t *o = json_copy((json_t *)(uintptr_t)reply);
        json_object_set_new(o, "exit", json_integer(exit_code_of(err)));
        session_json(o);
        return exit_code_of(err);
    }
    if (why != NULL) {
        char message[512];
        snprintf(message, sizeof message, _("refused, nothing was written: %s"), why);
        return session_fail(s, err, message, reason_hint(reason));
    }
    session_fail(s, err, _(english == NULL ? err_message(err) : english), NULL);
    print_candidates(reply);
    return exit_code_of(err);
}
