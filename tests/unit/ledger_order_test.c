/* Random histories of three liars, the convenor among them: false laws, refs to anything, entries
 * put in place late, copies and garbage. Whatever the order of delivery, all copies agree. A
 * fiftieth of JIELI_SEEDS histories, 6 by default. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/scene.h"

enum { STEPS = 28, MAX_IDS = STEPS + 1 };

struct lies {
    struct scene *s;
    uint64_t random;
    unsigned id_count, case_count;
    struct hash ids[MAX_IDS], cases[MAX_IDS], case_of[MAX_IDS];
    struct buffer late[SCENE_LOGS];            /* signed, not put yet */
};

static unsigned below(struct lies *w, unsigned bound)
{
    w->random = w->random * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(w->random >> 33) % bound;
}

static uint64_t some_law(struct lies *w)
{
    uint64_t law = scene_law(w->s);
    unsigned way = below(w, 20);
    return way == 0 ? law - 1 : way < 4 ? law + 1 + below(w, 3) : law;
}

/* Mostly entries of the case, at times any other, or one that nobody has. */
static void some_refs(struct lies *w, const struct hash *case_id, struct compose *says)
{
    for (unsigned i = 0; i < w->id_count && says->ref_count < 4; i++) {
        bool same = hash_equal(&w->case_of[i], case_id);
        if (below(w, same ? 3 : 60) == 0)
            says->refs[says->ref_count++] = w->ids[i];
    }
    if (below(w, 100) == 0)
        says->refs[says->ref_count++] = (struct hash){{(uint8_t)below(w, 256)}};
}

static void some_act(struct lies *w, struct cluster_act *a, unsigned by, const struct hash *id)
{
    static const uint32_t kinds[] = {KIND_PROGRESS, KIND_OFFER, KIND_NOTIFY, KIND_RULE};
    uint32_t kind = kinds[by == 0 ? 3 - below(w, 2) * 3 : below(w, 3)];
    const struct paper *to = &w->s->logs[below(w, SCENE_LOGS)];
    cluster_act_init(a, kind, id);
    if (kind != KIND_PROGRESS)
        cluster_fact_text(a, FACT_TO, w->s->c->members[to->member].id);
    if (kind == KIND_OFFER) {
        cluster_fact_text(a, FACT_CLAUSE, "c");
        cluster_fact_uint(a, FACT_GROUND, GROUND_NEAR);
    }
    if (kind == KIND_RULE)
        cluster_fact_uint(a, FACT_AUTHORITY, AUTHORITY_COMMITTEE);
}

static void put(struct lies *w, unsigned by, struct span bytes, const struct hash *case_id)
{
    struct hash id;
    merkle_leaf(bytes, &id);
    w->ids[w->id_count] = id;
    w->case_of[w->id_count++] = case_id == NULL ? id : *case_id;
    if (case_id == NULL)
        w->cases[w->case_count++] = id;
    if (below(w, 8) == 0 && w->late[by].len == 0)
        assert_int_equal(buffer_put(&w->late[by], bytes.data, bytes.len), OK);
    else
        paper_add(&w->s->logs[by], bytes);
}

static void write_one(struct lies *w)
{
    unsigned by = below(w, SCENE_LOGS), way = below(w, 16);
    struct paper *log = &w->s->logs[by];
    struct compose says = paper_compose(log, some_law(w));
    struct buffer bytes = {0};
    struct cluster_act a;
    const struct hash *id = NULL;
    if (way == 0) {
        paper_add(log, span_of("garbage", 7));
        return;
    }
    if (way == 1 && w->s->logs[0].count > w->s->base[0]) {
        paper_add(log, buffer_span(&w->s->logs[0].entries[w->s->base[0]]));
        return;
    }
    if (way == 2 && w->late[by].len > 0) {
        paper_add(log, buffer_span(&w->late[by]));
        buffer_reset(&w->late[by]);
        return;
    }
    if (w->case_count == 0 || way == 3) {
        cluster_report_act(&a, w->id_count);
    } else {
        id = &w->cases[below(w, w->case_count)];
        some_act(w, &a, by, id);
        some_refs(w, id, &says);
    }
    cluster_sign(w->s->c, log->member, &says, &a, &bytes);
    put(w, by, buffer_span(&bytes), id);
    cluster_act_clear(&a);
    buffer_clear(&bytes);
}

struct tally { unsigned valid, waiting, empty, circles; };

static void count_verdicts(struct scene *s, struct tally *t)
{
    struct watcher w;
    scene_watcher(s, &w);
    scene_send_all(s, w.ledger);
    for (unsigned i = 0; i < SCENE_LOGS; i++)
        for (uint64_t k = s->base[i]; k < s->logs[i].count; k++) {
            enum reason reason;
            enum verdict v = verdict_at(w.ledger, &s->logs[i], k, &reason);
            t->valid += v == VERDICT_VALID;
            t->waiting += v == VERDICT_PENDING;
            t->empty += v == VERDICT_VOID;
            t->circles += reason == REASON_CYCLE;
        }
    watcher_close(&w);
}

static void one_history(struct scene *s, uint64_t seed, struct tally *tally)
{
    struct lies w = {.s = s, .random = seed};
    for (unsigned i = 0; i < SCENE_LOGS; i++)
        paper_cut(&s->logs[i], (unsigned)s->base[i]);
    for (unsigned step = 0; step < STEPS; step++)
        write_one(&w);
    for (unsigned i = 0; i < SCENE_LOGS; i++) {
        if (w.late[i].len > 0)
            paper_add(&s->logs[i], buffer_span(&w.late[i]));
        buffer_clear(&w.late[i]);
    }
    scene_in_every_order(s, NULL);
    count_verdicts(s, tally);
}

static void liars_cannot_make_copies_differ(void **state)
{
    (void)state;
    struct scene *s = scene_create(120);
    struct tally tally = {0};
    const char *text = getenv("JIELI_SEEDS");
    uint64_t seeds = text == NULL ? 6 : strtoull(text, NULL, 10) / 50 + 1;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        print_message("seed %llu\n", (unsigned long long)seed);
        one_history(s, seed, &tally);
    }
    print_message("%u valid, %u waiting, %u void, %u of them in circles\n", tally.valid,
                  tally.waiting, tally.empty, tally.circles);
    assert_true(tally.valid > 0 && tally.empty > 0 && tally.circles > 0);
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(liars_cannot_make_copies_differ)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
