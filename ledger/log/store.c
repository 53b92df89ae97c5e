#include "ledger/log/store.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "ledger/log/home.h"

enum { STORE_FORMAT = 1, STORE_MAX_READERS = 510, STORE_KEY_MAX_BYTES = 511, SHORT_LOOKS = 4096 };

/* Below this much free space a short write is taken for a full disk. */
#define STORE_FULL_BYTES ((uint64_t)1 << 20)

struct store {
    MDB_env *env;
    MDB_dbi tables[TABLE_COUNT];
    bool read_only, uncertain;         /* a commit failed so: no more writes */
    store_watcher *watcher;
    void *watcher_ctx;
};

struct txn {
    struct store *store;
    MDB_txn *mdb;
    enum err failed;
};

enum cursor_state { CURSOR_BEFORE, CURSOR_ON, CURSOR_END };

struct cursor {
    MDB_cursor *mdb;
    enum cursor_state state;
    size_t from_len;
    uint8_t from[STORE_KEY_MAX_BYTES];
};

static const char *const table_names[TABLE_COUNT] = {
    [TABLE_META] = "meta",
    [TABLE_LOGS] = "logs",
    [TABLE_ENTRY] = "entry",
    [TABLE_BUNDLE] = "bundle",
    [TABLE_TILE] = "tile",
    [TABLE_HEAD] = "head",
    [TABLE_ID] = "id",
    [TABLE_NONCE] = "nonce",
    [TABLE_GOV] = "gov",
    [TABLE_CASE] = "case",
    [TABLE_CASE_ENTRY] = "case-entry",
    [TABLE_CASE_NEW] = "case-new",
    [TABLE_CASE_OF] = "case-of",
    [TABLE_VERDICT] = "verdict",
    [TABLE_WAIT] = "wait",
    [TABLE_DRAFT] = "draft",
    [TABLE_FORK] = "fork",
    [TABLE_COSIGN] = "cosign",
    [TABLE_NOTIFY] = "notify",
};

static enum err err_from_lmdb(int rc)
{
    switch (rc) {
    case MDB_SUCCESS: return OK;
    case MDB_NOTFOUND: return ERR_NOTFOUND;
    case MDB_KEYEXIST: return ERR_EXISTS;
    case MDB_MAP_FULL:
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return ERR_DISK_FULL;
    case MDB_MAP_RESIZED:
    case ENOMEM: return ERR_NOMEM;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_CURSOR_FULL:
    case MDB_INCOMPATIBLE:
    case MDB_BAD_DBI:
    case MDB_BAD_TXN:
    case MDB_INVALID: return ERR_CORRUPT;
    case MDB_PANIC: return ERR_UNCERTAIN;
    case MDB_VERSION_MISMATCH: return ERR_UNSUPPORTED;
    case MDB_READERS_FULL: return ERR_BUSY;
    case MDB_TXN_FULL: return ERR_TOO_LARGE;
    case MDB_BAD_VALSIZE: return ERR_RANGE;
    case ENOENT: return ERR_NOTFOUND;
    default: return rc > 0 ? err_from_errno(rc) : ERR_IO;
    }
}

static MDB_val val_of(struct span s)
{
    MDB_val v = {.mv_size = s.len};
    memcpy(&v.mv_data, &s.data, sizeof s.data);
    return v;
}

static struct span span_of_val(const MDB_val *v)
{
    return span_of(v->mv_data, v->mv_size);
}

/* LMDB finds its own pages broken: that ends the process as bytes do that cannot be read at all. */
static void on_broken_page(MDB_env *env, const char *message)
{
    (void)env;
    (void)message;
    raise(SIGBUS);
}

static int env_open_sized(MDB_env **out, const char *dir, bool read_only, size_t map_bytes)
{
    MDB_env *env = NULL;
    int rc = mdb_env_create(&env);
    if (rc != 0)
        return rc;
    if ((rc = mdb_env_set_assert(env, on_broken_page)) == 0 &&
        (rc = mdb_env_set_maxdbs(env, TABLE_COUNT)) == 0 &&
        (rc = mdb_env_set_maxreaders(env, STORE_MAX_READERS)) == 0 &&
        (rc = mdb_env_set_mapsize(env, map_bytes)) == 0)
        rc = mdb_env_open(env, dir, MDB_NOTLS | (read_only ? MDB_RDONLY : 0U), 0600);
    if (rc != 0) {
        mdb_env_close(env);
        return rc;
    }
    *out = env;
    return 0;
}

