#include "tests/support/log_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/log/home.h"

void scratch_create(char *path, size_t path_bytes)
{
    const char *base = getenv("TMPDIR");
    int n = snprintf(path, path_bytes, "%s/jieli-test-XXXXXX", base != NULL ? base : "/tmp");
    assert_true(n > 0 && (size_t)n < path_bytes);
    assert_non_null(mkdtemp(path));
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

void scratch_remove(const char *path)
{
    assert_int_equal(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void log_fixture_init(struct log_fixture *f)
{
    struct txn *t;
    *f = (struct log_fixture){0};
    assert_int_equal(keys_start(), OK);
    scratch_create(f->home, sizeof f->home);
    snprintf(f->db, sizeof f->db, "%s/db", f->home);
    assert_int_equal(signkey_create(&f->key), OK);
    assert_int_equal(store_open(&f->store, f->db, true, false), OK);
    assert_int_equal(txn_write(f->store, &t), OK);
    assert_int_equal(log_create(t, "dept-1", 0, signkey_public(f->key), "ledger.example/dept-1",
                                &f->log), OK);
    assert_int_equal(txn_commit(t), OK);
}

void log_fixture_clear(struct log_fixture *f)
{
    store_close(f->store);
    signkey_free(f->key);
    scratch_remove(f->home);
}

void log_fixture_reopen(struct log_fixture *f)
{
    struct txn *t;
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(store_open(&f->store, f->db, false, false), OK);
    assert_int_equal(txn_read(f->store, &t), OK);
    assert_int_equal(log_load(t, f->log.no, &f->log), OK);
    txn_abort(t);
}

void fixture_file_copy(const char *from, const char *to)
{
    struct buffer bytes = {0};
    assert_int_equal(file_read(from, (size_t)1 << 30, &bytes), OK);
    assert_int_equal(file_replace(to, buffer_span(&bytes), 0600), OK);
    buffer_clear(&bytes);
}

struct span entry_text(char *text, uint64_t i)
{
    int n = snprintf(text, 32, "entry %" PRIu64, i);
    return span_of(text, (size_t)n);
}

enum err entries_append(struct txn *t, struct log *log, uint64_t to)
{
    size_t count = (size_t)(to - log->frontier.size);
    struct span *entries = calloc(count + 1, sizeof *entries);
    struct hash *leaves = calloc(count + 1, sizeof *leaves);
    char (*texts)[32] = calloc(count + 1, sizeof *texts);
    assert_true(entries != NULL && leaves != NULL && texts != NULL);
    for (size_t i = 0; i < count; i++) {
        entries[i] = entry_text(texts[i], log->frontier.size + i);
        merkle_leaf(entries[i], &leaves[i]);
    }
    enum err err = log_append(t, log, entries, leaves, count);
    free(texts);
    free(leaves);
    free(entries);
    return err;
}

void log_fixture_grow(struct log_fixture *f, uint64_t to)
{
    struct txn *t;
    assert_int_equal(txn_write(f->store, &t), OK);
    assert_int_equal(entries_append(t, &f->log, to), OK);
    assert_int_equal(txn_commit(t), OK);
}

void entries_root(uint64_t size, struct hash *out)
{
    struct frontier f;
    frontier_init(&f);
    for (uint64_t i = 0; i < size; i++) {
        char text[32];
        struct hash leaf;
        merkle_leaf(entry_text(text, i), &leaf);
        frontier_append(&f, &leaf);
    }
    frontier_root(&f, out);
}
