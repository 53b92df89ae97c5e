// link: -Wl,--wrap=write -Wl,--wrap=fsync
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/sha256.h"
#include "ledger/log/part.h"

enum { PATH_BYTES = 256 };
static const uint8_t salt[SALT_BYTES] = {1, 2, 3};
static int write_errno, fsync_errno, fsync_passes;

ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
int __real_fsync(int fd);
int __wrap_fsync(int fd);

ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
    if (write_errno != 0 && fd > STDERR_FILENO) {
        errno = write_errno;
        return -1;
    }
    return __real_write(fd, bytes, len);
}

int __wrap_fsync(int fd)
{
    if (fsync_errno == 0 || fsync_passes-- > 0)
        return __real_fsync(fd);
    errno = fsync_errno;
    return -1;
}

static int start(void **state)
{
    (void)state;
    return keys_start() == OK ? 0 : -1;
}

static int home_create(void **state)
{
    char *home = strdup("/tmp/jieli_part_XXXXXX");
    *state = home;
    return home != NULL && mkdtemp(home) != NULL ? 0 : -1;
}

static int home_remove(void **state)
{
    char command[PATH_BYTES];
    write_errno = fsync_errno = 0;
    int len = snprintf(command, sizeof command, "rm -rf '%s'", (char *)*state);
    int failed = len <= 0 || system(command) != 0;
    free(*state);
    return failed;
}

static void path_of(char *out, const char *home, const struct hash *commitment, bool folder)
{
    char hex[2 * HASH_BYTES + 1];
    assert_int_equal(hex_encode(hex, sizeof hex, span_of(commitment->b, HASH_BYTES)), OK);
    int len = snprintf(out, PATH_BYTES, "%s/parts/%.2s%s%s", home, hex, folder ? "" : "/",
                       folder ? "" : hex);
    assert_true(len > 0 && len < PATH_BYTES);
}

/* Number of files in the folder of a part, whole or not. */
static unsigned file_count(const char *home, const struct hash *commitment)
{
    char path[PATH_BYTES], command[2 * PATH_BYTES];
    unsigned count = 0;
    path_of(path, home, commitment, true);
    int len = snprintf(command, sizeof command, "find '%s' -type f | wc -l", path);
    assert_true(len > 0);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_int_equal(fscanf(pipe, "%u", &count), 1);
    pclose(pipe);
    return count;
}

static void file_flip(const char *path, long at)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    int c = fgetc(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    fputc(c ^ 1, file);
    fclose(file);
}

static void a_stored_part_is_read_back_whole(void **state)
{
    struct hash id, again, none = {{0}};
    struct buffer bytes = {0};
    struct stat st;
    char path[PATH_BYTES];
    uint8_t found[SALT_BYTES];
    assert_int_equal(part_store(*state, salt, span_of("photo", 5), &id), OK);
    assert_int_equal(part_store(*state, salt, span_of("photo", 5), &again), OK);
    assert_true(hash_equal(&id, &again));
    assert_int_equal(file_count(*state, &id), 1);
    assert_true(part_held(*state, &id));
    assert_int_equal(part_read(*state, &id, found, &bytes), OK);
    assert_int_equal(bytes.len, 5);
    assert_memory_equal(bytes.data, "photo", 5);
    assert_memory_equal(found, salt, SALT_BYTES);
    path_of(path, *state, &id, false);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_false(part_held(*state, &none));
    assert_int_equal(part_read(*state, &none, found, &bytes), ERR_NOTFOUND);
    assert_int_equal(bytes.len, 0);
    buffer_clear(&bytes);
}

static void the_commitment_is_labelled_and_salted(void **state)
{
    (void)state;
    struct hash a, b, plain;
    uint8_t other[SALT_BYTES] = {9}, message[13 + SALT_BYTES + 1];
    memcpy(message, "jieli/part/v1", 13);
    memcpy(message + 13, salt, SALT_BYTES);
    message[13 + SALT_BYTES] = 'x';
    sha256(span_of(message, sizeof message), &plain);
    part_commitment(salt, span_of("x", 1), &a);
    part_commitment(other, span_of("x", 1), &b);
    assert_true(hash_equal(&a, &plain));
    assert_false(hash_equal(&a, &b));
}

static void an_empty_part_is_a_part(void **state)
{
    struct hash id;
    struct buffer bytes = {0};
    uint8_t found[SALT_BYTES];
    assert_int_equal(part_store(*state, salt, (struct span){NULL, 0}, &id), OK);
    assert_int_equal(part_read(*state, &id, found, &bytes), OK);
    assert_int_equal(bytes.len, 0);
    buffer_clear(&bytes);
}

