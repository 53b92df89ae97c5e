#include "crypto/keyfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { PLAIN_BYTES = 75, SEALED_BYTES = 99 };

struct fixture { char folder[64], path[96], link[96]; uint8_t secret[32], got[32]; };

static int fixture_init(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return -1;
    }
    snprintf(f->folder, sizeof f->folder, "/tmp/jieli_keyfile_XXXXXX");
    if (mkdtemp(f->folder) == NULL) {
        free(f);
        return -1;
    }
    snprintf(f->path, sizeof f->path, "%s/key", f->folder);
    snprintf(f->link, sizeof f->link, "%s/link", f->folder);
    memset(f->secret, 's', sizeof f->secret);
    *state = f;
    return 0;
}

static int fixture_clear(void **state)
{
    struct fixture *f = *state;
    unlink(f->path);
    unlink(f->link);
    rmdir(f->folder);
    free(f);
    return 0;
}

static size_t load(const char *path, uint8_t *out, size_t len)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    len = fread(out, 1, len, file);
    fclose(file);
    return len;
}

static void overwrite(const char *path, const uint8_t *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static enum err read_plain(struct fixture *f)
{
    return keyfile_read(f->path, KEYFILE_ED25519, NULL, f->got);
}

static void plain_key_is_read_back_from_a_file_only_its_owner_reads(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    bool encrypted = true;
    assert_int_equal(keyfile_create(f->path, KEYFILE_ED25519, f->secret, NULL), OK);
    assert_int_equal(read_plain(f), OK);
    assert_memory_equal(f->got, f->secret, 32);
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, PLAIN_BYTES);
    assert_int_equal(keyfile_encrypted(f->path, &encrypted), OK);
    assert_false(encrypted);
}

static void umask_does_not_change_the_mode(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    mode_t before = umask(0);
    assert_int_equal(keyfile_create(f->path, KEYFILE_ED25519, f->secret, NULL), OK);
    umask(before);
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void passphrase_opens_its_file_and_nothing_else_does(void **state)
{
    struct fixture *f = *state;
    bool encrypted = false;
    assert_int_equal(keyfile_create(f->path, KEYFILE_X25519, f->secret, "接力 relay"), OK);
    assert_int_equal(keyfile_encrypted(f->path, &encrypted), OK);
    assert_true(encrypted);
    assert_int_equal(keyfile_read(f->path, KEYFILE_X25519, NULL, f->got), ERR_PASSPHRASE);
    assert_int_equal(keyfile_read(f->path, KEYFILE_X25519, "接力 Relay", f->got),
                     ERR_PASSPHRASE);
    assert_int_equal(keyfile_read(f->path, KEYFILE_ED25519, "接力 relay", f->got), ERR_KEY);
    assert_int_equal(f->got[0] | f->got[31], 0);
    assert_int_equal(keyfile_read(f->path, KEYFILE_X25519, "接力 relay", f->got), OK);
    assert_memory_equal(f->got, f->secret, 32);
}

static void secret_does_not_stand_in_an_encrypted_file(void **state)
{
    struct fixture *f = *state;
    uint8_t bytes[SEALED_BYTES + 1];
    assert_int_equal(keyfile_create(f->path, KEYFILE_ED25519, f->secret, "p"), OK);
    assert_int_equal(load(f->path, bytes, sizeof bytes), SEALED_BYTES);
    assert_null(memmem(bytes, SEALED_BYTES, f->secret, 8));
}

static void salt_nonce_box_and_tag_are_all_authenticated(void **state)
{
    struct fixture *f = *state;
    static const size_t places[] = {11, 30, 51, 98};
    uint8_t bytes[SEALED_BYTES];
    assert_int_equal(keyfile_create(f->path, KEYFILE_ED25519, f->secret, "p"), OK);
    load(f->path, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        bytes[places[i]] ^= 1;
        overwrite(f->path, bytes, sizeof bytes);
        assert_int_equal(keyfile_read(f->path, KEYFILE_ED25519, "p", f->got), ERR_PASSPHRASE);
        bytes[places[i]] ^= 1;
    }
    bytes[9] = KEYFILE_X25519;
    overwrite(f->path, bytes, sizeof bytes);
    assert_int_equal(keyfile_read(f->path, KEYFILE_X25519, "p", f->got), ERR_PASSPHRASE);
}

static void empty_passphrase_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(keyfile_create(f->path, KEYFILE_ED25519, f->secret, ""), ERR_PASSPHRASE);
    assert_int_equal(access(f->path, F_OK), -1);
}

static void existing_file_is_never_overwritten(void **state)
{
    struct fixture *f = *state;
    overwrite(f->path, (const uint8_t *)"precious", 8);
    assert_int_equal(keyfile_create(f->path, KEYFILE_ED25519, f->secret, NULL), ERR_EXISTS);
    uint8_t bytes[16];
    assert_int_equal(load(f->path, bytes, sizeof bytes), 8);
    assert_memory_equal(bytes, "precious", 8);
}

static void symlink_is_neither_written_nor_read_through(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(symlink(f->path, f->link), 0);
    assert_int_equal(keyfile_create(f->link, KEYFILE_ED25519, f->secret, NULL), ERR_EXISTS);
    assert_int_equal(access(f->path, F_OK), -1);
    assert_int_equal(keyfile_create(f->path, KEYFILE_ED25519, f->secret, NULL), OK);
    assert_int_equal(keyfile_read(f->link, KEYFILE_ED25519, NULL, f->got), ERR_PERMISSION);
    assert_int_equal(read_plain(f), OK);
}

