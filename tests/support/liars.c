#include "tests/support/liars.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { STEPS = 28, MAX_IDS = STEPS + 1 };

struct lies {
    struct scene *s;
    uint64_t random;
    unsigned id_count, case_count;
    struct hash ids[MAX_IDS], cases[MAX_IDS], case_of[MAX_IDS];
    struct buffer late[SCENE_LOGS];            /* signed, not put yet */
    uint64_t nonce[SCENE_LOGS];                /* before the last act signed; 0: none yet */
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

static void put_act(struct lies *w, unsigned by, struct compose *says, struct cluster_act *a,
                    const struct hash *case_id)
{
    struct cluster *c = w->s->c;
    const uint64_t now = c->nonces;
    const bool again = w->nonce[by] != 0 && below(w, 16) == 0;
    struct buffer bytes = {0};
    if (again)
        c->nonces = w->nonce[by];
    else
        w->nonce[by] = now;
    cluster_sign(c, w->s->logs[by].member, says, a, &bytes);
    if (again)
        c->nonces = now;
    if (below(w, 30) == 0)
        bytes.data[bytes.len - 1] ^= 1;        /* within the last signature */
    put(w, by, buffer_span(&bytes), case_id);
    buffer_clear(&bytes);
    cluster_act_clear(a);
}

/* True when the step was one that takes no act of a case. */
static bool write_odd(struct lies *w, unsigned by, unsigned way)
{
    struct paper *log = &w->s->logs[by];
    const unsigned other = (by + 1) % SCENE_LOGS;
    const struct hash *id = w->case_count == 0 ? NULL : &w->cases[below(w, w->case_count)];
    if (way == 0)
        paper_add(log, span_of("garbage", 7));
    else if (way == 1 && w->s->logs[0].count > w->s->base[0])
        paper_add(log, buffer_span(&w->s->logs[0].entries[w->s->base[0]]));
    else if (way == 2 && w->late[by].len > 0)
        paper_add(log, buffer_span(&w->late[by]));
    else if (way == 3 && id != NULL)
        scene_cosigned(w->s, by, id, &other, 1);
    else
        return false;
    if (way == 2)
        buffer_reset(&w->late[by]);
    return true;
}

static void write_one(struct lies *w)
{
    unsigned by = below(w, SCENE_LOGS), way = below(w, 18);
    struct compose says = paper_compose(&w->s->logs[by], some_law(w));
    struct cluster_act a;
    const struct hash *id = NULL;
    if (write_odd(w, by, way))
        return;
    says.law_epoch = below(w, 80) == 0;
    if (w->case_count == 0 || way == 4) {
        cluster_report_act(&a, w->id_count);
    } else {
        id = &w->cases[below(w, w->case_count)];
        some_act(w, &a, by, id);
        some_refs(w, id, &says);
    }
    if (id != NULL && below(w, 40) == 0)
        a.case_id = NULL;
    put_act(w, by, &says, &a, id);
}

void liars_play(struct scene *s, uint64_t seed)
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
}

uint64_t liars_seeds(uint64_t few)
{
    const char *text = getenv("JIELI_SEEDS");
    return text == NULL ? few : strtoull(text, NULL, 10) / 50 + LIARS_LEAST_SEEDS;
}
