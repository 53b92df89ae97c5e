#include "tests/support/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/cluster_keys.h"

enum { ORDERS = 16 };
static const unsigned members[SCENE_LOGS] = {0, 2, 3};

struct scene *scene_create(uint64_t seed)
{
    struct scene *s = calloc(1, sizeof *s);
    const struct cluster_options options = {.seed = seed, .members = 4, .start_s = 1772323200};
    assert_non_null(s);
    s->c = cluster_create(&options);
    cluster_open(s->c, 0);
    for (unsigned i = 0; i < SCENE_LOGS; i++) {
        paper_init(&s->logs[i], s->c, members[i], s->c->members[0].ledger);
        s->base[i] = s->logs[i].count;
    }
    cluster_close(s->c, 0);
    return s;
}

void scene_free(struct scene *s)
{
    for (unsigned i = 0; i < SCENE_LOGS; i++)
        paper_clear(&s->logs[i]);
    cluster_free(s->c);
    free(s);
}

uint64_t scene_law(const struct scene *s)
{
    return s->logs[0].count;
}

struct compose scene_citing(const struct paper *p, uint64_t law, const struct hash *ref)
{
    struct compose says = paper_compose(p, law);
    if (ref != NULL) {
        says.ref_count = 1;
        says.refs[0] = *ref;
    }
    return says;
}

struct hash scene_report(struct scene *s, unsigned by, uint64_t law)
{
    struct cluster_act a;
    struct compose says = paper_compose(&s->logs[by], law);
    cluster_report_act(&a, s->logs[by].count);
    return paper_act(&s->logs[by], &says, &a);
}

struct hash scene_progress(struct scene *s, unsigned by, const struct hash *case_id, uint64_t law,
                           const struct hash *ref)
{
    struct cluster_act a;
    struct compose says = scene_citing(&s->logs[by], law, ref);
    cluster_act_init(&a, KIND_PROGRESS, case_id);
    return paper_act(&s->logs[by], &says, &a);
}

struct hash scene_rule(struct scene *s, unsigned to, const struct hash *case_id, uint64_t law,
                       const struct hash *ref)
{
    struct cluster_act a;
    struct compose says = scene_citing(&s->logs[0], law, ref);
    cluster_act_init(&a, KIND_RULE, case_id);
    cluster_fact_text(&a, FACT_TO, s->c->members[members[to]].id);
    cluster_fact_uint(&a, FACT_AUTHORITY, AUTHORITY_COMMITTEE);
    return paper_act(&s->logs[0], &says, &a);
}

/* Where the handler of a log is enrolled: the first enrolment after the certificate. */
static struct hash handler_enrolment(const struct paper *p)
{
    for (unsigned i = 0; i < p->count; i++) {
        struct entry e;
        if (entry_decode(&e, buffer_span(&p->entries[i])) == OK && e.kind == KIND_ENROL)
            return e.id;
    }
    fail();
    return (struct hash){{0}};
}

static void handler_sign(const struct paper *p, struct span payload, struct signer *out)
{
    strcpy(out->post, cluster_posts[OFFICER_HANDLER]);
    assert_int_equal(entry_sign(payload, &p->c->ledger,
                                p->c->members[p->member].officers[OFFICER_HANDLER], out), OK);
}

struct hash scene_cosigned(struct scene *s, unsigned by, const struct hash *case_id,
                           const unsigned *others, unsigned count)
{
    struct signer signers[ENTRY_MAX_SIGNERS] = {{.role = ROLE_HANDLE}};
    struct compose says = paper_compose(&s->logs[by], scene_law(s));
    struct buffer plain = {0}, bytes = {0};
    struct cluster_act a;
    struct entry e;
    cluster_act_init(&a, KIND_PROGRESS, case_id);
    cluster_sign(s->c, members[by], &says, &a, &plain);
    assert_int_equal(entry_decode(&e, buffer_span(&plain)), OK);
    handler_sign(&s->logs[by], e.payload, &signers[0]);
    for (unsigned i = 0; i < count; i++) {
        struct signer *other = &signers[i + 1];
        *other = (struct signer){.role = ROLE_REVIEW, .foreign = true,
                                 .enrolment = handler_enrolment(&s->logs[others[i]])};
        handler_sign(&s->logs[others[i]], e.payload, other);
    }
    assert_int_equal(entry_encode(e.payload, signers, count + 1, &bytes), OK);
    struct hash id = paper_add(&s->logs[by], buffer_span(&bytes));
    buffer_clear(&plain);
    buffer_clear(&bytes);
    return id;
}

void scene_watcher(struct scene *s, struct watcher *w)
{
    char name[32];
    snprintf(name, sizeof name, "watcher%u", s->watchers++);
    watcher_open(w, s->c, name);
    for (unsigned i = 0; i < SCENE_LOGS; i++)
        assert_int_equal(paper_send(&s->logs[i], w->ledger, s->base[i]), OK);
}

void scene_send_all(struct scene *s, struct ledger *to)
{
    for (unsigned i = 0; i < SCENE_LOGS; i++)
        assert_int_equal(paper_send(&s->logs[i], to, s->logs[i].count), OK);
}

static void shuffle(unsigned *list, unsigned n, uint64_t *random)
{
    for (unsigned i = n; i > 1; i--) {
        *random = *random * 6364136223846793005ULL + 1442695040888963407ULL;
        unsigned k = (unsigned)(*random >> 33) % i, swap = list[i - 1];
        list[i - 1] = list[k];
        list[k] = swap;
    }
}

static void give_in_order(struct scene *s, const unsigned *order, unsigned n,
                          struct ledger *expected)
{
    struct watcher w;
    uint64_t given[SCENE_LOGS];
    memcpy(given, s->base, sizeof given);
    scene_watcher(s, &w);
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(paper_send(&s->logs[order[i]], w.ledger, ++given[order[i]]), OK);
    assert_same_ledger(expected, w.ledger);
    watcher_close(&w);
}

void scene_in_every_order(struct scene *s, void (*check)(struct scene *s, struct ledger *l))
{
    unsigned order[SCENE_MAX_STEPS], n = 0;
    uint64_t random = 1;
    struct watcher first;
    for (unsigned i = 0; i < SCENE_LOGS; i++)
        for (uint64_t k = s->base[i]; k < s->logs[i].count; k++) {
            assert_true(n < SCENE_MAX_STEPS);
            order[n++] = i;
        }
    scene_watcher(s, &first);
    scene_send_all(s, first.ledger);
    if (check != NULL)
        check(s, first.ledger);
    for (unsigned round = 0; round < ORDERS; round++) {
        shuffle(order, n, &random);
        give_in_order(s, order, n, first.ledger);
    }
    watcher_close(&first);
}

void scene_expect(struct ledger *l, const struct paper *p, uint64_t index, enum verdict verdict,
                  enum reason reason)
{
    enum reason found;
    enum verdict v = verdict_at(l, p, index, &found);
    if (v != verdict || found != reason)
        print_message("%s %d: %s\n", p->c->members[p->member].id, (int)index, reason_name(found));
    assert_string_equal(verdict_name(v), verdict_name(verdict));
    assert_string_equal(reason_name(found), reason_name(reason));
}
