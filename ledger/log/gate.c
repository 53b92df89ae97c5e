#include "ledger/log/gate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct gate {
    struct store *store;               /* borrowed, as is the key */
    const struct signkey *key;
    struct last_head_file *file;
    struct log_no no;
    struct frontier sealed;            /* of the last head in last-head */
    struct buffer signed_note;         /* the newest that gate_sign made */
    bool broken;                       /* a confirmation failed: nothing is signed any more */
};

static bool frontier_equal(const struct frontier *a, const struct frontier *b)
{
    return a->size == b->size && a->count == b->count &&
           memcmp(a->roots, b->roots, a->count * sizeof *a->roots) == 0;
}

/* The root of [0, size) from stored tiles and leaf hashes, not from the record's frontier. */
static enum err stored_root(struct txn *t, const struct log *log, uint64_t size, struct hash *out)
{
    struct log_hashes state = {t, log->no};
    struct hash_reader r = log_hash_reader(&state);
    enum err err = merkle_tree_root(&r, size, out);
    return err == ERR_NOTFOUND ? ERR_CORRUPT : err;
}

static enum err root_expect(struct txn *t, const struct log *log, uint64_t size,
                            const struct hash *root, enum err otherwise)
{
    struct hash stored;
    enum err err = stored_root(t, log, size, &stored);
    if (err == OK && !hash_equal(&stored, root))
        err = otherwise;
    return err;
}

/* Every entry of [from, to) hashes to its stored leaf hash. */
static enum err bytes_check(struct txn *t, struct log_no no, uint64_t from, uint64_t to)
{
    enum err err = OK;
    for (uint64_t i = from; i < to && err == OK; i++) {
        struct span entry;
        err = log_read(t, no, i, &entry);
    }
    return err == ERR_NOTFOUND ? ERR_CORRUPT : err;
}

static enum err head_load(struct txn *t, const struct log *log, struct checkpoint *out)
{
    struct span note;
    enum err err = log_head(t, log->no, &note);
    if (err == OK)
        err = checkpoint_verify(out, note, log->origin, &log->node_key);
    if (err == OK && out->size != log->head_size)
        err = ERR_CORRUPT;
    return err == OK || err == ERR_NOMEM ? err : ERR_CORRUPT;
}

/* What the start finds: the stored head (size 0: none) beside the published one. */
struct found {
    struct checkpoint stored;
    struct last_head published;
    bool was_published;
};

static enum err published_check(struct txn *t, const struct log *log, const struct found *f)
{
    const struct last_head *p = &f->published;
    if (!f->was_published || p->epoch < log->epoch)
        return OK;
    if (p->epoch > log->epoch || p->size > log->frontier.size)
        return ERR_ROLLBACK;
    return root_expect(t, log, p->size, &p->root, ERR_FORK);
}

/* Where to begin with re-reading bytes: the bundle in which the last published head ends. */
static uint64_t recheck_from(const struct log *log, const struct found *f)
{
    bool same = f->was_published && f->published.epoch == log->epoch;
    uint64_t size = same ? f->published.size : 0;
    uint64_t last = size == 0 ? 0 : size - 1;
    return last - last % PACKAGE_ENTRIES;
}

static enum err stored_check(struct txn *t, const struct log *log, const struct found *f)
{
    struct hash root;
    if (log->frontier.size != log->head_size)
        return log->frontier.size < log->head_size ? ERR_GAP : ERR_CORRUPT;
    if (log->head_size == 0)
        return OK;
    frontier_root(&log->frontier, &root);
    if (!hash_equal(&root, &f->stored.root))
        return ERR_CORRUPT;
    enum err err = root_expect(t, log, log->head_size, &root, ERR_CORRUPT);
    if (err == OK)
        err = bytes_check(t, log->no, recheck_from(log, f), log->head_size);
    return err;
}

static enum err seal(struct gate *g, const struct log *log, const struct hash *root)
{
    const struct last_head head = {log->epoch, log->frontier.size, *root};
    enum err err = last_head_write(g->file, &head);
    if (err == OK)
        g->sealed = log->frontier;
    return err;
}

/* Published so far is exactly what last-head says; a newer stored head was never published. */
static enum err found_check(struct txn *t, const struct log *log, struct found *f)
{
    enum err err = published_check(t, log, f);
    if (err == OK && log->head_size != 0)
        err = head_load(t, log, &f->stored);
    return err == OK ? stored_check(t, log, f) : err;
}

static enum err published_read(struct last_head_file *file, struct found *f)
{
    enum err err = last_head_read(file, &f->published);
    f->was_published = err == OK;
    return err == ERR_NOTFOUND ? OK : err;
}

static enum err start_check(struct gate *g, struct txn *t, const struct log *log)
{
    struct found f = {0};
    enum err err = published_read(g->file, &f);
    if (err == OK)
        err = found_check(t, log, &f);
    if (err != OK)
        return err;
    bool current = f.was_published && f.published.epoch == log->epoch &&
                   f.published.size == log->head_size;
    if (current || log->head_size == 0) {
        g->sealed = log->frontier;
        return OK;
    }
    return seal(g, log, &f.stored.root);
}

/* A head is stored but the file that tells what was published is gone: a copy of another home. */
static enum err file_open(struct gate *g, const char *home, const struct log *log)
{
    enum err err = last_head_open(&g->file, home, log->head_size == 0);
    return err == ERR_NOTFOUND ? ERR_ROLLBACK : err;
}