/* Address space may be limited (ulimit -v, sanitizers, small machines): smaller maps follow. */
static enum err env_open(MDB_env **out, const char *dir, bool read_only)
{
    static const unsigned map_bits[] = {40, 36, 33, 30};
    int rc = ENOMEM;
    for (size_t i = 0; i < sizeof map_bits / sizeof *map_bits && rc == ENOMEM; i++)
        rc = env_open_sized(out, dir, read_only, (size_t)1 << map_bits[i]);
    return err_from_lmdb(rc);
}

/* The data file beside what its newest commit needs. */
struct extent { int fd; uint64_t needed_bytes, present_bytes, page_bytes; };

static enum err extent_read(MDB_env *env, struct extent *out)
{
    MDB_envinfo info;
    MDB_stat stat;
    struct stat st;
    int rc = mdb_env_info(env, &info);
    if (rc == 0)
        rc = mdb_env_stat(env, &stat);
    if (rc == 0)
        rc = mdb_env_get_fd(env, &out->fd);
    if (rc != 0)
        return err_from_lmdb(rc);
    if (fstat(out->fd, &st) != 0)
        return err_from_errno(errno);
    out->page_bytes = stat.ms_psize;
    out->needed_bytes = ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
    out->present_bytes = (uint64_t)st.st_size;
    return OK;
}

/* LMDB's own table 0 lists the free pages, each value as how many and then they: those from
 * `first` on. */
static enum err free_from(MDB_env *env, uint64_t first, uint64_t *count)
{
    MDB_txn *mdb = NULL;
    MDB_cursor *cursor = NULL;
    MDB_val key, value;
    size_t page;
    *count = 0;
    int rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &mdb);
    if (rc != 0)
        return err_from_lmdb(rc);
    rc = mdb_cursor_open(mdb, 0, &cursor);
    while (rc == 0 && (rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
        for (size_t at = sizeof page; at + sizeof page <= value.mv_size; at += sizeof page) {
            memcpy(&page, (const char *)value.mv_data + at, sizeof page);
            *count += page >= first;
        }
    }
    mdb_cursor_close(cursor);
    mdb_txn_abort(mdb);
    return rc == MDB_NOTFOUND ? OK : err_from_lmdb(rc);
}

/* Pages that a commit took at the end and freed again are never written: only they may be missing.
 * The file is lengthened first, for a map beyond its end cannot be read; where more is missing it
 * is left as it was found. */
static enum err extent_mend(MDB_env *env, const struct extent *x)
{
    uint64_t unwritten, first = x->present_bytes / x->page_bytes;
    if (ftruncate(x->fd, (off_t)x->needed_bytes) != 0)
        return err_from_errno(errno);
    enum err err = free_from(env, first, &unwritten);
    if (err == OK && unwritten == x->needed_bytes / x->page_bytes - first)
        return OK;
    if (ftruncate(x->fd, (off_t)x->present_bytes) != 0)
        return err_from_errno(errno);
    return err == OK ? ERR_CORRUPT : err;
}

/* Reading a map beyond the end of its file would end the process by a signal. A reader may look in
 * the moment between a writer's commit and its lengthening of the file: it looks again. */
static enum err extent_check(const struct store *s)
{
    struct extent x;
    for (unsigned look = 0; look < SHORT_LOOKS; look++) {
        enum err err = extent_read(s->env, &x);
        if (err != OK || x.present_bytes >= x.needed_bytes)
            return err;
        if (!s->read_only)
            return extent_mend(s->env, &x);
        sched_yield();
    }
    return ERR_CORRUPT;
}

/* A crash before this leaves a file that the next writer mends. */
static void extent_keep(MDB_env *env)
{
    struct extent x;
    if (extent_read(env, &x) == OK && x.present_bytes < x.needed_bytes &&
        ftruncate(x.fd, (off_t)x.needed_bytes) != 0)
        return;
}