static void twenty_mebibytes_fit_and_one_byte_more_does_not(void **state)
{
    struct hash id;
    struct buffer bytes = {0};
    uint8_t found[SALT_BYTES], *large = calloc(1, PART_MAX_BYTES + 1);
    assert_non_null(large);
    assert_int_equal(part_store(*state, salt, span_of(large, PART_MAX_BYTES + 1), &id),
                     ERR_TOO_LARGE);
    assert_int_equal(part_store(*state, salt, span_of(large, PART_MAX_BYTES), &id), OK);
    assert_int_equal(part_read(*state, &id, found, &bytes), OK);
    assert_int_equal(bytes.len, PART_MAX_BYTES);
    buffer_clear(&bytes);
    free(large);
}

static void a_flipped_bit_or_wrong_salt_is_found_and_mended_by_storing(void **state)
{
    struct hash id;
    struct buffer bytes = {0};
    char path[PATH_BYTES];
    uint8_t found[SALT_BYTES];
    static const long places[] = {0, SALT_BYTES - 1, SALT_BYTES, SALT_BYTES + 4};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        assert_int_equal(part_store(*state, salt, span_of("photo", 5), &id), OK);
        path_of(path, *state, &id, false);
        file_flip(path, places[i]);
        assert_int_equal(part_read(*state, &id, found, &bytes), ERR_CORRUPT);
        assert_int_equal(bytes.len, 0);
    }
    assert_int_equal(part_store(*state, salt, span_of("photo", 5), &id), OK);
    assert_int_equal(truncate(path, SALT_BYTES + 4), 0);
    assert_int_equal(part_read(*state, &id, found, &bytes), ERR_CORRUPT);
    assert_int_equal(truncate(path, 3), 0);
    assert_int_equal(part_read(*state, &id, found, &bytes), ERR_CORRUPT);
    assert_int_equal(truncate(path, (off_t)SALT_BYTES + PART_MAX_BYTES + 1), 0);
    assert_int_equal(part_read(*state, &id, found, &bytes), ERR_CORRUPT);
    assert_int_equal(part_store(*state, salt, span_of("photo", 5), &id), OK);
    assert_int_equal(part_read(*state, &id, found, &bytes), OK);
    buffer_clear(&bytes);
}

static void a_full_disk_stores_nothing(void **state)
{
    struct hash id;
    write_errno = ENOSPC;
    assert_int_equal(part_store(*state, salt, span_of("photo", 5), &id), ERR_DISK_FULL);
    assert_false(part_held(*state, &id));
    assert_int_equal(file_count(*state, &id), 0);
    write_errno = EIO;
    assert_int_equal(part_store(*state, salt, span_of("photo", 5), &id), ERR_IO);
    write_errno = 0;
    assert_int_equal(part_store(*state, salt, span_of("photo", 5), &id), OK);
}

static void a_failed_flush_of_file_or_folders_is_told(void **state)
{
    enum { FLUSHES_NEW = 4, FLUSHES_HELD = 3 };
    struct hash id;
    for (int passes = 0; passes <= FLUSHES_NEW; passes++) {
        fsync_errno = EIO;
        fsync_passes = passes;
        uint8_t byte = (uint8_t)passes;
        assert_int_equal(part_store(*state, salt, span_of(&byte, 1), &id),
                         passes < FLUSHES_NEW ? ERR_IO : OK);
        fsync_errno = 0;
        assert_int_equal(part_held(*state, &id), passes + 1 >= FLUSHES_NEW);
    }
    for (int passes = 0; passes <= FLUSHES_HELD; passes++) {
        uint8_t byte = FLUSHES_NEW;
        fsync_errno = EIO;
        fsync_passes = passes;
        assert_int_equal(part_store(*state, salt, span_of(&byte, 1), &id),
                         passes < FLUSHES_HELD ? ERR_IO : OK);
    }
}