enum err gate_check(const char *home, struct store *store, const struct log *log,
                    const struct pubkey *key)
{
    struct last_head_file *file = NULL;
    struct found f = {0};
    struct txn *t = NULL;
    struct log now;
    if (!pubkey_equal(key, &log->node_key))
        return ERR_KEY;
    enum err err = last_head_open(&file, home, false);
    bool missing = err == ERR_NOTFOUND;
    if (err == OK)
        err = published_read(file, &f);
    if (err == OK || missing)
        err = txn_read(store, &t);
    if (err == OK)
        err = log_load(t, log->no, &now);
    if (err == OK && missing)
        err = now.head_size == 0 ? OK : ERR_ROLLBACK;
    else if (err == OK)
        err = found_check(t, &now, &f);
    txn_abort(t);
    last_head_close(file);
    return err;
}

enum err gate_open(struct gate **out, const char *home, struct store *store, const struct log *log,
                   const struct signkey *node_key)
{
    struct txn *t = NULL;
    if (!pubkey_equal(signkey_public(node_key), &log->node_key))
        return ERR_KEY;
    struct gate *g = calloc(1, sizeof *g);
    if (g == NULL)
        return ERR_NOMEM;
    *g = (struct gate){.store = store, .key = node_key, .no = log->no};
    enum err err = file_open(g, home, log);
    if (err == OK)
        err = txn_read(store, &t);
    if (err == OK)
        err = start_check(g, t, log);
    txn_abort(t);
    if (err != OK) {
        gate_close(g);
        return err;
    }
    *out = g;
    return OK;
}

void gate_close(struct gate *g)
{
    if (g == NULL)
        return;
    last_head_close(g->file);
    buffer_clear(&g->signed_note);
    free(g);
}

/* The new frontier is the sealed one and the stored leaves after it: what was published is a
 * prefix of what is signed now. */
static enum err extension_check(const struct gate *g, struct txn *t, const struct log *log)
{
    struct frontier grown = g->sealed;
    enum err err = OK;
    if (log->frontier.size < g->sealed.size)
        return ERR_OLD_HEAD;
    while (grown.size < log->frontier.size && err == OK) {
        struct hash leaf;
        err = log_leaf(t, log->no, grown.size, &leaf);
        if (err == OK)
            frontier_append(&grown, &leaf);
    }
    if (err != OK)
        return err == ERR_NOTFOUND ? ERR_CORRUPT : err;
    return frontier_equal(&grown, &log->frontier) ? OK : ERR_FORK;
}

enum err gate_sign(struct gate *g, struct txn *t, struct log *log, struct buffer *note)
{
    struct checkpoint c = {.size = log->frontier.size};
    assert(log->no.v == g->no.v);
    if (g->broken)
        return ERR_UNCERTAIN;
    enum err err = extension_check(g, t, log);
    if (err != OK)
        return err;
    memcpy(c.origin, log->origin, sizeof c.origin);
    frontier_root(&log->frontier, &c.root);
    buffer_reset(&g->signed_note);
    err = checkpoint_sign(&c, g->key, &g->signed_note);
    if (err == OK)
        err = log_head_put(t, log, buffer_span(&g->signed_note), c.size);
    if (err == OK)
        err = buffer_put(note, g->signed_note.data, g->signed_note.len);
    return err;
}

static enum err committed_note_check(const struct gate *g, struct txn *t)
{
    struct span note;
    enum err err = log_head(t, g->no, &note);
    if (err != OK)
        return err == ERR_NOTFOUND ? ERR_CORRUPT : err;
    bool same = note.len == g->signed_note.len &&
                memcmp(note.data, g->signed_note.data, note.len) == 0;
    return same ? OK : ERR_CORRUPT;
}

/* A bundle that became full was written anew as a whole: all of it is read again, and its tiles. */
static enum err committed_check(const struct gate *g, struct txn *t, const struct log *log,
                                uint64_t from)
{
    struct log stored;
    struct hash root;
    uint64_t size = log->frontier.size;
    bool filled = from / PACKAGE_ENTRIES != size / PACKAGE_ENTRIES;
    enum err err = log_load(t, g->no, &stored);
    if (err == OK && !frontier_equal(&stored.frontier, &log->frontier))
        err = ERR_CORRUPT;
    if (err == OK)
        err = committed_note_check(g, t);
    if (err == OK)
        err = bytes_check(t, g->no, filled ? from - from % PACKAGE_ENTRIES : from, size);
    if (err == OK)
        err = extension_check(g, t, log);
    frontier_root(&log->frontier, &root);
    if (err == OK && filled)
        err = root_expect(t, log, size, &root, ERR_CORRUPT);
    return err == OK || err == ERR_IO || err == ERR_NOMEM ? err : ERR_CORRUPT;
}

enum err gate_confirm(struct gate *g, const struct log *log, uint64_t from)
{
    struct txn *t = NULL;
    struct hash root;
    uint64_t first = from < g->sealed.size ? from : g->sealed.size;
    if (g->broken)
        return ERR_UNCERTAIN;
    enum err err = txn_read(g->store, &t);
    if (err == OK)
        err = committed_check(g, t, log, first);
    txn_abort(t);
    frontier_root(&log->frontier, &root);
    if (err == OK)
        err = seal(g, log, &root);
    g->broken = err != OK;
    return err;
}
