#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/log/home.h"
#include "tests/support/log_fixture.h"
#include "tools/tiles.h"

static void sign_head(struct log_fixture *f, const struct hash *root)
{
    struct checkpoint head = {.size = f->log.frontier.size, .root = *root};
    struct buffer note = {0};
    struct txn *t;
    snprintf(head.origin, sizeof head.origin, "%s", f->log.origin);
    assert_int_equal(checkpoint_sign(&head, f->key, &note), OK);
    assert_int_equal(txn_write(f->store, &t), OK);
    assert_int_equal(log_head_put(t, &f->log, buffer_span(&note), head.size), OK);
    assert_int_equal(txn_commit(t), OK);
    buffer_clear(&note);
}

static enum err export_to(struct log_fixture *f, const char *name, char *out, size_t out_bytes)
{
    struct txn *t;
    uint64_t size;
    snprintf(out, out_bytes, "%s/%s", f->home, name);
    assert_int_equal(txn_read(f->store, &t), OK);
    enum err err = tiles_export(t, &f->log, out, &size);
    if (err == OK)
        assert_int_equal(size, f->log.frontier.size);
    txn_abort(t);
    return err;
}

static void numbers_stand_in_groups_of_three_digits(void **state)
{
    char text[TILE_NUMBER_BYTES];
    (void)state;
    tile_number(0, text);
    assert_string_equal(text, "000");
    tile_number(999, text);
    assert_string_equal(text, "999");
    tile_number(1000, text);
    assert_string_equal(text, "x001/000");
    tile_number(1234067, text);
    assert_string_equal(text, "x001/x234/067");
    tile_number(UINT64_MAX, text);
    assert_string_equal(text, "x018/x446/x744/x073/x709/x551/615");
}

static void every_size_is_read_by_an_independent_reader(void **state)
{
    static const uint64_t sizes[] = {0, 1, 255, 256, 257, 70000};
    struct log_fixture f;
    char folder[512], command[1024];
    (void)state;
    if (system("python3 -c pass >/dev/null 2>&1") != 0) {
        print_message("no python3: the independent reader of tiles is not run\n");
        skip();
    }
    log_fixture_init(&f);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct hash root;
        log_fixture_grow(&f, sizes[i]);
        frontier_root(&f.log.frontier, &root);
        sign_head(&f, &root);
        assert_int_equal(export_to(&f, "tiles", folder, sizeof folder), OK);
        snprintf(command, sizeof command, "python3 tests/e2e/tiles_reader.py '%s' %llu", folder,
                 (unsigned long long)sizes[i]);
        assert_int_equal(system(command), 0);
        snprintf(command, sizeof command, "rm -r '%s'", folder);
        assert_int_equal(system(command), 0);
    }
    log_fixture_clear(&f);
}

static void log_without_checkpoint_is_refused(void **state)
{
    struct log_fixture f;
    char folder[512];
    (void)state;
    log_fixture_init(&f);
    log_fixture_grow(&f, 3);
    assert_int_equal(export_to(&f, "tiles", folder, sizeof folder), ERR_NOTFOUND);
    assert_int_not_equal(access(folder, F_OK), 0);
    log_fixture_clear(&f);
}

static void entries_that_do_not_give_the_signed_root_get_no_checkpoint(void **state)
{
    struct log_fixture f;
    struct hash wrong;
    char folder[512], path[600];
    (void)state;
    log_fixture_init(&f);
    log_fixture_grow(&f, 3);
    merkle_leaf(span_of("x", 1), &wrong);
    sign_head(&f, &wrong);
    assert_int_equal(export_to(&f, "tiles", folder, sizeof folder), ERR_CORRUPT);
    snprintf(path, sizeof path, "%s/checkpoint", folder);
    assert_int_not_equal(access(path, F_OK), 0);
    log_fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_stand_in_groups_of_three_digits),
        cmocka_unit_test(every_size_is_read_by_an_independent_reader),
        cmocka_unit_test(log_without_checkpoint_is_refused),
        cmocka_unit_test(entries_that_do_not_give_the_signed_root_get_no_checkpoint),
    };
    return keys_start() == OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
