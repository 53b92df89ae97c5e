#include "ledger/query/answer.h"

static void put_number_of(struct answer *a, const struct hash *id)
{
    struct case_state s;
    char number[CASE_NUMBER_BYTES];
    if (ledger_state(a->l, id, &s) != OK || case_number_of(a->roster, &s, number) != OK)
        return;
    answer_put(a, a->reply, "number", json_string(number));
    answer_put(a, a->reply, "custodian", json_of_member(a, s.custodian));
}

static void put_compose(struct answer *a, const struct compose *c)
{
    json_t *o = a->reply;
    answer_put(a, o, "ledger", json_of_hash(&c->ledger));
    answer_put(a, o, "member", json_string(c->member));
    answer_put(a, o, "epoch", json_of_number(c->epoch));
    answer_put(a, o, "law_epoch", json_of_number(c->law_epoch));
    answer_put(a, o, "law_size", json_of_number(c->law_size));
    answer_put(a, o, "own_size", json_of_number(c->own_size));
    answer_put(a, o, "own_root", json_of_hash(&c->own_root));
    if (c->has_base)
        answer_put(a, o, "base", json_of_hash(&c->base));
    const struct certificate *own = roster_certificate(a->roster, ledger_self(a->l));
    if (own != NULL)
        answer_put(a, o, "sealing", json_of_hex(span_of(own->sealing.b, PUBKEY_BYTES)));
    json_t *refs = answer_list(a, o, "refs");
    for (unsigned i = 0; i < c->ref_count; i++)
        answer_add(a, refs, json_of_hash(&c->refs[i]));
}

void answer_compose(struct answer *a)
{
    struct compose c;
    struct hash id;
    const char *name = answer_asked(a, "kind");
    const struct kind_row *kind = name == NULL ? NULL : kind_row_by_name(name);
    bool has_case = answer_asked(a, "case") != NULL;
    if (kind == NULL) {
        answer_refuse(a, ERR_UNSUPPORTED, "this software does not know that act");
        return;
    }
    if (has_case && !answer_asked_case(a, &id))
        return;
    enum err err = ledger_compose(a->l, kind->kind, has_case ? &id : NULL, &c);
    if (err != OK) {
        answer_fail(a, err);
        return;
    }
    put_compose(a, &c);
    if (has_case) {
        answer_put(a, a->reply, "case", json_of_hash(&id));
        put_number_of(a, &id);
    }
}

static void put_logs(struct answer *a)
{
    json_t *list = answer_list(a, a->reply, "logs");
    const struct log *log;
    for (unsigned i = 0; (log = ledger_log_at(a->l, i)) != NULL; i++)
        answer_add(a, list,
                   json_pack("{s:s,s:I,s:I,s:I,s:I,s:s}", "member", log->member, "epoch",
                             (json_int_t)log->epoch, "stored", (json_int_t)log->frontier.size,
                             "verified", (json_int_t)ledger_verified(a->l, log->no), "head",
                             (json_int_t)log->head_size, "origin", log->origin));
}

static enum err count_verdicts(struct answer *a, uint64_t counts[VERDICT_FOREIGN + 1])
{
    struct cursor *cursor;
    struct span key, value;
    enum err err = cursor_open(ledger_txn(a->l), TABLE_VERDICT, (struct span){0}, &cursor);
    if (err != OK)
        return err;
    while ((err = cursor_next(cursor, &key, &value)) == OK && key.len == 12) {
        struct position at = {.log = {load_u32(key.data)}, .index = load_u64(key.data + 4)};
        enum verdict verdict;
        enum reason reason;
        if (ledger_verdict(a->l, at, &verdict, &reason) == OK)
            counts[verdict]++;
    }
    cursor_close(cursor);
    return err == ERR_NOTFOUND ? OK : err;
}

void answer_status(struct answer *a)
{
    uint64_t counts[VERDICT_FOREIGN + 1] = {0}, forks = 0;
    const struct genesis *g = ledger_genesis(a->l);
    enum err err = count_verdicts(a, counts);
    if (err == OK)
        err = table_count(ledger_txn(a->l), TABLE_FORK, &forks);
    if (err != OK) {
        answer_fail(a, err);
        return;
    }
    answer_put(a, a->reply, "ledger", json_of_hash(&g->ledger));
    answer_put(a, a->reply, "domain", json_string(g->domain));
    answer_put(a, a->reply, "member", json_of_member(a, ledger_self(a->l)));
    answer_put(a, a->reply, "members", json_of_number(roster_member_count(a->roster)));
    answer_put(a, a->reply, "folded", json_of_number(ledger_folded(a->l)));
    answer_put(a, a->reply, "pending", json_of_number(counts[VERDICT_PENDING]));
    answer_put(a, a->reply, "void", json_of_number(counts[VERDICT_VOID]));
    answer_put(a, a->reply, "overtaken", json_of_number(counts[VERDICT_OVERTAKEN]));
    answer_put(a, a->reply, "foreign", json_of_number(counts[VERDICT_FOREIGN]));
    answer_put(a, a->reply, "forks", json_of_number(forks));
    put_logs(a);
}
