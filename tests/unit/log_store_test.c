// link: -Wl,--wrap=mdb_env_open -Wl,--wrap=mdb_put
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <lmdb.h>

#include "ledger/log/store.h"
#include "tests/support/log_fixture.h"

/* LMDB's own writes come here: these definitions stand before libc's for the whole program. */
static struct { int writes_left, write_error, sync_error; } disk = {-1, 0, 0};

static bool write_fails(void)
{
    if (disk.writes_left < 0 || disk.writes_left-- > 0)
        return false;
    disk.writes_left = 0;
    errno = disk.write_error;
    return true;
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    return write_fails() ? -1 : syscall(SYS_pwrite64, fd, bytes, len, at);
}

ssize_t writev(int fd, const struct iovec *iov, int count)
{
    return write_fails() ? -1 : syscall(SYS_writev, fd, iov, count);
}

int fdatasync(int fd)
{
    errno = disk.sync_error;
    return disk.sync_error != 0 ? -1 : (int)syscall(SYS_fdatasync, fd);
}

static unsigned refused_maps, opens;
static size_t map_bytes;

int __wrap_mdb_env_open(MDB_env *env, const char *path, unsigned flags, mdb_mode_t mode);
int __real_mdb_env_open(MDB_env *env, const char *path, unsigned flags, mdb_mode_t mode);

int __wrap_mdb_env_open(MDB_env *env, const char *path, unsigned flags, mdb_mode_t mode)
{
    MDB_envinfo info;
    opens++;
    if (refused_maps != 0) {
        refused_maps--;
        return ENOMEM;
    }
    int rc = __real_mdb_env_open(env, path, flags, mode);
    if (rc == 0 && mdb_env_info(env, &info) == 0)
        map_bytes = info.me_mapsize;
    return rc;
}

static int put_error;

int __wrap_mdb_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data, unsigned flags);
int __real_mdb_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data, unsigned flags);

int __wrap_mdb_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data, unsigned flags)
{
    return put_error != 0 ? put_error : __real_mdb_put(txn, dbi, key, data, flags);
}

struct place { char path[128], db[160], data[200]; struct store *s; };

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    disk.writes_left = -1;
    disk.sync_error = 0;
    scratch_create(p->path, sizeof p->path);
    snprintf(p->db, sizeof p->db, "%s/db", p->path);
    snprintf(p->data, sizeof p->data, "%s/data.mdb", p->db);
    assert_int_equal(store_open(&p->s, p->db, true, false), OK);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    store_close(p->s);
    scratch_remove(p->path);
    free(p);
    return 0;
}

static struct span text(const char *s) { return span_of(s, strlen(s)); }

static enum err put(struct place *p, const char *key, const char *value)
{
    struct txn *t;
    assert_int_equal(txn_write(p->s, &t), OK);
    assert_int_equal(table_put(t, TABLE_CASE, text(key), text(value)), OK);
    return txn_commit(t);
}

static void holds(struct store *s, const char *key, const char *value)
{
    struct txn *t;
    struct span got;
    assert_int_equal(txn_read(s, &t), OK);
    enum err err = table_get(t, TABLE_CASE, text(key), &got);
    assert_int_equal(err, value != NULL ? OK : ERR_NOTFOUND);
    if (value != NULL) {
        assert_int_equal(got.len, strlen(value));
        assert_memory_equal(got.data, value, got.len);
    }
    txn_abort(t);
}

static void reopened(struct place *p)
{
    store_close(p->s);
    p->s = NULL;
    assert_int_equal(store_open(&p->s, p->db, false, false), OK);
}

static void committed_values_survive_and_aborted_ones_do_not(void **state)
{
    struct place *p = *state;
    struct txn *t;
    assert_int_equal(put(p, "a", "one"), OK);
    assert_int_equal(txn_write(p->s, &t), OK);
    assert_int_equal(table_put(t, TABLE_CASE, text("b"), text("two")), OK);
    assert_int_equal(table_del(t, TABLE_CASE, text("a")), OK);
    assert_int_equal(table_del(t, TABLE_CASE, text("zz")), ERR_NOTFOUND);
    txn_abort(t);
    reopened(p);
    holds(p->s, "a", "one");
    holds(p->s, "b", NULL);
}

