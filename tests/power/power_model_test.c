#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <fcntl.h>

#include "ledger/log/home.h"
#include "tests/power/model.h"
#include "tests/support/cluster_keys.h"

enum { SEEDS = 32, FILE_BYTES = 4 * POWER_SECTOR, PATH_BYTES = 512 };

struct story { char folder[PATH_BYTES], base[PATH_BYTES], left[PATH_BYTES]; int fd; };

static void put(const struct story *s, enum power_op op, uint64_t inode, const char *path,
                const char *other, uint64_t offset, struct span data, unsigned flags)
{
    struct buffer bytes = {0};
    const struct power_record r = {
        .magic = POWER_MAGIC, .op = (uint8_t)op, .flags = (uint8_t)flags, .inode = inode,
        .offset = offset, .path_len = (uint16_t)strlen(path),
        .other_len = (uint16_t)strlen(other), .data_len = (uint32_t)data.len};
    assert_int_equal(buffer_put(&bytes, &r, sizeof r), OK);
    assert_int_equal(buffer_put(&bytes, path, r.path_len), OK);
    assert_int_equal(buffer_put(&bytes, other, r.other_len), OK);
    assert_int_equal(buffer_put(&bytes, data.data, data.len), OK);
    assert_int_equal(write(s->fd, bytes.data, bytes.len), (ssize_t)bytes.len);
    buffer_clear(&bytes);
}

static void put_plain(const struct story *s, enum power_op op, uint64_t inode, const char *path,
                      const char *other)
{
    put(s, op, inode, path, other, 0, (struct span){(const uint8_t *)"", 0}, 0);
}

static void put_write(const struct story *s, uint64_t inode, uint64_t offset, size_t len,
                      uint8_t value, unsigned flags)
{
    uint8_t data[FILE_BYTES];
    memset(data, value, sizeof data);
    put(s, POWER_WRITE, inode, "", "", offset, span_of(data, len), flags);
}

/* A folder with one file of 'o', known to the journal as inode 1. */
static void begin(struct story *s)
{
    const char *tmp = getenv("TMPDIR");
    char path[PATH_BYTES + 16];
    uint8_t old[FILE_BYTES];
    memset(old, 'o', sizeof old);
    snprintf(s->folder, 256, "%s/power-XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(s->folder));
    assert_int_equal(home_path(s->base, PATH_BYTES, s->folder, "base"), OK);
    assert_int_equal(home_path(s->left, PATH_BYTES, s->folder, "left"), OK);
    assert_int_equal(folder_create(s->base, 0700), OK);
    snprintf(path, sizeof path, "%s/data", s->base);
    assert_int_equal(file_replace(path, span_of(old, sizeof old), 0600), OK);
    snprintf(path, sizeof path, "%s/journal", s->folder);
    s->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    assert_true(s->fd >= 0);
    put_plain(s, POWER_OPEN, 1, "data", "");
}

static void end(struct story *s)
{
    char command[PATH_BYTES + 16];
    close(s->fd);
    snprintf(command, sizeof command, "rm -rf '%s'", s->folder);
    assert_int_equal(system(command), 0);
}

/* What one seed leaves of a file; empty when it is not there. */
static void look(const struct story *s, uint64_t seed, bool ignore_syncs, const char *name,
                 struct buffer *out)
{
    struct power_journal j;
    char path[PATH_BYTES + 16], command[PATH_BYTES + 16];
    snprintf(path, sizeof path, "%s/journal", s->folder);
    power_load(&j, path);
    const struct power_cut cut = {j.count, seed, ignore_syncs};
    power_build(&j, &cut, s->base, s->left);
    snprintf(path, sizeof path, "%s/%s", s->left, name);
    buffer_reset(out);
    if (file_read(path, 1 << 20, out) != OK)
        buffer_reset(out);
    snprintf(command, sizeof command, "rm -rf '%s'", s->left);
    assert_int_equal(system(command), 0);
    power_clear(&j);
}

static bool all_are(const struct buffer *b, size_t from, size_t to, uint8_t value)
{
    for (size_t i = from; i < to; i++)
        if (i >= b->len || b->data[i] != value)
            return false;
    return true;
}

static void what_was_flushed_is_there_and_the_rest_may_be_whole_torn_or_gone(void **state)
{
    struct story s;
    struct buffer b = {0};
    unsigned whole = 0, gone = 0, torn = 0;
    (void)state;
    begin(&s);
    put_write(&s, 1, 0, POWER_SECTOR, 'a', 0);
    put_plain(&s, POWER_SYNC, 1, "", "");
    put_write(&s, 1, POWER_SECTOR, 3 * POWER_SECTOR, 'b', 0);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        look(&s, seed, false, "data", &b);
        assert_int_equal(b.len, FILE_BYTES);
        assert_true(all_are(&b, 0, POWER_SECTOR, 'a'));
        const bool is_whole = all_are(&b, POWER_SECTOR, FILE_BYTES, 'b');
        const bool is_gone = all_are(&b, POWER_SECTOR, FILE_BYTES, 'o');
        whole += is_whole;
        gone += is_gone;
        torn += !is_whole && !is_gone;
    }
    assert_true(whole > 0 && gone > 0 && torn > 0);
    buffer_clear(&b);
    end(&s);
}