static void what_is_no_plain_file_is_not_followed(void **state)
{
    struct hash id;
    struct buffer bytes = {0};
    struct stat st;
    char path[PATH_BYTES], target[PATH_BYTES];
    uint8_t found[SALT_BYTES];
    assert_int_equal(part_store(*state, salt, span_of("photo", 5), &id), OK);
    path_of(path, *state, &id, false);
    assert_true(snprintf(target, sizeof target, "%s/target", (char *)*state) > 0);
    assert_int_equal(rename(path, target), 0);
    assert_int_equal(symlink(target, path), 0);
    assert_int_equal(part_read(*state, &id, found, &bytes), ERR_CORRUPT);
    assert_false(part_held(*state, &id));
    assert_int_equal(truncate(target, 1), 0);
    assert_int_equal(part_store(*state, salt, span_of("photo", 5), &id), OK);
    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(stat(target, &st), 0);
    assert_int_equal(st.st_size, 1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(part_read(*state, &id, found, &bytes), ERR_CORRUPT);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(part_read(*state, &id, found, &bytes), ERR_CORRUPT);
    buffer_clear(&bytes);
}

static void a_symlink_in_place_of_a_folder_is_not_followed(void **state)
{
    struct hash id;
    struct buffer bytes = {0};
    char path[PATH_BYTES], target[PATH_BYTES];
    uint8_t found[SALT_BYTES];
    assert_int_equal(part_store(*state, salt, span_of("photo", 5), &id), OK);
    path_of(path, *state, &id, true);
    assert_true(snprintf(target, sizeof target, "%s/elsewhere", (char *)*state) > 0);
    assert_int_equal(rename(path, target), 0);
    assert_int_equal(symlink(target, path), 0);
    assert_int_equal(part_read(*state, &id, found, &bytes), ERR_PERMISSION);
    assert_int_equal(part_store(*state, salt, span_of("photo", 5), &id), ERR_PERMISSION);
    assert_false(part_held(*state, &id));
    buffer_clear(&bytes);
}

static void subject_check(const struct subject *s, const char *expected, size_t len)
{
    struct buffer b = {0};
    struct subject again;
    assert_int_equal(subject_encode(s, &b), OK);
    assert_int_equal(b.len, len);
    assert_memory_equal(b.data, expected, len);
    assert_int_equal(subject_decode(&again, buffer_span(&b)), OK);
    assert_string_equal(again.title, s->title);
    assert_string_equal(again.enterprise, s->enterprise);
    assert_string_equal(again.place, s->place);
    buffer_clear(&b);
}

static void a_subject_leaves_out_what_is_empty(void **state)
{
    (void)state;
    struct subject s = {"t", "e", "p"};
    subject_check(&s, "\xa3\x01\x61t\x02\x61" "e\x03\x61p", 10);
    s.enterprise[0] = 0;
    subject_check(&s, "\xa2\x01\x61t\x03\x61p", 7);
    s.title[0] = s.place[0] = 0;
    subject_check(&s, "\xa0", 1);
}

static void a_subject_has_one_form(void **state)
{
    (void)state;
    struct subject s = {"\xff", "", ""};
    struct buffer b = {0};
    struct cbor_out w;
    assert_int_equal(subject_encode(&s, &b), ERR_FORMAT);
    assert_int_equal(b.len, 0);
    assert_int_equal(subject_decode(&s, span_of("\xa1\x01\x60", 3)), ERR_FORMAT);
    assert_int_equal(subject_decode(&s, span_of("\xa1\x04\x61x", 4)), ERR_FORMAT);
    assert_int_equal(subject_decode(&s, span_of("\xa1\x00\x61x", 4)), ERR_FORMAT);
    assert_int_equal(subject_decode(&s, span_of("\xa2\x02\x61x\x01\x61x", 7)), ERR_FORMAT);
    assert_int_equal(subject_decode(&s, span_of("\xa1\x01\x61x\x00", 5)), ERR_FORMAT);
    assert_int_equal(subject_decode(&s, span_of("\xa1\x01\x62x", 4)), ERR_TRUNCATED);
    char text[513];
    memset(text, 'x', sizeof text);
    text[512] = 0;
    for (unsigned cut = 0; cut < 2; cut++) {
        b.len = 0;
        text[512 - cut] = 0;
        cbor_out_init(&w, &b);
        cbor_put_map(&w, 1);
        cbor_put_uint(&w, 1);
        cbor_put_text(&w, text);
        assert_int_equal(subject_decode(&s, buffer_span(&b)), cut ? OK : ERR_TOO_LARGE);
    }
    buffer_clear(&b);
}

#define WITH_HOME(test) cmocka_unit_test_setup_teardown(test, home_create, home_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_HOME(a_stored_part_is_read_back_whole),
        cmocka_unit_test(the_commitment_is_labelled_and_salted),
        WITH_HOME(an_empty_part_is_a_part),
        WITH_HOME(twenty_mebibytes_fit_and_one_byte_more_does_not),
        WITH_HOME(a_flipped_bit_or_wrong_salt_is_found_and_mended_by_storing),
        WITH_HOME(a_full_disk_stores_nothing),
        WITH_HOME(a_failed_flush_of_file_or_folders_is_told),
        WITH_HOME(what_is_no_plain_file_is_not_followed),
        WITH_HOME(a_symlink_in_place_of_a_folder_is_not_followed),
        cmocka_unit_test(a_subject_leaves_out_what_is_empty),
        cmocka_unit_test(a_subject_has_one_form),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
