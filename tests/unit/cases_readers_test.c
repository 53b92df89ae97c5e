/* The table of readers against sentences of the domain, one relation at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/cases/readers.h"
#include "tests/support/cluster.h"
#include "tests/support/cluster_keys.h"

enum { CONVENOR = 0, AUTHOR = 1, PARTY = 2, STRANGER = 3, OVERSIGHT = 4 };

struct scene { struct cluster *c; struct case_state s; struct buffer bytes; struct entry e; };

static const struct roster *roster(const struct scene *s)
{
    return ledger_roster(s->c->members[0].ledger);
}

/* A report of AUTHOR, which is custodian; `to` may be NULL. */
static void begin(struct scene *s, const char *to)
{
    struct cluster_act a;
    cluster_act_init(&a, KIND_REPORT, NULL);
    if (to != NULL)
        cluster_fact_text(&a, FACT_TO, to);
    buffer_reset(&s->bytes);
    cluster_entry(s->c, AUTHOR, &a, &s->bytes);
    assert_int_equal(entry_decode(&s->e, buffer_span(&s->bytes)), OK);
    cluster_act_clear(&a);
    case_state_init(&s->s, &s->e.id);
    s->s.phase = CASE_OPEN;
    s->s.custodian.v = AUTHOR;
}

static bool may(const struct scene *s, unsigned role, unsigned m)
{
    return reader_may(roster(s), &s->s, &s->e, role, (struct member_no){(uint16_t)m});
}

static void author_and_those_above_read_and_strangers_do_not(void **state)
{
    struct scene *s = *state;
    begin(s, NULL);
    for (unsigned role = PART_SUBJECT; role <= PART_CONTACT; role++) {
        assert_true(may(s, role, AUTHOR));
        assert_true(may(s, role, CONVENOR));
        assert_true(may(s, role, OVERSIGHT));
        assert_false(may(s, role, PARTY));
        assert_false(may(s, role, STRANGER));
    }
    assert_false(may(s, PART_SUBJECT, MEMBER_NONE));
    assert_false(may(s, PART_SUBJECT, 99));
}

/* `with` is set, PARTY reads; it is taken back, PARTY does not. */
#define RELATION(with, without)                       \
    do {                                              \
        with;                                         \
        assert_true(may(s, PART_SUBJECT, PARTY));     \
        assert_false(may(s, PART_SUBJECT, STRANGER)); \
        assert_false(may(s, PART_IDENTITY, PARTY));   \
        without;                                      \
        assert_false(may(s, PART_SUBJECT, PARTY));    \
    } while (0)

static void each_relation_to_the_case_opens_its_parts(void **state)
{
    struct scene *s = *state;
    begin(s, NULL);
    struct case_state *c = &s->s;
    RELATION(c->custodian.v = PARTY, c->custodian.v = AUTHOR);
    c->offer.to.v = PARTY;
    RELATION(c->offer.open = true, c->offer.open = false);
    RELATION(c->interim_control.v = PARTY, c->interim_control.v = MEMBER_NONE);
    c->verifier.v = PARTY;
    RELATION(c->has_verifier = true, c->has_verifier = false);
    c->supports[0] = (struct state_support){{PARTY}, STEP_CONFIRM};
    RELATION(c->support_count = 1, c->support_count = 0);
    c->supports[0].status = STEP_DECLINE;
    c->support_count = 1;
    assert_false(may(s, PART_SUBJECT, PARTY));
    c->support_count = 0;
    c->listings[0].by.v = PARTY;
    RELATION(c->listing_count = 1, c->listing_count = 0);
    c->tracks[0].investigator.v = PARTY;
    RELATION(c->track_count = 1, c->track_count = 0);
}

static void whoever_an_act_is_addressed_to_reads_its_parts(void **state)
{
    struct scene *s = *state;
    begin(s, s->c->members[PARTY].id);
    assert_true(may(s, PART_TEXT, PARTY));
    assert_false(may(s, PART_TEXT, STRANGER));
    assert_false(may(s, PART_GROUNDS, PARTY));
}

static void findings_and_grounds_are_for_convenor_and_investigator(void **state)
{
    struct scene *s = *state;
    begin(s, NULL);
    s->s.custodian.v = STRANGER;
    s->s.tracks[0].investigator.v = PARTY;
    s->s.track_count = 1;
    for (unsigned role = PART_FINDINGS; role <= PART_GROUNDS; role++) {
        assert_true(may(s, role, CONVENOR));
        assert_true(may(s, role, PARTY));
        assert_true(may(s, role, AUTHOR));
        assert_false(may(s, role, STRANGER));            /* the custodian */
        assert_false(may(s, role, OVERSIGHT));
    }
}

static void identity_stays_with_its_author(void **state)
{
    struct scene *s = *state;
    begin(s, s->c->members[PARTY].id);
    assert_true(may(s, PART_IDENTITY, AUTHOR));
    for (unsigned m = 0; m < 5; m++)
        assert_int_equal(may(s, PART_IDENTITY, m), m == AUTHOR);
}

static void unknown_role_is_for_its_author_alone(void **state)
{
    struct scene *s = *state;
    begin(s, NULL);
    assert_null(reader_row(77));
    for (unsigned m = 0; m < 5; m++)
        assert_int_equal(may(s, 77, m), m == AUTHOR);
}

static void what_concerns_persons_is_never_left_open(void **state)
{
    (void)state;
    for (unsigned role = PART_SUBJECT; role <= PART_IDENTITY; role++) {
        assert_int_equal(reader_row(role)->role, role);
        assert_int_equal(reader_row(role)->always_sealed, role >= PART_NAMES);
    }
}

int main(void)
{
    static struct scene s;
    const struct cluster_options options = {.seed = 71, .members = 5, .start_s = 1767225600};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(author_and_those_above_read_and_strangers_do_not, &s),
        cmocka_unit_test_prestate(each_relation_to_the_case_opens_its_parts, &s),
        cmocka_unit_test_prestate(whoever_an_act_is_addressed_to_reads_its_parts, &s),
        cmocka_unit_test_prestate(findings_and_grounds_are_for_convenor_and_investigator, &s),
        cmocka_unit_test_prestate(identity_stays_with_its_author, &s),
        cmocka_unit_test_prestate(unknown_role_is_for_its_author_alone, &s),
        cmocka_unit_test_prestate(what_concerns_persons_is_never_left_open, &s),
    };
    s.c = cluster_create(&options);
    cluster_open_all(s.c);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    buffer_clear(&s.bytes);
    cluster_free(s.c);
    return failed;
}
