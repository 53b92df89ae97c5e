// link: -Wl,--wrap=fdatasync
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/log/home.h"
#include "tests/support/log_fixture.h"

enum { SLOT_STRIDE = 4096 };

struct home { char path[128], file[160]; };

int __wrap_fdatasync(int fd);
int __real_fdatasync(int fd);

static int flushes;

int __wrap_fdatasync(int fd)
{
    flushes++;
    return __real_fdatasync(fd);
}

static int setup(void **state)
{
    struct home *h = calloc(1, sizeof *h);
    assert_non_null(h);
    scratch_create(h->path, sizeof h->path);
    snprintf(h->file, sizeof h->file, "%s/last-head", h->path);
    *state = h;
    return 0;
}

static int teardown(void **state)
{
    struct home *h = *state;
    scratch_remove(h->path);
    free(h);
    return 0;
}

static struct last_head head_of(uint64_t size)
{
    struct last_head head = {.epoch = 7, .size = size};
    memset(head.root.b, (int)(size + 1), sizeof head.root.b);
    return head;
}

static void written(const struct home *h, uint64_t from, uint64_t to)
{
    struct last_head_file *f;
    assert_int_equal(last_head_open(&f, h->path, true), OK);
    for (uint64_t i = from; i <= to; i++) {
        struct last_head head = head_of(i);
        assert_int_equal(last_head_write(f, &head), OK);
    }
    last_head_close(f);
}

static enum err read_size(const struct home *h, uint64_t *size)
{
    struct last_head_file *f;
    struct last_head head = {0};
    enum err err = last_head_open(&f, h->path, false);
    if (err != OK)
        return err;
    err = last_head_read(f, &head);
    if (err == OK) {
        struct last_head expected = head_of(head.size);
        assert_int_equal(head.epoch, expected.epoch);
        assert_true(hash_equal(&head.root, &expected.root));
        *size = head.size;
    }
    last_head_close(f);
    return err;
}

static void spoil(const struct home *h, off_t at, size_t len)
{
    uint8_t noise[512];
    memset(noise, 0x5a, sizeof noise);
    int fd = open(h->file, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, noise, len, at), len);
    close(fd);
}

static void a_new_file_has_no_head_and_a_missing_one_is_not_found(void **state)
{
    uint64_t size;
    struct last_head_file *f;
    assert_int_equal(read_size(*state, &size), ERR_NOTFOUND);
    assert_int_equal(last_head_open(&f, ((struct home *)*state)->path, false), ERR_NOTFOUND);
    written(*state, 1, 0);
    assert_int_equal(last_head_open(&f, ((struct home *)*state)->path, false), OK);
    struct last_head head;
    assert_int_equal(last_head_read(f, &head), ERR_NOTFOUND);
    last_head_close(f);
}

static void the_newest_head_is_read_back(void **state)
{
    for (uint64_t i = 1; i <= 5; i++) {
        uint64_t size = 0;
        written(*state, i, i);
        assert_int_equal(read_size(*state, &size), OK);
        assert_int_equal(size, i);
    }
}

static void a_write_is_one_flush_and_never_grows_the_file(void **state)
{
    struct home *h = *state;
    struct stat before, after;
    struct last_head_file *f;
    struct last_head head = head_of(9);
    assert_int_equal(last_head_open(&f, h->path, true), OK);
    assert_int_equal(stat(h->file, &before), 0);
    flushes = 0;
    assert_int_equal(last_head_write(f, &head), OK);
    assert_int_equal(flushes, 1);
    assert_int_equal(stat(h->file, &after), 0);
    assert_int_equal(before.st_size, after.st_size);
    assert_int_equal(before.st_blocks, after.st_blocks);
    last_head_close(f);
}

static void a_torn_slot_leaves_the_head_before_it(void **state)
{
    for (size_t len = 1; len <= 512; len += 73) {
        uint64_t size = 0;
        written(*state, 1, 4);
        spoil(*state, 0, len);
        assert_int_equal(read_size(*state, &size), OK);
        assert_int_equal(size, 3);
        written(*state, 5, 5);
        assert_int_equal(read_size(*state, &size), OK);
        assert_int_equal(size, 5);
        unlink(((struct home *)*state)->file);
    }
}

static void two_spoilt_slots_are_corrupt_and_refuse_a_write(void **state)
{
    struct home *h = *state;
    uint64_t size;
    struct last_head head = head_of(5);
    struct last_head_file *f;
    written(h, 1, 4);
    spoil(h, 20, 1);
    spoil(h, SLOT_STRIDE + 20, 1);
    assert_int_equal(read_size(h, &size), ERR_CORRUPT);
    assert_int_equal(last_head_open(&f, h->path, true), OK);
    assert_int_equal(last_head_write(f, &head), ERR_CORRUPT);
    last_head_close(f);
}

