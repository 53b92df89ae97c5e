/* Admission of a member by a root officer, in the convenor's log. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ledger/log/home.h"
#include "ledger/log/member_id.h"
#include "ledger/roster/compose.h"
#include "net/desk_message.h"
#include "tools/cmd/lists.h"
#include "tools/command.h"
#include "tools/member_input.h"
#include "tools/writing.h"

/* The file that `jieli init` wrote, or what waits in the node by the member's invitation. */
static int fetch_request(struct session *s, const char *what, struct buffer *out)
{
    json_t *reply = NULL;
    if (access(what, F_OK) == 0) {
        enum err err = file_read(what, REQUEST_MAX_BYTES, out);
        return err == OK ? EXIT_DONE : session_fail_at(s, err, what);
    }
    if (!member_id_valid(span_of(what, strlen(what))))
        return session_fail_file(s, ERR_NOTFOUND, what);
    int code = session_tell(s, json_pack("{s:s,s:s}", "op", "request", "member", what),
                            (struct span){0}, &reply, out);
    json_decref(reply);
    return code;
}

static int read_request(struct session *s, const char *path, struct admission *a)
{
    struct buffer bytes = {0};
    struct hash ledger;
    char hex[HASH_BYTES * 2 + 1] = "";
    json_t *status;
    int code = fetch_request(s, path, &bytes);
    if (code != EXIT_DONE)
        return code;
    enum err err = request_decode(a, &ledger, buffer_span(&bytes));
    if (err == OK)
        err = hex_encode(hex, sizeof hex, span_of(ledger.b, HASH_BYTES));
    if (err == OK)
        err = admission_verify(a, &ledger);
    buffer_clear(&bytes);
    if (err != OK)
        return session_fail_at(s, err, path);
    code = session_ask(s, json_pack("{s:s}", "query", "status"), &status);
    if (code == EXIT_DONE && strcmp(text_at(status, "ledger"), hex) != 0)
        code = session_fail_at(s, ERR_WRONG_LEDGER, path);
    json_decref(status);
    return code;
}

static int admit_run(struct session *s)
{
    struct admission a;
    struct composition c;
    json_t *reply = NULL;
    const char *path = args_word(&s->args, 0);
    if (path == NULL)
        return session_usage(s, _("name the request file that `jieli init` wrote, or the member "
                                  "whose request waits"), NULL);
    memset(&a, 0, sizeof a);
    composition_init(&c);
    int code = read_request(s, path, &a);
    if (code == EXIT_DONE)
        code = member_input_take(s, &a);
    if (code == EXIT_DONE && compose_admit(&c, &a) != OK)
        code = session_fail_at(s, ERR_FORMAT, path);
    if (code == EXIT_DONE)
        code = writing_govern(s, KIND_ADMIT, c.facts, c.fact_count, &reply);
    if (code == EXIT_DONE) {
        json_object_set_new(reply, "member", json_string(a.id));
        code = writing_tell(s, kind_row(KIND_ADMIT), reply);
    }
    composition_clear(&c);
    return code;
}

static const struct option_row admit_options[] = {MEMBER_OPTIONS, {NULL, NULL, NULL}};

const struct command cmd_admit = {
    .name = "admit",
    .usage = "REQUEST|MEMBER --name NAME --kind KIND --powers POWER,… | --members FILE",
    .summary = N_("admits a member: convenor's node, key of a root officer"),
    .example = "jieli admit zhujian.request --members configs/ezhou/members.tsv --key e000.key",
    .options = admit_options,
    .signs = true,
    .waits = true,
    .run = admit_run,
};