static void nothing_is_opened_where_nothing_was_made(void **state)
{
    struct place *p = *state;
    struct store *s;
    assert_int_equal(store_open(&s, p->path, false, false), ERR_NOTFOUND);
    assert_int_equal(store_open(&s, p->path, false, true), ERR_NOTFOUND);
    assert_int_equal(store_open(&s, "/nonexistent/db", true, false), ERR_NOTFOUND);
}

static void a_file_that_is_no_store_is_refused(void **state)
{
    struct place *p = *state;
    struct buffer noise = {0};
    struct store *s;
    store_close(p->s);
    p->s = NULL;
    for (int i = 0; i < 4096; i++)
        assert_int_equal(buffer_put_u64(&noise, 0x5555), OK);
    FILE *file = fopen(p->data, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(noise.data, 1, noise.len, file), noise.len);
    fclose(file);
    buffer_clear(&noise);
    assert_int_equal(store_open(&s, p->db, true, false), ERR_CORRUPT);
}

static void fill_pages(struct place *p, char first, unsigned count)
{
    uint8_t *room;
    struct txn *t;
    char key[2] = {first, 0};
    for (unsigned i = 0; i < count; i++, key[0]++) {
        assert_int_equal(txn_write(p->s, &t), OK);
        assert_int_equal(table_reserve(t, TABLE_CASE, text(key), 50000, &room), OK);
        memset(room, 7, 50000);
        assert_int_equal(txn_commit(t), OK);
    }
}

static void a_file_shorter_than_its_last_page_is_corrupt(void **state)
{
    struct place *p = *state;
    struct store *s;
    struct stat st, after;
    fill_pages(p, 'a', 8);
    store_close(p->s);
    p->s = NULL;
    assert_int_equal(stat(p->data, &st), 0);
    const off_t cuts[] = {st.st_size - 1, st.st_size - 4096, st.st_size / 2, 20000, 8192};
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        assert_int_equal(truncate(p->data, cuts[i]), 0);
        assert_int_equal(store_open(&s, p->db, false, true), ERR_CORRUPT);
        assert_int_equal(store_open(&s, p->db, false, false), ERR_CORRUPT);
        assert_int_equal(stat(p->data, &after), 0);
        assert_int_equal(after.st_size, cuts[i]);
    }
}

/* A page that is taken at the end and freed in one commit is never written. */
static void a_file_that_ends_before_free_pages_is_mended_by_its_writer(void **state)
{
    struct place *p = *state;
    struct txn *t;
    struct stat st, after;
    fill_pages(p, 'a', 8);
    assert_int_equal(txn_write(p->s, &t), OK);
    assert_int_equal(table_del(t, TABLE_CASE, text("h")), OK);
    assert_int_equal(txn_commit(t), OK);
    for (int i = 0; i < 8; i++)
        assert_int_equal(put(p, "z", "small"), OK);
    store_close(p->s);
    p->s = NULL;
    assert_int_equal(stat(p->data, &st), 0);
    unsigned mended = 0;
    for (off_t cut = st.st_size - 4096; cut > st.st_size / 2; cut -= 4096) {
        assert_int_equal(truncate(p->data, cut), 0);
        if (store_open(&p->s, p->db, false, false) != OK)
            break;
        assert_int_equal(stat(p->data, &after), 0);
        assert_int_equal(after.st_size, st.st_size);
        holds(p->s, "h", NULL);
        store_close(p->s);
        p->s = NULL;
        mended++;
    }
    assert_true(mended > 0);
}

static void a_newer_format_is_unsupported(void **state)
{
    struct place *p = *state;
    struct txn *t;
    struct store *s;
    const uint8_t newer[4] = {0, 0, 0, 2};
    assert_int_equal(txn_write(p->s, &t), OK);
    assert_int_equal(table_put(t, TABLE_META, text("format"), span_of(newer, 4)), OK);
    assert_int_equal(txn_commit(t), OK);
    store_close(p->s);
    p->s = NULL;
    assert_int_equal(store_open(&s, p->db, false, false), ERR_UNSUPPORTED);
    assert_int_equal(store_open(&s, p->db, false, true), ERR_UNSUPPORTED);
}