static void a_truncated_or_lengthened_file_is_corrupt(void **state)
{
    struct home *h = *state;
    uint64_t size;
    const off_t sizes[] = {0, 511, 512, SLOT_STRIDE, 2 * SLOT_STRIDE - 1, 2 * SLOT_STRIDE + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct last_head_file *f;
        written(h, 1, 2);
        assert_int_equal(truncate(h->file, sizes[i]), 0);
        assert_int_equal(read_size(h, &size), ERR_CORRUPT);
        assert_int_equal(last_head_open(&f, h->path, true), ERR_CORRUPT);
        unlink(h->file);
    }
}

static void every_flipped_bit_of_the_newest_slot_is_noticed(void **state)
{
    struct home *h = *state;
    struct buffer bytes = {0};
    written(h, 1, 4);
    assert_int_equal(file_read(h->file, 1 << 16, &bytes), OK);
    for (size_t at = 0; at < 512; at++) {
        uint64_t size = 0;
        bytes.data[at] ^= (uint8_t)(1U << (at % 8));
        assert_int_equal(file_replace(h->file, buffer_span(&bytes), 0600), OK);
        assert_int_equal(read_size(h, &size), OK);
        assert_int_equal(size, 3);
        bytes.data[at] ^= (uint8_t)(1U << (at % 8));
    }
    buffer_clear(&bytes);
}

static void a_second_lock_is_refused_until_the_first_is_released(void **state)
{
    struct home *h = *state;
    int first, second;
    assert_int_equal(home_lock(h->path, &first), OK);
    assert_int_equal(home_lock(h->path, &second), ERR_LOCKED);
    pid_t child = fork();
    if (child == 0)
        _exit(home_lock(h->path, &second) == ERR_LOCKED ? 0 : 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(first);
    assert_int_equal(home_lock(h->path, &second), OK);
    close(second);
}

static void the_lock_tells_the_pid_of_its_owner(void **state)
{
    struct home *h = *state;
    struct buffer text = {0};
    char path[160], expected[32];
    int fd;
    assert_int_equal(home_lock(h->path, &fd), OK);
    snprintf(path, sizeof path, "%s/lock", h->path);
    snprintf(expected, sizeof expected, "%ld\n", (long)getpid());
    assert_int_equal(file_read(path, 100, &text), OK);
    assert_int_equal(text.len, strlen(expected));
    assert_memory_equal(text.data, expected, text.len);
    buffer_clear(&text);
    close(fd);
}

static void a_replaced_file_has_the_new_bytes_and_mode(void **state)
{
    struct home *h = *state;
    struct buffer bytes = {0};
    struct stat st;
    assert_int_equal(file_read(h->file, 10, &bytes), ERR_NOTFOUND);
    assert_int_equal(file_replace(h->file, span_of("first", 5), 0644), OK);
    assert_int_equal(file_replace(h->file, span_of("second", 6), 0600), OK);
    assert_int_equal(file_read(h->file, 6, &bytes), OK);
    assert_int_equal(bytes.len, 6);
    assert_memory_equal(bytes.data, "second", 6);
    assert_int_equal(stat(h->file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(file_read(h->file, 5, &bytes), ERR_TOO_LARGE);
    assert_int_equal(bytes.len, 0);
    buffer_clear(&bytes);
}

static void folders_are_made_once_and_paths_have_a_limit(void **state)
{
    struct home *h = *state;
    char path[160], small[8];
    assert_int_equal(home_path(path, sizeof path, h->path, "db"), OK);
    assert_int_equal(folder_create(path, 0700), OK);
    assert_int_equal(folder_create(path, 0700), OK);
    assert_int_equal(file_replace(h->file, span_of("x", 1), 0600), OK);
    assert_int_equal(folder_create(h->file, 0700), ERR_EXISTS);
    assert_int_equal(home_path(small, sizeof small, "a", "bcdef"), OK);
    assert_int_equal(home_path(small, sizeof small, "a", "bcdefg"), ERR_TOO_LARGE);
}

#define IN_HOME(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_HOME(a_new_file_has_no_head_and_a_missing_one_is_not_found),
        IN_HOME(the_newest_head_is_read_back),
        IN_HOME(a_write_is_one_flush_and_never_grows_the_file),
        IN_HOME(a_torn_slot_leaves_the_head_before_it),
        IN_HOME(two_spoilt_slots_are_corrupt_and_refuse_a_write),
        IN_HOME(a_truncated_or_lengthened_file_is_corrupt),
        IN_HOME(every_flipped_bit_of_the_newest_slot_is_noticed),
        IN_HOME(a_second_lock_is_refused_until_the_first_is_released),
        IN_HOME(the_lock_tells_the_pid_of_its_owner),
        IN_HOME(a_replaced_file_has_the_new_bytes_and_mode),
        IN_HOME(folders_are_made_once_and_paths_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