static enum err format_check(struct store *s, MDB_txn *mdb, bool create)
{
    MDB_val key = val_of(span_of("format", 6)), value;
    int rc = mdb_get(mdb, s->tables[TABLE_META], &key, &value);
    if (rc == MDB_NOTFOUND && create) {
        uint8_t format[4];
        store_u32(format, STORE_FORMAT);
        value = val_of(span_of(format, sizeof format));
        return err_from_lmdb(mdb_put(mdb, s->tables[TABLE_META], &key, &value, 0));
    }
    if (rc == MDB_NOTFOUND || (rc == 0 && value.mv_size != 4))
        return ERR_CORRUPT;
    if (rc != 0)
        return err_from_lmdb(rc);
    return load_u32(value.mv_data) == STORE_FORMAT ? OK : ERR_UNSUPPORTED;
}

/* All tables are made in one transaction: a store that has any and lacks one is damaged. */
static enum err tables_open(struct store *s, bool create)
{
    MDB_txn *mdb = NULL;
    MDB_stat stat;
    int rc = mdb_env_stat(s->env, &stat);
    if (rc == 0)
        rc = mdb_txn_begin(s->env, NULL, s->read_only ? MDB_RDONLY : 0U, &mdb);
    if (rc != 0)
        return err_from_lmdb(rc);
    unsigned flags = s->read_only || stat.ms_entries > 0 ? 0U : MDB_CREATE;
    for (int i = 0; i < TABLE_COUNT && rc == 0; i++)
        rc = mdb_dbi_open(mdb, table_names[i], flags, &s->tables[i]);
    enum err err = rc == MDB_NOTFOUND && stat.ms_entries > 0 ? ERR_CORRUPT : err_from_lmdb(rc);
    if (err == OK)
        err = format_check(s, mdb, create && !s->read_only);
    if (err != OK) {
        mdb_txn_abort(mdb);
        return err;
    }
    return err_from_lmdb(mdb_txn_commit(mdb));
}

static enum err folder_prepare(const char *dir, bool create)
{
    char path[HOME_PATH_BYTES];
    struct stat st;
    enum err err = home_path(path, sizeof path, dir, "data.mdb");
    if (err != OK)
        return err;
    if (stat(path, &st) == 0)
        return OK;
    if (errno != ENOENT)
        return err_from_errno(errno);
    return create ? folder_create(dir, 0700) : ERR_NOTFOUND;
}

enum err store_open(struct store **out, const char *dir, bool create, bool read_only)
{
    struct store *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ERR_NOMEM;
    s->read_only = read_only;
    enum err err = folder_prepare(dir, create && !read_only);
    if (err == OK)
        err = env_open(&s->env, dir, read_only);
    if (err == OK)
        err = extent_check(s);
    if (err == OK)
        err = tables_open(s, create);
    if (err == OK && create && !read_only)
        err = folder_sync(dir);
    if (err == OK && !read_only)
        err = store_reap_readers(s);
    if (err != OK) {
        store_close(s);
        return err;
    }
    *out = s;
    return OK;
}

void store_close(struct store *s)
{
    if (s == NULL)
        return;
    if (s->env != NULL)
        mdb_env_close(s->env);
    free(s);
}

enum err store_reap_readers(struct store *s)
{
    int dead = 0;
    return err_from_lmdb(mdb_reader_check(s->env, &dead));
}

/* LMDB's own table 0 lists the free pages: each value starts with how many it names. */
static enum err free_pages(struct txn *t, uint64_t *pages)
{
    MDB_cursor *cursor = NULL;
    MDB_val key, value;
    int rc = mdb_cursor_open(t->mdb, 0, &cursor);
    if (rc != 0)
        return err_from_lmdb(rc);
    *pages = 0;
    while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
        size_t count;
        memcpy(&count, value.mv_data, sizeof count);
        *pages += count;
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? OK : err_from_lmdb(rc);
}