static void smaller_maps_follow_where_address_space_is_short(void **state)
{
    struct place *p = *state;
    assert_true(map_bytes >= (size_t)1 << 40);
    refused_maps = 2;
    opens = 0;
    reopened(p);
    assert_int_equal(opens, 3);
    assert_int_equal(put(p, "a", "one"), OK);
    holds(p->s, "a", "one");
    store_close(p->s);
    p->s = NULL;
    refused_maps = 100;
    opens = 0;
    assert_int_equal(store_open(&p->s, p->db, false, false), ERR_NOMEM);
    assert_true(opens < 10);
    refused_maps = 0;
}

static void a_full_disk_stores_nothing_and_the_store_goes_on(void **state)
{
    struct place *p = *state;
    assert_int_equal(put(p, "a", "one"), OK);
    disk.write_error = ENOSPC;
    disk.writes_left = 0;
    assert_int_equal(put(p, "b", "two"), ERR_DISK_FULL);
    holds(p->s, "b", NULL);
    disk.writes_left = -1;
    assert_int_equal(put(p, "c", "three"), OK);
    reopened(p);
    holds(p->s, "a", "one");
    holds(p->s, "b", NULL);
    holds(p->s, "c", "three");
}

static void a_failed_meta_write_is_uncertain_and_shuts_the_writer(void **state)
{
    struct place *p = *state;
    struct txn *t;
    assert_int_equal(put(p, "a", "one"), OK);
    for (int writes = 0; writes < 20; writes++) {
        disk.write_error = ENOSPC;
        disk.writes_left = writes;
        enum err err = put(p, "b", "two");
        disk.writes_left = -1;
        if (err == ERR_UNCERTAIN) {
            assert_int_equal(txn_write(p->s, &t), ERR_UNCERTAIN);
            reopened(p);
            holds(p->s, "a", "one");
            assert_int_equal(put(p, "b", "two"), OK);
            return;
        }
        assert_int_equal(err, ERR_DISK_FULL);
        holds(p->s, "b", NULL);
    }
    fail_msg("no write of the commit was the meta page's");
}

static void a_failed_flush_or_write_is_uncertain(void **state)
{
    struct place *p = *state;
    disk.sync_error = EIO;
    assert_int_equal(put(p, "a", "one"), ERR_UNCERTAIN);
    disk.sync_error = 0;
    reopened(p);
    disk.write_error = EIO;
    disk.writes_left = 0;
    assert_int_equal(put(p, "a", "one"), ERR_UNCERTAIN);
    disk.writes_left = -1;
    reopened(p);
    holds(p->s, "a", NULL);
}

static void a_refused_key_leaves_the_transaction_whole(void **state)
{
    struct place *p = *state;
    struct txn *t;
    uint8_t big[600] = {1};
    assert_int_equal(txn_write(p->s, &t), OK);
    assert_int_equal(table_append(t, TABLE_CASE, text("m"), text("1")), OK);
    assert_int_equal(table_append(t, TABLE_CASE, text("l"), text("2")), ERR_RANGE);
    assert_int_equal(table_append(t, TABLE_CASE, text("m"), text("2")), ERR_RANGE);
    assert_int_equal(table_append(t, TABLE_CASE, text("n"), text("3")), OK);
    assert_int_equal(table_put(t, TABLE_CASE, span_of(big, 512), text("x")), ERR_RANGE);
    assert_int_equal(table_put(t, TABLE_CASE, span_of(big, 0), text("x")), ERR_RANGE);
    assert_int_equal(table_put(t, TABLE_CASE, span_of(big, 511), text("x")), OK);
    assert_int_equal(txn_commit(t), OK);
    holds(p->s, "m", "1");
    holds(p->s, "n", "3");
}