static void wider_mode_is_refused_and_a_narrower_one_is_not(void **state)
{
    struct fixture *f = *state;
    static const mode_t bad[] = {0644, 0640, 0604, 0620, 0700, 0601, 04600};
    bool encrypted;
    assert_int_equal(keyfile_create(f->path, KEYFILE_ED25519, f->secret, NULL), OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(chmod(f->path, bad[i]), 0);
        assert_int_equal(read_plain(f), ERR_PERMISSION);
        assert_int_equal(keyfile_encrypted(f->path, &encrypted), ERR_PERMISSION);
    }
    assert_int_equal(chmod(f->path, 0400), 0);
    assert_int_equal(read_plain(f), OK);
}

static void file_of_another_owner_is_refused(void **state)
{
    struct fixture *f = *state;
    if (geteuid() != 0) {
        print_message("skipped: needs root to give a file away\n");
        skip();
    }
    assert_int_equal(keyfile_create(f->path, KEYFILE_ED25519, f->secret, NULL), OK);
    assert_int_equal(chown(f->path, 12345, (gid_t)-1), 0);
    assert_int_equal(read_plain(f), ERR_PERMISSION);
}

static void missing_file_and_missing_folder_are_told_apart_from_damage(void **state)
{
    struct fixture *f = *state;
    char path[128];
    assert_int_equal(read_plain(f), ERR_NOTFOUND);
    snprintf(path, sizeof path, "%s/no/key", f->folder);
    assert_int_equal(keyfile_create(path, KEYFILE_ED25519, f->secret, NULL), ERR_NOTFOUND);
    assert_int_equal(keyfile_read(f->folder, KEYFILE_ED25519, NULL, f->got), ERR_PERMISSION);
}

static void every_shorter_or_longer_file_is_refused(void **state)
{
    struct fixture *f = *state;
    uint8_t bytes[SEALED_BYTES + 1] = {0};
    assert_int_equal(keyfile_create(f->path, KEYFILE_ED25519, f->secret, NULL), OK);
    load(f->path, bytes, PLAIN_BYTES);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        overwrite(f->path, bytes, len);
        assert_int_equal(read_plain(f), len == PLAIN_BYTES ? OK : ERR_FORMAT);
    }
}

static void every_flipped_byte_of_a_plain_file_is_noticed(void **state)
{
    struct fixture *f = *state;
    uint8_t bytes[PLAIN_BYTES];
    assert_int_equal(keyfile_create(f->path, KEYFILE_ED25519, f->secret, NULL), OK);
    load(f->path, bytes, sizeof bytes);
    for (size_t at = 0; at < sizeof bytes; at++) {
        enum err expected = at == 8 ? ERR_UNSUPPORTED : at == 9 ? ERR_KEY : ERR_FORMAT;
        bytes[at] ^= 0x40;
        overwrite(f->path, bytes, sizeof bytes);
        assert_int_equal(read_plain(f), expected);
        bytes[at] ^= 0x40;
    }
}

static int start(void **state)
{
    (void)state;
    return keys_start() == OK ? 0 : -1;
}

static void the_fault_of_a_refused_file_is_told(void **state)
{
    struct fixture *f = *state;
    unsigned mode;
    assert_int_equal(keyfile_fault(f->path, &mode), KEYFILE_ABSENT);
    assert_int_equal(keyfile_create(f->path, KEYFILE_ED25519, f->secret, NULL), OK);
    assert_int_equal(keyfile_fault(f->path, &mode), KEYFILE_FINE);
    assert_int_equal(mode, 0600);
    assert_int_equal(chmod(f->path, 0640), 0);
    assert_int_equal(keyfile_fault(f->path, &mode), KEYFILE_WIDE_MODE);
    assert_int_equal(mode, 0640);
    assert_int_equal(chmod(f->path, 0200), 0);
    assert_int_equal(keyfile_fault(f->path, &mode), KEYFILE_NO_READ);
    assert_int_equal(symlink("key", f->link), 0);
    assert_int_equal(keyfile_fault(f->link, &mode), KEYFILE_NOT_PLAIN);
    assert_int_equal(keyfile_fault(f->folder, &mode), KEYFILE_NOT_PLAIN);
    if (geteuid() == 0 && chown(f->path, 65534, 65534) == 0) {
        assert_int_equal(keyfile_fault(f->path, &mode), KEYFILE_OTHER_OWNER);
    }
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, fixture_init, fixture_clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(plain_key_is_read_back_from_a_file_only_its_owner_reads),
        WITH_FOLDER(umask_does_not_change_the_mode),
        WITH_FOLDER(passphrase_opens_its_file_and_nothing_else_does),
        WITH_FOLDER(secret_does_not_stand_in_an_encrypted_file),
        WITH_FOLDER(salt_nonce_box_and_tag_are_all_authenticated),
        WITH_FOLDER(empty_passphrase_is_refused),
        WITH_FOLDER(existing_file_is_never_overwritten),
        WITH_FOLDER(symlink_is_neither_written_nor_read_through),
        WITH_FOLDER(wider_mode_is_refused_and_a_narrower_one_is_not),
        WITH_FOLDER(file_of_another_owner_is_refused),
        WITH_FOLDER(missing_file_and_missing_folder_are_told_apart_from_damage),
        WITH_FOLDER(every_shorter_or_longer_file_is_refused),
        WITH_FOLDER(the_fault_of_a_refused_file_is_told),
        WITH_FOLDER(every_flipped_byte_of_a_plain_file_is_noticed),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
