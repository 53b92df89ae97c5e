/* Rotation of the sealing key, and what nobody names. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/log/home.h"
#include "ledger/log/part.h"
#include "ledger/log/part_folder.h"
#include "ledger/part_care.h"
#include "tests/support/cluster_keys.h"
#include "tests/support/cluster_part.h"

enum { AUTHOR = 1, PARTS = 5 };
#define YEAR_S UINT64_C(31536000)
#define NOW_S UINT64_C(1767225600)

struct sample { struct cluster *c; struct hash ids[PARTS], commitments[PARTS]; };

static int setup(void **state)
{
    static struct sample s;
    const struct cluster_options options = {.seed = 74, .members = 2, .start_s = NOW_S};
    s.c = cluster_create(&options);
    cluster_open_all(s.c);
    for (unsigned i = 0; i < PARTS; i++)
        s.ids[i] = cluster_part_report(s.c, AUTHOR, PART_TEXT, PART_SEALED, span_of("prose", 5),
                                       &s.commitments[i]);
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    cluster_free(((struct sample *)*state)->c);
    return 0;
}

static const char *home_of(const struct sample *s)
{
    return s->c->members[AUTHOR].home;
}

static struct part_care round_of(struct sample *s, uint64_t now_s)
{
    struct part_care out = {0};
    struct keyring ring;
    assert_int_equal(keyring_load(home_of(s), &ring), OK);
    for (unsigned i = 0; i < PART_FOLDERS; i += !out.more)
        assert_int_equal(ledger_part_care(s->c->members[AUTHOR].ledger, &ring, i, now_s, &out),
                         OK);
    keyring_clear(&ring);
    return out;
}

static void expect_all_open(struct sample *s, enum err err)
{
    struct buffer plain = {0};
    for (unsigned i = 0; i < PARTS; i++)
        assert_int_equal(cluster_part_open(s->c, AUTHOR, &s->ids[i], &s->commitments[i], &plain),
                         err);
    buffer_clear(&plain);
}

static void retire(struct sample *s)
{
    struct keyring ring;
    assert_int_equal(keyring_load(home_of(s), &ring), OK);
    assert_int_equal(keyring_retire(home_of(s), &ring), OK);
    keyring_clear(&ring);
}

static void parts_stay_readable_through_a_change_of_the_key(void **state)
{
    struct sample *s = *state;
    assert_int_equal(round_of(s, NOW_S).rewrapped, 0);
    assert_int_equal(keyring_rotate(home_of(s)), OK);
    expect_all_open(s, OK);                              /* by the older key */
    const struct part_care first = round_of(s, NOW_S);
    assert_int_equal(first.rewrapped, PARTS);
    assert_int_equal(first.failed, 0);
    assert_int_equal(round_of(s, NOW_S).rewrapped, 0);
    retire(s);
    expect_all_open(s, OK);
}

/* The twin: without the round the parts would be lost with the key. */
static void key_that_goes_before_its_parts_are_wrapped_anew_takes_them_along(void **state)
{
    struct sample *s = *state;
    assert_int_equal(keyring_rotate(home_of(s)), OK);
    retire(s);
    expect_all_open(s, ERR_KEY);
}

static void two_changes_before_a_round_are_caught_up_by_it(void **state)
{
    struct sample *s = *state;
    assert_int_equal(keyring_rotate(home_of(s)), OK);
    assert_int_equal(keyring_rotate(home_of(s)), OK);
    assert_int_equal(round_of(s, NOW_S).rewrapped, PARTS);
    retire(s);
    expect_all_open(s, OK);
}

static void age(const struct sample *s, const struct hash *commitment, const char *ending)
{
    char name[PART_NAME_BYTES];
    const struct timespec long_ago[2] = {{1, 0}, {1, 0}};
    int folder;
    assert_int_equal(part_folder_open(home_of(s), commitment, ending, false, &folder, name), OK);
    assert_int_equal(utimensat(folder, name, long_ago, 0), 0);
    close(folder);
}

/* As an act that was refused leaves it: part and card are there, the entry never was. */
static void parts_that_no_entry_names_go_when_they_are_old(void **state)
{
    struct sample *s = *state;
    static const uint8_t salt[SALT_BYTES] = {3};
    struct hash refused, bare;
    struct part_card *card = calloc(1, sizeof *card);
    card->entry.b[0] = 77;
    assert_int_equal(part_store(home_of(s), salt, span_of("refused", 7), &refused), OK);
    assert_int_equal(part_card_write(home_of(s), &refused, card), OK);
    assert_int_equal(part_store(home_of(s), salt, span_of("bare", 4), &bare), OK);
    const uint64_t now_s = NOW_S + 40 * YEAR_S;          /* files here are of this machine's time */
    assert_int_equal(round_of(s, 0).removed, 0);
    assert_true(part_held(home_of(s), &refused));
    age(s, &refused, CARD_ENDING);
    age(s, &bare, "");
    age(s, &s->commitments[0], "");
    age(s, &s->commitments[0], CARD_ENDING);
    assert_int_equal(round_of(s, NOW_S).removed, 3);
    assert_false(part_held(home_of(s), &refused));
    assert_false(part_held(home_of(s), &bare));
    assert_int_equal(round_of(s, now_s).removed, 0);
    expect_all_open(s, OK);
    free(card);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(parts_stay_readable_through_a_change_of_the_key),
        T(key_that_goes_before_its_parts_are_wrapped_anew_takes_them_along),
        T(two_changes_before_a_round_are_caught_up_by_it),
        T(parts_that_no_entry_names_go_when_they_are_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