static void a_transaction_with_a_failed_write_commits_nothing(void **state)
{
    struct place *p = *state;
    struct txn *t;
    assert_int_equal(txn_write(p->s, &t), OK);
    assert_int_equal(table_put(t, TABLE_CASE, text("a"), text("one")), OK);
    put_error = MDB_MAP_FULL;
    assert_int_equal(table_put(t, TABLE_CASE, text("b"), text("two")), ERR_DISK_FULL);
    put_error = ENOMEM;
    assert_int_equal(table_put(t, TABLE_CASE, text("b"), text("two")), ERR_NOMEM);
    put_error = 0;
    assert_int_equal(table_put(t, TABLE_CASE, text("c"), text("three")), OK);
    assert_int_equal(txn_commit(t), ERR_DISK_FULL);
    holds(p->s, "a", NULL);
    holds(p->s, "c", NULL);
    assert_int_equal(put(p, "a", "one"), OK);
}

static void reserved_room_is_written_in_place(void **state)
{
    struct place *p = *state;
    struct txn *t;
    uint8_t *room;
    struct span value;
    assert_int_equal(txn_write(p->s, &t), OK);
    assert_int_equal(table_reserve(t, TABLE_BUNDLE, text("k"), 100000, &room), OK);
    memset(room, 7, 100000);
    assert_int_equal(txn_commit(t), OK);
    assert_int_equal(txn_read(p->s, &t), OK);
    assert_int_equal(table_get(t, TABLE_BUNDLE, text("k"), &value), OK);
    assert_int_equal(value.len, 100000);
    assert_int_equal(value.data[0], 7);
    assert_int_equal(value.data[99999], 7);
    txn_abort(t);
}

static void walk(struct txn *t, const char *from, bool up, const char *expected)
{
    struct cursor *c;
    struct span key, value, start = {NULL, 0};
    char got[16] = "";
    size_t n = 0;
    if (from != NULL)
        start = text(from);
    assert_int_equal(cursor_open(t, TABLE_CASE, start, &c), OK);
    while ((up ? cursor_next(c, &key, &value) : cursor_prev(c, &key, &value)) == OK)
        got[n++] = (char)key.data[0];
    assert_int_equal(cursor_next(c, &key, &value), ERR_NOTFOUND);
    assert_int_equal(cursor_prev(c, &key, &value), ERR_NOTFOUND);
    cursor_close(c);
    assert_string_equal(got, expected);
}

static void cursors_walk_up_and_down_from_a_key(void **state)
{
    struct place *p = *state;
    struct txn *t;
    assert_int_equal(txn_write(p->s, &t), OK);
    walk(t, NULL, true, "");
    walk(t, NULL, false, "");
    walk(t, "c", false, "");
    for (const char *k = "bdf"; *k != '\0'; k++)
        assert_int_equal(table_put(t, TABLE_CASE, span_of(k, 1), text("v")), OK);
    walk(t, NULL, true, "bdf");
    walk(t, "c", true, "df");
    walk(t, "d", true, "df");
    walk(t, "g", true, "");
    walk(t, NULL, false, "fdb");
    walk(t, "g", false, "fdb");
    walk(t, "d", false, "b");
    walk(t, "e", false, "db");
    walk(t, "b", false, "");
    walk(t, "a", false, "");
    txn_abort(t);
}

static void a_reader_sees_its_snapshot_until_it_renews(void **state)
{
    struct place *p = *state;
    struct txn *t;
    struct span value;
    uint64_t count;
    assert_int_equal(txn_read(p->s, &t), OK);
    assert_int_equal(put(p, "a", "one"), OK);
    assert_int_equal(table_get(t, TABLE_CASE, text("a"), &value), ERR_NOTFOUND);
    assert_int_equal(txn_renew(t), OK);
    assert_int_equal(table_get(t, TABLE_CASE, text("a"), &value), OK);
    assert_int_equal(table_count(t, TABLE_CASE, &count), OK);
    assert_int_equal(count, 1);
    txn_abort(t);
}

