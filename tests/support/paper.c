#include "tests/support/paper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/log/home.h"

static void copy_log(struct paper *p, struct ledger *from)
{
    const struct log *log = ledger_log(from, p->c->members[p->member].id, 0);
    assert_non_null(log);
    for (uint64_t i = 0; i < log->frontier.size; i++) {
        struct span bytes;
        assert_int_equal(log_read(ledger_txn(from), log->no, i, &bytes), OK);
        paper_add(p, bytes);
    }
}

void paper_init(struct paper *p, struct cluster *c, unsigned member, struct ledger *from)
{
    *p = (struct paper){.c = c, .member = member};
    assert_int_equal(log_origin("aqsc.example", &c->ledger, c->members[member].id, 0, p->origin),
                     OK);
    if (from != NULL)
        copy_log(p, from);
}

void paper_clear(struct paper *p)
{
    for (unsigned i = 0; i < p->count; i++)
        buffer_clear(&p->entries[i]);
    free(p->entries);
    free(p->leaves);
}

struct hash paper_add(struct paper *p, struct span bytes)
{
    if (p->count == p->cap) {
        p->cap = p->cap == 0 ? 64 : 2 * p->cap;
        p->entries = realloc(p->entries, p->cap * sizeof *p->entries);
        p->leaves = realloc(p->leaves, p->cap * sizeof *p->leaves);
        assert_non_null(p->entries);
        assert_non_null(p->leaves);
    }
    p->entries[p->count] = (struct buffer){0};
    assert_int_equal(buffer_put(&p->entries[p->count], bytes.data, bytes.len), OK);
    merkle_leaf(bytes, &p->leaves[p->count]);
    return p->leaves[p->count++];
}

void paper_cut(struct paper *p, unsigned size)
{
    while (p->count > size)
        buffer_clear(&p->entries[--p->count]);
}

struct compose paper_compose(const struct paper *p, uint64_t law)
{
    struct compose says = {.ledger = p->c->ledger, .law_size = law, .own_size = p->count};
    strcpy(says.member, p->c->members[p->member].id);
    paper_root(p, p->count, &says.own_root);
    return says;
}

struct hash paper_act(struct paper *p, const struct compose *says, struct cluster_act *a)
{
    struct buffer bytes = {0};
    cluster_sign(p->c, p->member, says, a, &bytes);
    struct hash id = paper_add(p, buffer_span(&bytes));
    buffer_clear(&bytes);
    cluster_act_clear(a);
    return id;
}

void paper_root(const struct paper *p, uint64_t size, struct hash *out)
{
    if (size == 0)
        merkle_empty_root(out);
    else
        merkle_root(p->leaves, size, out);
}

static enum err read_subtree(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    const struct paper *p = ctx;
    merkle_root(p->leaves + (index << level), UINT64_C(1) << level, out);
    return OK;
}

static struct hash_reader reader_of(const struct paper *p, struct paper *copy)
{
    *copy = *p;
    return (struct hash_reader){copy, read_subtree};
}

void paper_note(const struct paper *p, uint64_t size, struct buffer *out)
{
    struct checkpoint head = {.size = size};
    strcpy(head.origin, p->origin);
    paper_root(p, size, &head.root);
    assert_int_equal(checkpoint_sign(&head, p->c->members[p->member].node, out), OK);
}

void paper_consistency(const struct paper *p, uint64_t from, uint64_t to, struct proof *out)
{
    struct paper copy;
    struct hash_reader r = reader_of(p, &copy);
    assert_int_equal(merkle_consistency(&r, from, to, out), OK);
}

void paper_package(const struct paper *p, uint64_t start, uint64_t size, struct package *out)
{
    struct paper copy;
    struct hash_reader r = reader_of(p, &copy);
    uint64_t first = start & ~UINT64_C(255), end = first + 256 < size ? first + 256 : size;
    *out = (struct package){.start = start, .tree_size = size, .count = (unsigned)(end - start)};
    strcpy(out->member, p->c->members[p->member].id);
    for (uint64_t i = start; i < end; i++)
        out->entries[i - start] = buffer_span(&p->entries[i]);
    assert_int_equal(merkle_subtree(&r, first, end, size, &out->proof), OK);
}