enum err store_size(struct store *s, uint64_t *used_bytes, uint64_t *file_bytes)
{
    MDB_envinfo info;
    MDB_stat stat_main;
    struct txn *t = NULL;
    struct stat st;
    int fd;
    uint64_t unused = 0;
    enum err err = err_from_lmdb(mdb_env_get_fd(s->env, &fd));
    if (err == OK && fstat(fd, &st) != 0)
        err = err_from_errno(errno);
    if (err == OK)
        err = txn_read(s, &t);
    if (err == OK)
        err = free_pages(t, &unused);
    if (err == OK)
        err = err_from_lmdb(mdb_env_info(s->env, &info));
    if (err == OK)
        err = err_from_lmdb(mdb_env_stat(s->env, &stat_main));
    if (err == OK) {
        *used_bytes = (info.me_last_pgno + 1 - unused) * stat_main.ms_psize;
        *file_bytes = (uint64_t)st.st_size;
    }
    txn_abort(t);
    return err;
}

static enum err txn_begin(struct store *s, unsigned flags, struct txn **out)
{
    struct txn *t = calloc(1, sizeof *t);
    if (t == NULL)
        return ERR_NOMEM;
    t->store = s;
    enum err err = err_from_lmdb(mdb_txn_begin(s->env, NULL, flags, &t->mdb));
    if (err != OK) {
        free(t);
        return err;
    }
    *out = t;
    return OK;
}

enum err txn_read(struct store *s, struct txn **out)
{
    return txn_begin(s, MDB_RDONLY, out);
}

enum err txn_write(struct store *s, struct txn **out)
{
    return s->uncertain ? ERR_UNCERTAIN : txn_begin(s, 0, out);
}

/* LMDB refuses writers for good once a meta page may have been half written. */
static bool env_panicked(MDB_env *env)
{
    MDB_txn *probe = NULL;
    if (mdb_txn_begin(env, NULL, 0, &probe) != 0)
        return true;
    mdb_txn_abort(probe);
    return false;
}

static bool disk_full(MDB_env *env)
{
    int fd;
    struct statvfs vfs;
    return mdb_env_get_fd(env, &fd) == 0 && fstatvfs(fd, &vfs) == 0 &&
           (uint64_t)vfs.f_bavail * vfs.f_frsize < STORE_FULL_BYTES;
}

/* The meta page goes last, so a failure before it stored nothing. LMDB reports the short write of
 * a disk that fills up as EIO. */
static enum err commit_failure(MDB_env *env, int rc)
{
    enum err err = err_from_lmdb(rc);
    if (env_panicked(env))
        return ERR_UNCERTAIN;
    if (err == ERR_DISK_FULL || err == ERR_NOMEM || err == ERR_TOO_LARGE)
        return err;
    return rc == EIO && disk_full(env) ? ERR_DISK_FULL : ERR_UNCERTAIN;
}

void store_on_commit(struct store *s, store_watcher *call, void *ctx)
{
    s->watcher = call;
    s->watcher_ctx = ctx;
}

enum err txn_commit(struct txn *t)
{
    enum err err = t->failed;
    if (err != OK) {
        txn_abort(t);
        return err;
    }
    struct store *s = t->store;
    MDB_env *env = s->env;
    if (s->watcher != NULL)
        s->watcher(s->watcher_ctx, STORE_COMMITS);
    int rc = mdb_txn_commit(t->mdb);
    if (s->watcher != NULL)
        s->watcher(s->watcher_ctx, STORE_COMMITTED);
    free(t);
    if (rc == 0)
        extent_keep(env);
    err = rc == 0 ? OK : commit_failure(env, rc);
    s->uncertain = s->uncertain || err == ERR_UNCERTAIN;
    return err;
}

void txn_abort(struct txn *t)
{
    if (t == NULL)
        return;
    mdb_txn_abort(t->mdb);
    free(t);
}

enum err txn_renew(struct txn *t)
{
    mdb_txn_reset(t->mdb);
    return err_from_lmdb(mdb_txn_renew(t->mdb));
}

enum err table_get(struct txn *t, enum table table, struct span key, struct span *value)
{
    MDB_val k = val_of(key), v;
    int rc = mdb_get(t->mdb, t->store->tables[table], &k, &v);
    if (rc == 0)
        *value = span_of_val(&v);
    return err_from_lmdb(rc);
}

/* A failed write leaves the transaction fit only for abort: the first reason is kept for commit.
 * A refused key leaves it whole. */
