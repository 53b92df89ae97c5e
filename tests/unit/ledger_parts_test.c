/* Sealed parts between ledgers: carried, taken, refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/log/part.h"
#include "ledger/parts.h"
#include "tests/support/cluster_keys.h"
#include "tests/support/cluster_part.h"

enum { CONVENOR = 0, AUTHOR = 1, OTHER = 2, STRANGER = 3 };
static const char PROSE[] = "whoever reads this is a party";

struct sample { struct cluster *c; struct hash id, commitment; };

static int setup(void **state)
{
    static struct sample s;
    const struct cluster_options options = {.seed = 72, .members = 4, .start_s = 1767225600};
    s.c = cluster_create(&options);
    cluster_open_all(s.c);
    s.id = cluster_part_report(s.c, AUTHOR, PART_TEXT, PART_SEALED,
                               span_of(PROSE, sizeof PROSE), &s.commitment);
    cluster_share(s.c);
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    cluster_free(((struct sample *)*state)->c);
    return 0;
}

static enum err carry(struct sample *s, unsigned from, unsigned to, struct buffer *out)
{
    struct entry e;
    struct part_place at;
    struct ledger *l = s->c->members[from].ledger;
    buffer_reset(out);
    enum err err = ledger_part_held(l, &s->commitment, &e, &at);
    return err == OK ? ledger_part_carry(l, &at, (struct member_no){(uint16_t)to}, out) : err;
}

static enum err take(struct sample *s, unsigned member, const struct buffer *whole)
{
    return ledger_part_take(s->c->members[member].ledger, &s->commitment, buffer_span(whole));
}

static void expect_reads(struct sample *s, unsigned member, enum err err)
{
    struct buffer plain = {0};
    assert_int_equal(cluster_part_open(s->c, member, &s->id, &s->commitment, &plain), err);
    if (err == OK)
        assert_memory_equal(plain.data, PROSE, sizeof PROSE);
    buffer_clear(&plain);
}

static void holder_wraps_for_whoever_it_serves_and_that_one_for_the_next(void **state)
{
    struct sample *s = *state;
    struct buffer whole = {0};
    expect_reads(s, AUTHOR, OK);
    expect_reads(s, CONVENOR, ERR_NOTFOUND);
    assert_int_equal(carry(s, AUTHOR, CONVENOR, &whole), OK);
    assert_int_equal(take(s, OTHER, &whole), ERR_KEY);   /* it was not wrapped for that one */
    assert_false(part_held(s->c->members[OTHER].home, &s->commitment));
    assert_int_equal(take(s, CONVENOR, &whole), OK);
    expect_reads(s, CONVENOR, OK);
    assert_int_equal(carry(s, CONVENOR, OTHER, &whole), OK);
    assert_int_equal(take(s, OTHER, &whole), OK);
    expect_reads(s, OTHER, OK);
    buffer_clear(&whole);
}

static void offer_to_other(struct sample *s)
{
    struct cluster_act a;
    cluster_act_init(&a, KIND_OFFER, &s->id);
    cluster_fact_text(&a, FACT_TO, s->c->members[OTHER].id);
    cluster_fact_text(&a, FACT_CLAUSE, "5.1");
    cluster_fact_uint(&a, FACT_GROUND, GROUND_COMPETENT);
    cluster_append(s->c, AUTHOR, &a, NULL);
    cluster_act_clear(&a);
}

static void readers_follow_the_case(void **state)
{
    struct sample *s = *state;
    struct entry e;
    struct part_place at;
    struct ledger *l = s->c->members[AUTHOR].ledger;
    assert_int_equal(ledger_part_held(l, &s->commitment, &e, &at), OK);
    assert_true(ledger_part_may(l, &at, (struct member_no){AUTHOR}));
    assert_true(ledger_part_may(l, &at, (struct member_no){CONVENOR}));
    assert_false(ledger_part_may(l, &at, (struct member_no){OTHER}));
    offer_to_other(s);
    assert_int_equal(ledger_part_held(l, &s->commitment, &e, &at), OK);
    assert_true(ledger_part_may(l, &at, (struct member_no){OTHER}));
    assert_false(ledger_part_may(l, &at, (struct member_no){STRANGER}));
}

