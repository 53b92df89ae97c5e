#include "ledger/log/keyring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/log/home.h"

static char home[] = "/tmp/jieli-keyring-XXXXXX";

static void in_home(const char *name, char out[HOME_PATH_BYTES])
{
    assert_int_equal(home_path(out, HOME_PATH_BYTES, home, name), OK);
}

static bool there(const char *name)
{
    char path[HOME_PATH_BYTES];
    in_home(name, path);
    return access(path, F_OK) == 0;
}

static void drop(const char *name)
{
    char path[HOME_PATH_BYTES];
    in_home(name, path);
    assert_int_equal(unlink(path), 0);
}

static struct keyring load(void)
{
    struct keyring ring;
    assert_int_equal(keyring_load(home, &ring), OK);
    return ring;
}

static int empty(void **state)
{
    static const char *const names[] = {"sealing.key", "sealing.key.1", "sealing.key.2",
                                        "sealing.key.3", "sealing.key.4", "sealing.key.5",
                                        "sealing.key.6", "sealing.key.7", "sealing.key.next"};
    char path[HOME_PATH_BYTES];
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        in_home(names[i], path);
        unlink(path);
    }
    return 0;
}

static void old_keys_stay_until_they_are_retired(void **state)
{
    (void)state;
    assert_int_equal(keyring_rotate(home), OK);          /* the first one */
    const struct keyring first = load();
    assert_int_equal(first.count, 1);
    assert_false(there("sealing.key.1"));
    assert_int_equal(keyring_rotate(home), OK);
    assert_int_equal(keyring_rotate(home), OK);
    const struct keyring third = load();
    assert_int_equal(third.count, 3);
    assert_int_equal(third.numbers[0], 0);
    assert_int_equal(third.numbers[1], 2);
    assert_int_equal(third.numbers[2], 1);
    assert_non_null(keyring_find(&third, &first.keys[0].pub));
    assert_null(keyring_find(&first, &third.keys[0].pub));
    assert_int_equal(keyring_retire(home, &third), OK);
    const struct keyring last = load();
    assert_int_equal(last.count, 1);
    assert_memory_equal(last.keys[0].pub.b, third.keys[0].pub.b, PUBKEY_BYTES);
}

/* Where a crash can leave it: the new key made and not yet in its place, or the old one linked. */
static void rotation_cut_short_loses_no_key(void **state)
{
    (void)state;
    char from[HOME_PATH_BYTES], to[HOME_PATH_BYTES];
    assert_int_equal(keyring_rotate(home), OK);
    const struct keyring before = load();
    in_home("sealing.key", from);
    in_home("sealing.key.1", to);
    assert_int_equal(link(from, to), 0);
    in_home("sealing.key.next", to);
    assert_int_equal(link(from, to), 0);
    assert_int_equal(load().count, 2);
    assert_int_equal(keyring_rotate(home), OK);
    const struct keyring after = load();
    assert_non_null(keyring_find(&after, &before.keys[0].pub));
    assert_memory_not_equal(after.keys[0].pub.b, before.keys[0].pub.b, PUBKEY_BYTES);
    assert_false(there("sealing.key.next"));
    drop("sealing.key");                                 /* as when it was never renamed */
    const struct keyring without = load();
    assert_non_null(keyring_find(&without, &before.keys[0].pub));
}

static void keys_that_nobody_is_done_with_are_not_piled_up(void **state)
{
    (void)state;
    for (unsigned i = 0; i < KEYRING_MAX; i++)
        assert_int_equal(keyring_rotate(home), OK);
    const struct keyring full = load();
    assert_int_equal(keyring_rotate(home), ERR_TOO_LARGE);
    const struct keyring still = load();
    assert_int_equal(still.count, KEYRING_MAX);
    assert_memory_equal(still.keys[0].pub.b, full.keys[0].pub.b, PUBKEY_BYTES);
}

static void home_without_a_key_has_an_empty_ring(void **state)
{
    (void)state;
    assert_int_equal(load().count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(old_keys_stay_until_they_are_retired, empty),
        cmocka_unit_test_setup(rotation_cut_short_loses_no_key, empty),
        cmocka_unit_test_setup(keys_that_nobody_is_done_with_are_not_piled_up, empty),
        cmocka_unit_test_setup(home_without_a_key_has_an_empty_ring, empty),
    };
    if (keys_start() != OK || mkdtemp(home) == NULL)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    empty(NULL);
    rmdir(home);
    return failed;
}
