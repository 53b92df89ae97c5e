#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ledger/log/home.h"
#include "tools/exit_code.h"
#include "tools/session.h"
#include "tools/words.h"

int exit_code_of(enum err err)
{
    switch (err) {
    case OK: return EXIT_DONE;
    case ERR_VOID:
    case ERR_SUSPENDED:
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
    case ERR_UNAUTHENTIC:
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

/* What to do about an error whose message does not say it. */
static const char *err_hint(enum err err)
{
    switch ((unsigned)err) {
    case ERR_FORK:
        return _("two histories of one log are proven: leave this home as it is and call the "
                 "convenor; `jieli blindspots` lists it as kind 14");
    case ERR_ROLLBACK:
        return _("our own log here is older than what was published, so nothing is signed in it: "
                 "put back the newest copy of the home, never delete last-head, tell the convenor; "
                 "reading and serving go on");
    case ERR_CORRUPT:
        return _("check disk and memory, then `jieli audit`; put no old copy over this home");
    case ERR_DISK_FULL: return _("make room on the disk, then give the command again");
    case ERR_BUSY: return _("give the command again in a moment");
    case ERR_UNCERTAIN:
        return _("start the node again: it rechecks; then see with `jieli show` whether the act "
                 "stands");
    case ERR_PENDING:
        return _("it rests on something that is not held here yet: wait for the peers, or "
                 "`jieli bundle apply` a newer bundle");
    case ERR_UNKNOWN_MEMBER: return _("admitted members: `jieli members`");
    case ERR_CLOCK: return _("compare the clocks of this computer and of the node: `jieli doctor`");
    case ERR_OLD_HEAD: return _("take a newer bundle, or wait for the peers");
    case ERR_PERMISSION: return _("look at owner and mode with `ls -l`");
    }
    return NULL;
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
    return session_fail(s, err, message, err_hint(err));
}

static bool folder_missing(const char *path)
{
    char folder[HOME_PATH_BYTES];
    struct stat st;
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path || (size_t)(slash - path) >= sizeof folder)
        return false;
    memcpy(folder, path, (size_t)(slash - path));
    folder[slash - path] = 0;
    return stat(folder, &st) != 0 || !S_ISDIR(st.st_mode);
}

int session_fail_file(struct session *s, enum err err, const char *path)
{
    char message[HOME_PATH_BYTES + 256];
    if (err != ERR_NOTFOUND)
        return session_fail_at(s, err, path);
    bool folder = folder_missing(path);
    snprintf(message, sizeof message, "%s: %s", path,
             folder ? _("there is no such folder") : _("there is no such file"));
    return session_fail(s, err, message,
                        folder ? _("make it with mkdir, or name another file") : NULL);
}

int session_fail_home(struct session *s, enum err err)
{
    char message[HOME_PATH_BYTES + 256];
    switch ((unsigned)err) {
    case ERR_FORMAT:
    case ERR_TRUNCATED:
    case ERR_TOO_LARGE:
    case ERR_RANGE:
    case ERR_KEY:
    case ERR_SIGNATURE:
        snprintf(message, sizeof message, "%s/genesis: %s", s->home, _("the file is damaged"));
        return session_fail_as(s, err, EXIT_BROKEN, message,
                               _("put back the committee's genesis file and compare the ledger "
                                 "id"));
    case ERR_CORRUPT:
        snprintf(message, sizeof message, "%s/db/data.mdb: %s", s->home,
                 _("the file is damaged or cut short"));
        return session_fail(s, err, message, err_hint(err));
    case ERR_NOTFOUND:
        snprintf(message, sizeof message, "%s: %s", s->home, _("there is no home with a ledger"));
        return session_fail(s, err, message, _("give --home DIR or set JIELI_HOME; a home is made "
                                               "with `jieli init` and first filled by jielid"));
    case ERR_WRONG_LEDGER:
        return session_fail(s, err, _("the home's genesis is not of the ledger that jieli.conf "
                                      "pins"),
                            _("compare both with the id that the convenor announced; never edit "
                              "one to fit"));
    }
    return session_fail_at(s, err, s->home);
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
        {"no_member", N_("`jieli members` lists those admitted")},
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

static const char *clock_text(const char *clock, const char **hint)
{
    bool ahead = clock != NULL && strcmp(clock, "ahead") == 0;
    if (clock == NULL)
        return NULL;
    *hint = ahead ? _("set this computer's clock right; where it is right the node's is behind: "
                      "see `jieli doctor` there")
                  : _("set this computer's clock right; where it is right, our log holds an act "
                      "written under a clock that stood ahead: acts are taken again a day before "
                      "that time, see `jieli doctor`");
    return ahead ? _("refused, nothing was written: this act's time is more than a day ahead of "
                     "the node's clock")
                 : _("refused, nothing was written: this act's time is more than a day before the "
                     "last act of our log");
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
    const char *why = reason_text(reason), *hint = err_hint(err);
    const char *clock = clock_text(json_string_value(json_object_get(reply, "clock")), &hint);
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
    if (clock == NULL)
        clock = _(english == NULL ? err_message(err) : english);
    session_fail(s, err, clock, hint);
    print_candidates(reply);
    return exit_code_of(err);
}

void session_warn(struct session *s, const char *message)
{
    if (!s->json) {
        fprintf(stderr, "jieli %s: %s\n", s->name, message);
        return;
    }
    if (s->warnings == NULL)
        s->warnings = json_array();
    json_array_append_new(s->warnings, json_string(message));
}