static enum err write_result(struct txn *t, int rc)
{
    enum err err = err_from_lmdb(rc);
    bool harmless = rc == MDB_NOTFOUND || rc == MDB_KEYEXIST || rc == MDB_BAD_VALSIZE;
    if (err != OK && !harmless && t->failed == OK)
        t->failed = err;
    return err;
}

enum err table_put(struct txn *t, enum table table, struct span key, struct span value)
{
    MDB_val k = val_of(key), v = val_of(value);
    return write_result(t, mdb_put(t->mdb, t->store->tables[table], &k, &v, 0));
}

enum err table_append(struct txn *t, enum table table, struct span key, struct span value)
{
    MDB_val k = val_of(key), v = val_of(value);
    int rc = mdb_put(t->mdb, t->store->tables[table], &k, &v, MDB_APPEND);
    return rc == MDB_KEYEXIST ? ERR_RANGE : write_result(t, rc);
}

enum err table_reserve(struct txn *t, enum table table, struct span key, size_t len,
                       uint8_t **room)
{
    MDB_val k = val_of(key), v = {.mv_size = len};
    int rc = mdb_put(t->mdb, t->store->tables[table], &k, &v, MDB_RESERVE);
    if (rc == 0)
        *room = v.mv_data;
    return write_result(t, rc);
}

enum err table_del(struct txn *t, enum table table, struct span key)
{
    MDB_val k = val_of(key);
    return write_result(t, mdb_del(t->mdb, t->store->tables[table], &k, NULL));
}

enum err table_count(struct txn *t, enum table table, uint64_t *count)
{
    MDB_stat st;
    int rc = mdb_stat(t->mdb, t->store->tables[table], &st);
    if (rc == 0)
        *count = st.ms_entries;
    return err_from_lmdb(rc);
}

enum err cursor_open(struct txn *t, enum table table, struct span from, struct cursor **out)
{
    if (from.len > STORE_KEY_MAX_BYTES)
        return ERR_RANGE;
    struct cursor *c = calloc(1, sizeof *c);
    if (c == NULL)
        return ERR_NOMEM;
    enum err err = err_from_lmdb(mdb_cursor_open(t->mdb, t->store->tables[table], &c->mdb));
    if (err != OK) {
        free(c);
        return err;
    }
    if (from.len != 0)
        memcpy(c->from, from.data, from.len);
    c->from_len = from.len;
    *out = c;
    return OK;
}

static enum err cursor_result(struct cursor *c, int rc, const MDB_val *k, const MDB_val *v,
                              struct span *key, struct span *value)
{
    c->state = rc == 0 ? CURSOR_ON : CURSOR_END;
    if (rc != 0)
        return err_from_lmdb(rc);
    *key = span_of_val(k);
    *value = span_of_val(v);
    return OK;
}

enum err cursor_next(struct cursor *c, struct span *key, struct span *value)
{
    MDB_val k = val_of(span_of(c->from, c->from_len)), v;
    MDB_cursor_op op = MDB_NEXT;
    if (c->state == CURSOR_END)
        return ERR_NOTFOUND;
    if (c->state == CURSOR_BEFORE)
        op = c->from_len == 0 ? MDB_FIRST : MDB_SET_RANGE;
    int rc = mdb_cursor_get(c->mdb, &k, &v, op);
    return cursor_result(c, rc, &k, &v, key, value);
}

enum err cursor_prev(struct cursor *c, struct span *key, struct span *value)
{
    MDB_val k = val_of(span_of(c->from, c->from_len)), v;
    MDB_cursor_op op = MDB_PREV;
    if (c->state == CURSOR_END)
        return ERR_NOTFOUND;
    if (c->state == CURSOR_BEFORE &&
        (c->from_len == 0 || mdb_cursor_get(c->mdb, &k, &v, MDB_SET_RANGE) != 0))
        op = MDB_LAST;
    int rc = mdb_cursor_get(c->mdb, &k, &v, op);
    return cursor_result(c, rc, &k, &v, key, value);
}

void cursor_close(struct cursor *c)
{
    if (c == NULL)
        return;
    mdb_cursor_close(c->mdb);
    free(c);
}