enum err paper_send(const struct paper *p, struct ledger *to, uint64_t size)
{
    const struct log *log = ledger_log(to, p->c->members[p->member].id, 0);
    uint64_t at = log == NULL ? 0 : log->frontier.size, from = at;
    struct package *packages[8];
    struct buffer note = {0};
    struct proof proof = {0};
    size_t n = 0;
    for (; at < size && n < 8; n++) {
        packages[n] = malloc(sizeof *packages[n]);
        assert_non_null(packages[n]);
        paper_package(p, at, size, packages[n]);
        at += packages[n]->count;
    }
    if (from > 0 && from < size)
        paper_consistency(p, from, size, &proof);
    paper_note(p, size, &note);
    const struct package *list[8];
    for (size_t i = 0; i < n; i++)
        list[i] = packages[i];
    enum err err = ledger_receive(to, buffer_span(&note), &proof, list, n);
    for (size_t i = 0; i < n; i++)
        free(packages[i]);
    buffer_clear(&note);
    return err;
}

void watcher_open(struct watcher *w, struct cluster *c, const char *name)
{
    char from[HOME_PATH_BYTES], to[HOME_PATH_BYTES];
    struct buffer genesis = {0};
    assert_int_equal(home_path(w->home, sizeof w->home, c->folder, name), OK);
    assert_int_equal(folder_create(w->home, 0700), OK);
    assert_int_equal(home_path(from, sizeof from, c->members[0].home, "genesis"), OK);
    assert_int_equal(home_path(to, sizeof to, w->home, "genesis"), OK);
    assert_int_equal(file_read(from, GENESIS_MAX_BYTES, &genesis), OK);
    assert_int_equal(file_replace(to, buffer_span(&genesis), 0600), OK);
    buffer_clear(&genesis);
    w->ledger = NULL;
    watcher_reopen(w, c);
}

void watcher_reopen(struct watcher *w, struct cluster *c)
{
    const struct ledger_options options = {.home = w->home, .pinned = &c->ledger,
                                           .mode = LEDGER_WRITE};
    watcher_close(w);
    assert_int_equal(ledger_open(&w->ledger, &options), OK);
}

void watcher_close(struct watcher *w)
{
    ledger_close(w->ledger);
    w->ledger = NULL;
}

static void put(struct buffer *out, const void *bytes, size_t len)
{
    assert_int_equal(buffer_put(out, bytes, len), OK);
}

static void dump_log(struct ledger *l, const struct log *log, struct buffer *out)
{
    put(out, log->member, sizeof log->member);
    put(out, &log->frontier.size, sizeof log->frontier.size);
    for (uint64_t i = 0; i < log->frontier.size; i++) {
        enum verdict verdict;
        enum reason reason;
        assert_int_equal(ledger_verdict(l, (struct position){log->no, i}, &verdict, &reason), OK);
        put(out, &verdict, sizeof verdict);
        put(out, &reason, sizeof reason);
    }
}

static void dump_table(struct ledger *l, enum table table, struct buffer *out)
{
    struct cursor *cursor;
    struct span key, value;
    assert_int_equal(cursor_open(ledger_txn(l), table, (struct span){NULL, 0}, &cursor), OK);
    while (cursor_next(cursor, &key, &value) == OK) {
        if (table == TABLE_CASE && key.len != HASH_BYTES)
            continue;                              /* its entries in the order of arrival */
        put(out, key.data, key.len);
        put(out, value.data, value.len);
    }
    cursor_close(cursor);
}

void ledger_dump(struct ledger *l, struct buffer *out)
{
    uint64_t folded = ledger_folded(l);
    put(out, &folded, sizeof folded);
    for (unsigned i = 0; i < roster_member_count(ledger_roster(l)); i++) {
        const struct member *m = roster_member(ledger_roster(l), (struct member_no){(uint16_t)i});
        const struct log *log = ledger_log(l, m->a.id, 0);
        assert_non_null(log);
        dump_log(l, log, out);
    }
    dump_table(l, TABLE_CASE, out);
    dump_table(l, TABLE_CASE_NEW, out);
    dump_table(l, TABLE_CASE_OF, out);
}

void assert_same_ledger(struct ledger *a, struct ledger *b)
{
    struct buffer one = {0}, other = {0};
    ledger_dump(a, &one);
    ledger_dump(b, &other);
    assert_int_equal(one.len, other.len);
    assert_memory_equal(one.data, other.data, one.len);
    buffer_clear(&one);
    buffer_clear(&other);
}

enum verdict verdict_at(struct ledger *l, const struct paper *p, uint64_t index,
                        enum reason *reason)
{
    const struct log *log = ledger_log(l, p->c->members[p->member].id, 0);
    enum verdict verdict;
    assert_non_null(log);
    assert_int_equal(ledger_verdict(l, (struct position){log->no, index}, &verdict, reason), OK);
    return verdict;
}