static void a_later_write_may_reach_the_disk_before_an_earlier_one(void **state)
{
    struct story s;
    struct buffer b = {0};
    unsigned later_alone = 0;
    (void)state;
    begin(&s);
    put_write(&s, 1, 0, POWER_SECTOR, 'a', 0);
    put_write(&s, 1, POWER_SECTOR, POWER_SECTOR, 'b', 0);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        look(&s, seed, false, "data", &b);
        later_alone += all_are(&b, 0, POWER_SECTOR, 'o') &&
                       all_are(&b, POWER_SECTOR, 2 * POWER_SECTOR, 'b');
    }
    assert_true(later_alone > 0);
    buffer_clear(&b);
    end(&s);
}

static void a_synchronous_write_is_there_once_done_and_flushes_no_other(void **state)
{
    struct story s;
    struct buffer b = {0};
    unsigned other_gone = 0, undone_gone = 0;
    (void)state;
    begin(&s);
    put_write(&s, 1, 0, 2 * POWER_SECTOR, 'a', 0);
    put_write(&s, 1, 0, POWER_SECTOR, 'd', POWER_DSYNC);
    put_plain(&s, POWER_DONE, 1, "", "");
    put_write(&s, 1, 2 * POWER_SECTOR, POWER_SECTOR, 'e', POWER_DSYNC);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        look(&s, seed, false, "data", &b);
        assert_true(all_are(&b, 0, POWER_SECTOR, 'd'));
        other_gone += all_are(&b, POWER_SECTOR, 2 * POWER_SECTOR, 'o');
        undone_gone += all_are(&b, 2 * POWER_SECTOR, 3 * POWER_SECTOR, 'o');
    }
    assert_true(other_gone > 0 && undone_gone > 0);
    buffer_clear(&b);
    end(&s);
}

static void a_new_name_holds_once_its_folder_was_flushed(void **state)
{
    struct story s;
    struct buffer b = {0};
    unsigned unnamed = 0;
    (void)state;
    begin(&s);
    put_plain(&s, POWER_CREATE, 2, "one.tmp", "");
    put_write(&s, 2, 0, POWER_SECTOR, 'n', 0);
    put_plain(&s, POWER_SYNC, 2, "", "");
    put_plain(&s, POWER_RENAME, 0, "one.tmp", "one");
    put_plain(&s, POWER_SYNC_FOLDER, 0, "", "");
    put_plain(&s, POWER_CREATE, 3, "two.tmp", "");
    put_write(&s, 3, 0, POWER_SECTOR, 'n', 0);
    put_plain(&s, POWER_SYNC, 3, "", "");
    put_plain(&s, POWER_RENAME, 0, "two.tmp", "two");
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        look(&s, seed, false, "one", &b);
        assert_true(b.len == POWER_SECTOR && all_are(&b, 0, POWER_SECTOR, 'n'));
        look(&s, seed, false, "one.tmp", &b);
        assert_int_equal(b.len, 0);
        look(&s, seed, false, "two", &b);
        assert_true(b.len == 0 || all_are(&b, 0, POWER_SECTOR, 'n'));
        unnamed += b.len == 0;
    }
    assert_true(unnamed > 0 && unnamed < SEEDS);
    buffer_clear(&b);
    end(&s);
}

static void a_disk_that_ignores_flushes_may_lose_what_was_flushed(void **state)
{
    struct story s;
    struct buffer b = {0};
    unsigned gone = 0;
    (void)state;
    begin(&s);
    put_write(&s, 1, 0, POWER_SECTOR, 'a', 0);
    put_plain(&s, POWER_SYNC, 1, "", "");
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        look(&s, seed, true, "data", &b);
        gone += all_are(&b, 0, POWER_SECTOR, 'o');
    }
    assert_true(gone > 0);
    buffer_clear(&b);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_flushed_is_there_and_the_rest_may_be_whole_torn_or_gone),
        cmocka_unit_test(a_later_write_may_reach_the_disk_before_an_earlier_one),
        cmocka_unit_test(a_synchronous_write_is_there_once_done_and_flushes_no_other),
        cmocka_unit_test(a_new_name_holds_once_its_folder_was_flushed),
        cmocka_unit_test(a_disk_that_ignores_flushes_may_lose_what_was_flushed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
