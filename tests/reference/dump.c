/* Writes random histories of one case, as the property test of the fold makes them, in the form of
 * `jieli export` with our verdicts and states, so that tests/reference/fold.py can be compared.
 *
 *   dump FIRST COUNT [prefix]
 *
 * One export for each seed from FIRST on; with "prefix" only a random part of each log is held, so
 * that acts wait. Members and officers are genuine, the acts are not signed: their first line says
 * "simulated". Positions of acts leave gaps behind the governance entries of a log. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/query/answer.h"
#include "tests/support/sim_history.h"

static void demand(bool holds)
{
    if (!holds) {
        fputs("dump: out of memory or a broken fixture\n", stderr);
        abort();
    }
}

static void put(json_t *o, const char *key, json_t *value)
{
    demand(json_object_set_new(o, key, value) == 0);
}

static void line_end(json_t *o)
{
    demand(json_dumpf(o, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF);
    json_decref(o);
}

static json_t *ids(const struct id_list *list)
{
    json_t *out = json_array();

    for (unsigned i = 0; i < list->count; i++) {
        struct hash id;
        id_list_get(list, i, &id);
        demand(json_array_append_new(out, json_of_hash(&id)) == 0);
    }
    return out;
}

static json_t *signers(const struct entry *e)
{
    static const char *const roles[] = {"", "handle", "review", "issue", "verify"};
    json_t *out = json_array();

    for (unsigned i = 0; i < e->signer_count; i++) {
        const struct signer *s = &e->signers[i];
        json_t *one = json_pack("{s:o,s:s,s:s}", "key",
                                json_of_hex(span_of(s->key.b, PUBKEY_BYTES)), "post", s->post,
                                "role", roles[s->role]);
        if (s->foreign)
            put(one, "enrolment", json_of_hash(&s->enrolment));
        demand(json_array_append_new(out, one) == 0);
    }
    return out;
}

static json_t *entry_line(const struct entry *e, uint64_t index)
{
    const struct kind_row *kind = kind_row(e->kind);
    struct answer none = {0};
    json_t *o = json_object();

    put(o, "log", json_string(e->member));
    put(o, "epoch", json_of_number(e->epoch));
    put(o, "index", json_of_number(index));
    put(o, "id", json_of_hash(&e->id));
    put(o, "member", json_string(e->member));
    put(o, "kind", json_string(kind ? kind->name : ""));
    put(o, "kind_no", json_of_number(e->kind));
    if (e->has_case)
        put(o, "case", json_of_hash(&e->case_id));
    put(o, "refs", ids(&e->refs));
    if (e->has_base)
        put(o, "base", json_of_hash(&e->base));
    put(o, "law", json_pack("{s:I,s:I}", "epoch", (json_int_t)e->law_epoch, "size",
                            (json_int_t)e->law_size));
    put(o, "nonce", json_of_hex(span_of(e->nonce.b, NONCE_BYTES)));
    put(o, "time_s", json_of_number(e->time_s));
    put(o, "facts", answer_facts(&none, e));
    put(o, "signers", signers(e));
    demand(none.err == OK);
    return o;
}

static void put_header(const struct sim_roster *s, uint64_t seed, uint64_t convenor_size)
{
    struct genesis genesis = s->fixture.genesis;
    struct buffer bytes = {0};

    demand(genesis_encode(&genesis, &bytes) == OK);
    line_end(json_pack("{s:i,s:b,s:I,s:I,s:o,s:o}", "jieli_export", 1, "simulated", 1, "seed",
                       (json_int_t)seed, "convenor_size", (json_int_t)convenor_size, "ledger",
                       json_of_hash(&genesis.ledger), "genesis",
                       json_of_hex(buffer_span(&bytes))));
    buffer_clear(&bytes);
}

static void put_governance(const struct sim_roster *s)
{
    uint64_t counts[SIM_MEMBERS] = {0};

    for (unsigned i = 0; i < s->fixture.entry_count; i++) {
        struct entry e;
        unsigned m = 0;
        demand(entry_decode(&e, buffer_span(&s->fixture.entries[i])) == OK);
        while (strcmp(s->names[m], e.member) != 0)
            m++;
        line_end(entry_line(&e, counts[m]++));
    }
}

/* The fold of what is held; an act whose law is beyond the convenor's log waits. */
static struct case_fold *fold(const struct sim_case *c, const struct sim_set *set, uint64_t size)
{
    struct case_fold *f;

    demand(case_fold_create(&f, c->roster->roster, &c->acts[0].e.id) == OK);
    for (unsigned i = 0; i < c->count; i++) {
        struct act_origin origin = c->acts[i].origin;
        origin.waits = c->acts[i].e.law_size > size;
        if (sim_in(set, i))
            demand(case_fold_add(f, &c->acts[i].e, &origin) == OK);
    }
    demand(case_fold_run(f) == OK);
    return f;
}

static void put_acts(const struct sim_case *c, const struct sim_set *set, const struct case_fold *f)
{
    for (unsigned i = 0; i < c->count; i++) {
        const struct sim_act *a = &c->acts[i];
        enum reason reason = REASON_NONE;
        json_t *o;
        if (!sim_in(set, i))
            continue;
        o = entry_line(&a->e, a->origin.index);
        put(o, "verdict", json_string(verdict_name(sim_verdict(c, f, i, &reason))));
        if (reason != REASON_NONE)
            put(o, "reason", json_string(reason_name(reason)));
        line_end(o);
    }
}

static struct sim_set held(struct history *h, bool prefix, uint64_t *convenor_size)
{
    unsigned counts[HISTORY_MEMBERS];

    for (unsigned m = 0; m < HISTORY_MEMBERS; m++) {
        unsigned all = h->c.log_count[m];
        counts[m] = prefix ? all - sim_below(&h->random, all / 3 + 1) : all;
    }
    *convenor_size = SIM_CONVENOR_START + counts[ANWEIBAN];
    return history_prefix(h, counts);
}

static void put_history(struct history *h, uint64_t seed, bool prefix)
{
    struct sim_random sizes = {seed};
    uint64_t size;
    struct sim_set set;
    struct case_fold *f;
    json_t *state;

    history_play(h, seed, 80 + sim_below(&sizes, 121));
    set = held(h, prefix, &size);
    f = fold(&h->c, &set, size);
    put_header(h->c.roster, seed, size);
    put_governance(h->c.roster);
    put_acts(&h->c, &set, f);
    demand(query_case_json(h->c.roster->roster, case_fold_state(f), &state) == OK);
    line_end(json_pack("{s:o,s:o}", "case", json_of_hash(&h->c.acts[0].e.id), "state", state));
    case_fold_free(f);
}

int main(int argc, char **argv)
{
    struct sim_roster *roster = malloc(sizeof *roster);
    struct history *h = malloc(sizeof *h);
    uint64_t first, count;

    demand(roster && h);
    if (argc < 3) {
        fputs("usage: dump FIRST COUNT [prefix]\n", stderr);
        return 64;
    }
    first = strtoull(argv[1], NULL, 10);
    count = strtoull(argv[2], NULL, 10);
    sim_roster_init(roster);
    history_init(h, roster);
    for (uint64_t seed = first; seed < first + count; seed++)
        put_history(h, seed, argc > 3 && strcmp(argv[3], "prefix") == 0);
    history_clear(h);
    sim_roster_clear(roster);
    free(h);
    free(roster);
    return 0;
}
