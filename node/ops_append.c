#include <stdlib.h>

#include "ledger/erasure.h"
#include "ledger/log/part.h"
#include "ledger/parts.h"
#include "net/act_blob.h"
#include "node/clock.h"
#include "node/ops.h"

static const struct part_ref *named(const struct entry *e, const struct hash *commitment)
{
    for (unsigned i = 0; i < e->part_count; i++) {
        if (hash_equal(&e->parts[i].commitment, commitment)) {
            return &e->parts[i];
        }
    }
    return NULL;
}

/* An act in the log has it already: one that is still to be judged does not take it over. */
static bool belongs_to_an_act(const struct node *n, const struct hash *commitment)
{
    struct entry e;
    struct part_place at;
    return ledger_part_held(n->ledger, commitment, &e, &at) == OK;
}

static enum err store_part(const struct node *n, const struct entry *e, const struct act_part *part)
{
    struct hash commitment;
    struct reader r;
    part_commitment(part->salt, part->bytes, &commitment);
    const struct part_place at = {e, named(e, &commitment)};
    if (at.ref != NULL && belongs_to_an_act(n, &commitment)) {
        return OK;
    }
    struct part_wraps *wraps = malloc(sizeof *wraps);
    reader_init(&r, part->wraps);
    enum err err = wraps == NULL ? ERR_NOMEM : part_wraps_take(wraps, &r);
    if (err == OK) {
        err = at.ref == NULL ? ERR_FORMAT
                             : ledger_part_put(n->ledger, &at, wraps, part->salt, part->bytes);
    }
    free(wraps);
    return err;
}

/* Parts are on disk before the entry that names them; only those it names are taken, and of sealed
 * ones only what this node can open, and so share. */
static enum err store_parts(const struct node *n, const struct entry *e,
                            const struct act_blob *blob)
{
    enum err err = OK;
    for (unsigned i = 0; err == OK && i < blob->part_count; i++) {
        err = store_part(n, e, &blob->parts[i]);
    }
    for (unsigned i = 0; err == OK && i < e->part_count; i++) {
        err = part_held(n->home, &e->parts[i].commitment) ? OK : ERR_NOTFOUND;
    }
    return err;
}

/* Nobody confirms what is not done: the order is carried out here before the confirmation. */
static enum err erase_first(const struct node *n, const struct entry *e)
{
    unsigned erased = 0;
    uint64_t step = 0;
    if (e->kind != KIND_ERASE || !e->has_case || !entry_fact_uint(e, FACT_STEP, &step) ||
        step != STEP_CONFIRM) {
        return OK;
    }
    return ledger_erase(n->ledger, &e->case_id, &erased);
}

static enum err prepare(const struct node *n, const struct ipc_request *request,
                        struct append *item, uint64_t *claimed_s)
{
    struct act_blob blob;
    struct entry e;
    enum err err = act_blob_decode(&blob, buffer_span(&request->blob));
    if (err == OK) {
        err = entry_decode(&e, blob.entry);
    }
    if (err == OK) {
        *claimed_s = e.time_s;
        err = clock_claimed_check(e.time_s, n->last_claimed_s, clock_unix_s());
    }
    if (err == OK) {
        err = store_parts(n, &e, &blob);
    }
    if (err == OK) {
        err = erase_first(n, &e);
    }
    if (err == OK) {
        *item = (struct append){.entry = blob.entry};
    }
    return err;
}

void acts_add(struct node *n, const struct ipc_request *request)
{
    struct acts *a = &n->acts;
    enum err err = prepare(n, request, &a->items[a->count], &a->claimed_s[a->count]);
    if (err == ERR_CLOCK) {
        ops_refuse_clock(n, request, a->claimed_s[a->count]);
        return;
    }
    if (err != OK) {
        ops_refuse(n, request, err, REASON_NONE);
        return;
    }
    a->requests[a->count++] = request;
}

static void log_act(const struct node *n, const struct ipc_request *request,
                    const struct append *item)
{
    struct logline line;
    logline_begin(&line, n->logger, LEVEL_INFO, "act");
    ops_log_caller(&line, n, request->conn, request->uid);
    logline_uint(&line, "index", item->index);
    logline_hash(&line, "id", &item->id);
    logline_end(&line);
}

static void acknowledge(struct node *n, const struct ipc_request *request,
                        const struct append *item)
{
    char id[2 * HASH_BYTES + 1];
    struct answer answer = {0};
    if (hex_encode(id, sizeof id, span_of(item->id.b, HASH_BYTES)) == OK) {
        answer.reply = json_pack("{s:I, s:s, s:s}", "index", (json_int_t)item->index, "id", id,
                                 "level", "sequenced");
    }
    ops_accept(n, request, &answer);
    json_decref(answer.reply);
    log_act(n, request, item);
}

static void answer_one(struct node *n, unsigned i)
{
    const struct append *item = &n->acts.items[i];
    if (item->err == OK) {
        if (n->acts.claimed_s[i] > n->last_claimed_s) {
            n->last_claimed_s = n->acts.claimed_s[i];
        }
        n->watch.meters.acts++;
        acknowledge(n, n->acts.requests[i], item);
    } else {
        ops_refuse(n, n->acts.requests[i], item->overtaken_base ? ERR_OVERTAKEN : item->err,
                   item->reason);
    }
}

/* A gate that failed in the middle leaves nothing that this process could still trust. */
static bool ends_process(enum err err)
{
    return err == ERR_UNCERTAIN || err == ERR_CORRUPT || err == ERR_IO;
}

void acts_commit(struct node *n)
{
    struct acts *a = &n->acts;
    if (a->count == 0) {
        return;
    }
    enum err err = ledger_append(n->ledger, a->items, a->count);
    if (ends_process(err)) {
        n->fatal = err;
    }
    for (unsigned i = 0; i < a->count; i++) {
        if (err == OK) {
            answer_one(n, i);
        } else {
            ops_refuse(n, a->requests[i], err, REASON_NONE);
        }
    }
    a->count = 0;
}
