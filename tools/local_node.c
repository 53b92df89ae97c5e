#include "tools/local_node.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ledger/query/query.h"
#include "net/act_blob.h"
#include "net/bundle.h"
#include "tools/home_open.h"
#include "tools/home_setup.h"

struct local_node { struct ledger *ledger; struct signkey *key; };

int local_node_open(struct session *s)
{
    struct config config;
    if (s->local != NULL)
        return EXIT_DONE;
    struct local_node *n = calloc(1, sizeof *n);
    if (n == NULL)
        return session_fail_at(s, ERR_NOMEM, NULL);
    int code = session_config(s, &config);
    if (code == EXIT_DONE)
        code = home_setup_node_key(s, &n->key);
    const struct ledger_options options = {.home = s->home, .pinned = &config.ledger,
                                           .member = config.member, .node_key = n->key,
                                           .mode = LEDGER_WRITE};
    enum err err = code == EXIT_DONE ? ledger_open(&n->ledger, &options) : OK;
    if (err != OK && err != ERR_LOCKED)
        code = session_fail_home(s, err);
    if (code == EXIT_DONE && err == OK)
        s->local = n;
    else
        local_node_close(n);
    return code;
}

void local_node_close(struct local_node *n)
{
    if (n == NULL)
        return;
    ledger_close(n->ledger);
    signkey_free(n->key);
    free(n);
}

static json_t *refusal(const struct append *item)
{
    json_t *reply = json_pack("{s:b, s:s, s:s}", "ok", 0, "error", err_name(item->err), "message",
                              err_message(item->err));
    if (item->reason != REASON_NONE)
        json_object_set_new(reply, "reason", json_string(reason_name(item->reason)));
    return reply;
}

static enum err append(struct local_node *n, struct span blob, json_t **reply)
{
    struct act_blob act;
    char id[2 * HASH_BYTES + 1];
    enum err err = act_blob_decode(&act, blob);
    struct append item = {.entry = act.entry};
    if (err == OK && act.part_count > 0)
        err = ERR_UNSUPPORTED;
    if (err == OK)
        err = ledger_append(n->ledger, &item, 1);
    if (err == OK)
        err = hex_encode(id, sizeof id, span_of(item.id.b, HASH_BYTES));
    if (err == OK)
        *reply = item.err != OK ? refusal(&item)
                                : json_pack("{s:b, s:I, s:s, s:s}", "ok", 1, "index",
                                            (json_int_t)item.index, "id", id, "level",
                                            "sequenced");
    return err;
}

static enum err receive(struct local_node *n, struct span blob, json_t **reply)
{
    struct bundle_result result = {0};
    enum err err = bundle_apply_message(n->ledger, blob, &result);
    if (err == OK)
        *reply = json_pack("{s:b, s:I}", "ok", 1, "entries", (json_int_t)result.entries);
    return err;
}

enum err local_node_call(struct local_node *n, json_t *request, struct span blob, json_t **reply)
{
    const char *op = json_string_value(json_object_get(request, "op"));
    if (op != NULL && strcmp(op, "query") == 0)
        return query_run(n->ledger, request, (uint64_t)time(NULL), reply);
    if (op != NULL && strcmp(op, "append") == 0)
        return append(n, blob, reply);
    if (op != NULL && strcmp(op, "receive") == 0)
        return receive(n, blob, reply);
    return ERR_UNSUPPORTED;
}