static void a_suspended_member_is_sealed_to_no_longer(void **state)
{
    struct sample *s = *state;
    struct cluster_act a;
    struct entry e;
    struct part_place at;
    const struct member_no other = {OTHER};
    struct ledger *l = s->c->members[AUTHOR].ledger;
    offer_to_other(s);
    cluster_act_init(&a, KIND_SUSPEND, NULL);
    cluster_fact_text(&a, FACT_TO, s->c->members[OTHER].id);
    cluster_fact_text(&a, FACT_CLAUSE, "no. 9");
    cluster_fact_uint(&a, FACT_COUNT, 1);
    a.signer_count = 1;
    a.signers[0].member = CONVENOR;
    a.signers[0].officer = OFFICER_ROOT;
    a.signers[0].role = ROLE_HANDLE;
    cluster_append(s->c, CONVENOR, &a, NULL);
    cluster_act_clear(&a);
    assert_int_equal(ledger_part_held(l, &s->commitment, &e, &at), OK);
    assert_true(ledger_part_may(l, &at, other));
    cluster_share(s->c);
    assert_int_equal(ledger_part_held(l, &s->commitment, &e, &at), OK);
    assert_false(ledger_part_may(l, &at, other));
    assert_true(ledger_part_may(l, &at, (struct member_no){CONVENOR}));
    struct ledger *own = s->c->members[OTHER].ledger;
    assert_int_equal(ledger_part_find(own, &s->id, &s->commitment, &e, &at), OK);
    assert_true(ledger_part_may(own, &at, other));
}

static void every_altered_byte_on_the_way_is_refused(void **state)
{
    struct sample *s = *state;
    struct buffer whole = {0};
    assert_int_equal(carry(s, AUTHOR, OTHER, &whole), OK);
    for (size_t i = 0; i < whole.len; i++) {
        whole.data[i] ^= 0x11;
        enum err err = take(s, OTHER, &whole);
        /* The wrap for the author, none of ours, is the one that may change unnoticed. */
        bool authors = err == OK && i >= 1 + TAGGED_BYTES + 2 &&
                       i < 1 + TAGGED_BYTES + 2 + PART_WRAP_BYTES;
        assert_true(err != OK || authors);
        whole.data[i] ^= 0x11;
        if (err != OK)
            continue;
        i = 1 + TAGGED_BYTES + 2 + PART_WRAP_BYTES;
    }
    for (size_t len = 0, all = whole.len; len < all; len += 37) {
        whole.len = len;
        assert_true(take(s, OTHER, &whole) != OK);
    }
    buffer_clear(&whole);
}

/* Whoever copies a commitment into an act of its own gets nothing for it. */
static void copied_commitment_in_another_act_opens_nothing(void **state)
{
    struct sample *s = *state;
    struct cluster_act a;
    struct hash thief_id;
    struct buffer whole = {0}, plain = {0};
    struct part_carried *part = malloc(sizeof *part);
    struct entry e;
    struct part_place at;
    struct ledger *author = s->c->members[AUTHOR].ledger;
    assert_int_equal(ledger_part_held(author, &s->commitment, &e, &at), OK);
    const struct part_ref ref = *at.ref;
    cluster_report_act(&a, 2);
    a.parts[a.part_count++] = ref;
    cluster_append(s->c, STRANGER, &a, &thief_id);
    cluster_act_clear(&a);
    cluster_share(s->c);
    assert_int_equal(ledger_part_held(author, &s->commitment, &e, &at), OK);
    assert_true(hash_equal(&e.id, &s->id));              /* by its card, not by the copy */
    assert_false(ledger_part_may(author, &at, (struct member_no){STRANGER}));
    assert_int_equal(carry(s, AUTHOR, CONVENOR, &whole), OK);
    assert_int_equal(part_carried_decode(part, buffer_span(&whole)), OK);
    part->card.entry = thief_id;
    struct buffer forged = {0};
    assert_int_equal(part_carried_encode(&part->card, part->salt, part->bytes, &forged), OK);
    assert_int_equal(take(s, CONVENOR, &forged), ERR_UNAUTHENTIC);
    assert_int_equal(cluster_part_open(s->c, AUTHOR, &thief_id, &s->commitment, &plain),
                     ERR_UNAUTHENTIC);
    free(part);
    buffer_clear(&forged);
    buffer_clear(&whole);
    buffer_clear(&plain);
}

static void part_of_an_act_that_is_not_held_is_not_taken(void **state)
{
    struct sample *s = *state;
    struct buffer whole = {0};
    const struct hash id = cluster_part_report(s->c, AUTHOR, PART_TEXT, PART_OPEN,
                                               span_of("open", 4), &s->commitment);
    (void)id;
    assert_int_equal(carry(s, AUTHOR, OTHER, &whole), OK);
    assert_int_equal(take(s, OTHER, &whole), ERR_NOTFOUND);
    cluster_share(s->c);
    assert_int_equal(take(s, OTHER, &whole), OK);
    buffer_clear(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            holder_wraps_for_whoever_it_serves_and_that_one_for_the_next, setup, teardown),
        cmocka_unit_test_setup_teardown(readers_follow_the_case, setup, teardown),
        cmocka_unit_test_setup_teardown(a_suspended_member_is_sealed_to_no_longer, setup, teardown),
        cmocka_unit_test_setup_teardown(every_altered_byte_on_the_way_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(copied_commitment_in_another_act_opens_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(part_of_an_act_that_is_not_held_is_not_taken, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