static void used_bytes_fall_after_deletes_and_the_file_does_not(void **state)
{
    struct place *p = *state;
    struct txn *t;
    uint8_t *room;
    uint64_t used[3], file[3];
    struct stat st;
    assert_int_equal(store_size(p->s, &used[0], &file[0]), OK);
    assert_int_equal(txn_write(p->s, &t), OK);
    assert_int_equal(table_reserve(t, TABLE_CASE, text("k"), 1 << 20, &room), OK);
    memset(room, 1, 1 << 20);
    assert_int_equal(txn_commit(t), OK);
    assert_int_equal(store_size(p->s, &used[1], &file[1]), OK);
    assert_true(used[1] >= used[0] + (1 << 20));
    assert_int_equal(txn_write(p->s, &t), OK);
    assert_int_equal(table_del(t, TABLE_CASE, text("k")), OK);
    assert_int_equal(txn_commit(t), OK);
    assert_int_equal(store_size(p->s, &used[2], &file[2]), OK);
    assert_true(used[2] + (1 << 20) <= used[1]);
    assert_true(file[2] >= file[1]);
    assert_int_equal(stat(p->data, &st), 0);
    assert_int_equal(file[2], st.st_size);
    assert_int_equal(st.st_mode & 0777, 0600);
}

/* One byte each way over two pipes orders what two processes do. */
static void signal_to(int fd) { assert_int_equal(write(fd, "x", 1), 1); }
static void wait_for(int fd)
{
    char c;
    assert_int_equal(read(fd, &c, 1), 1);
}

static int reader_process(const struct place *p, int in, int out)
{
    struct store *s;
    struct txn *t;
    wait_for(in);
    if (store_open(&s, p->db, false, true) != OK)
        return 1;
    if (txn_write(s, &t) != ERR_PERMISSION)
        return 2;
    holds(s, "a", "one");
    holds(s, "b", NULL);
    signal_to(out);
    wait_for(in);
    holds(s, "b", "two");
    store_close(s);
    return 0;
}

static void another_process_reads_while_this_one_writes(void **state)
{
    struct place *p = *state;
    int to_child[2], to_parent[2], status;
    struct txn *t;
    store_close(p->s);
    p->s = NULL;
    assert_int_equal(pipe(to_child), 0);
    assert_int_equal(pipe(to_parent), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(reader_process(p, to_child[0], to_parent[1]));
    assert_int_equal(store_open(&p->s, p->db, false, false), OK);
    assert_int_equal(put(p, "a", "one"), OK);
    assert_int_equal(txn_write(p->s, &t), OK);
    assert_int_equal(table_put(t, TABLE_CASE, text("b"), text("two")), OK);
    signal_to(to_child[1]);
    wait_for(to_parent[0]);
    assert_int_equal(txn_commit(t), OK);
    signal_to(to_child[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(store_reap_readers(p->s), OK);
    for (int i = 0; i < 2; i++) {
        close(to_child[i]);
        close(to_parent[i]);
    }
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(committed_values_survive_and_aborted_ones_do_not),
        IN_PLACE(nothing_is_opened_where_nothing_was_made),
        IN_PLACE(a_file_that_is_no_store_is_refused),
        IN_PLACE(a_file_shorter_than_its_last_page_is_corrupt),
        IN_PLACE(a_file_that_ends_before_free_pages_is_mended_by_its_writer),
        IN_PLACE(a_newer_format_is_unsupported),
        IN_PLACE(smaller_maps_follow_where_address_space_is_short),
        IN_PLACE(a_full_disk_stores_nothing_and_the_store_goes_on),
        IN_PLACE(a_failed_meta_write_is_uncertain_and_shuts_the_writer),
        IN_PLACE(a_failed_flush_or_write_is_uncertain),
        IN_PLACE(a_refused_key_leaves_the_transaction_whole),
        IN_PLACE(a_transaction_with_a_failed_write_commits_nothing),
        IN_PLACE(reserved_room_is_written_in_place),
        IN_PLACE(cursors_walk_up_and_down_from_a_key),
        IN_PLACE(a_reader_sees_its_snapshot_until_it_renews),
        IN_PLACE(used_bytes_fall_after_deletes_and_the_file_does_not),
        IN_PLACE(another_process_reads_while_this_one_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
