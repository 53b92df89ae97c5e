#include "ledger/log/package.h"

#include <string.h>

#include "ledger/log/member_id.h"

static uint64_t bundle_start(uint64_t start)
{
    return start - start % PACKAGE_ENTRIES;
}

static enum err numbers_check(const struct package *p)
{
    if (p->count == 0 || p->start % PACKAGE_ENTRIES + p->count > PACKAGE_ENTRIES)
        return ERR_RANGE;
    if (p->start >= p->tree_size || p->count > p->tree_size - p->start)
        return ERR_RANGE;
    return p->proof.count > PACKAGE_MAX_PROOF ? ERR_TOO_LARGE : OK;
}

static enum err header_put(const struct package *p, struct buffer *out)
{
    size_t len = strlen(p->member);
    enum err err = buffer_put_u8(out, (uint8_t)len);
    if (err == OK)
        err = buffer_put(out, p->member, len);
    if (err == OK)
        err = buffer_put_u32(out, p->epoch);
    if (err == OK)
        err = buffer_put_u64(out, p->start);
    if (err == OK)
        err = buffer_put_u16(out, (uint16_t)p->count);
    if (err == OK)
        err = buffer_put_u64(out, p->tree_size);
    return err;
}

static enum err entries_put(const struct package *p, struct buffer *out)
{
    enum err err = OK;
    for (unsigned i = 0; i < p->count && err == OK; i++) {
        struct span entry = p->entries[i];
        if (entry.len > ENTRY_MAX_BYTES)
            return ERR_TOO_LARGE;
        err = buffer_put_u16(out, (uint16_t)entry.len);
        if (err == OK)
            err = buffer_put(out, entry.data, entry.len);
    }
    return err;
}

enum err package_format(const struct package *p, struct buffer *out)
{
    size_t before = out->len;
    enum err err = numbers_check(p);
    if (err == OK)
        err = header_put(p, out);
    if (err == OK)
        err = entries_put(p, out);
    if (err == OK)
        err = buffer_put_u8(out, (uint8_t)p->proof.count);
    if (err == OK)
        err = buffer_put(out, p->proof.hashes, p->proof.count * (size_t)HASH_BYTES);
    if (err != OK)
        out->len = before;
    return err;
}

static enum err entries_take(struct txn *t, struct log_no no, struct package *p)
{
    size_t got;
    enum err err = log_read_run(t, no, p->start, p->entries, p->count, &got);
    if (err == OK && got != p->count)
        err = ERR_CORRUPT;
    return err;
}

enum err package_encode(struct txn *t, const struct log *log, uint64_t start, uint64_t tree_size,
                        struct buffer *out)
{
    struct package p = {.epoch = log->epoch, .start = start, .tree_size = tree_size};
    struct log_hashes state = {t, log->no};
    struct hash_reader r = log_hash_reader(&state);
    if (tree_size > log->frontier.size || start >= tree_size)
        return ERR_RANGE;
    memcpy(p.member, log->member, sizeof p.member);
    uint64_t room = PACKAGE_ENTRIES - start % PACKAGE_ENTRIES, left = tree_size - start;
    p.count = (unsigned)(left < room ? left : room);
    enum err err = entries_take(t, log->no, &p);
    if (err == OK)
        err = merkle_subtree(&r, bundle_start(start), start + p.count, tree_size, &p.proof);
    return err == OK ? package_format(&p, out) : err;
}

static enum err header_read(struct reader *r, struct package *p)
{
    struct span member = read_span(r, read_u8(r));
    if (r->failed)
        return ERR_TRUNCATED;
    if (member.len > ID_MAX_BYTES || !member_id_valid(member))
        return ERR_FORMAT;
    memcpy(p->member, member.data, member.len);
    p->epoch = read_u32(r);
    p->start = read_u64(r);
    p->count = read_u16(r);
    p->tree_size = read_u64(r);
    return r->failed ? ERR_TRUNCATED : numbers_check(p);
}

static enum err proof_read(struct reader *r, struct proof *proof)
{
    proof->count = read_u8(r);
    if (proof->count > PACKAGE_MAX_PROOF)
        return ERR_TOO_LARGE;
    read_into(r, proof->hashes, proof->count * (size_t)HASH_BYTES);
    return r->failed ? ERR_TRUNCATED : OK;
}

enum err package_decode(struct package *out, struct span bytes)
{
    struct reader r;
    reader_init(&r, bytes);
    *out = (struct package){0};
    enum err err = header_read(&r, out);
    if (err != OK)
        return err;
    for (unsigned i = 0; i < out->count; i++)
        out->entries[i] = read_span(&r, read_u16(&r));
    if (r.failed)
        return ERR_TRUNCATED;
    err = proof_read(&r, &out->proof);
    return err == OK && reader_left(&r) != 0 ? ERR_FORMAT : err;
}

void package_leaves(const struct package *p, struct hash *leaves)
{
    for (unsigned i = 0; i < p->count; i++)
        merkle_leaf(p->entries[i], &leaves[i]);
}

/* `before`: the leaf hashes of [bundle start, start). */
static enum err subtree_verify(const struct package *p, const struct hash *before,
                               const struct hash *root, const struct hash *leaves)
{
    struct hash all[PACKAGE_ENTRIES], subtree;
    size_t held = (size_t)(p->start % PACKAGE_ENTRIES);
    if (held != 0 && before == NULL)
        return ERR_GAP;
    if (held != 0)
        memcpy(all, before, held * sizeof *before);
    memcpy(all + held, leaves, p->count * sizeof *leaves);
    merkle_root(all, held + p->count, &subtree);
    return merkle_verify_subtree(bundle_start(p->start), p->start + p->count, p->tree_size,
                                 &subtree, root, &p->proof);
}

enum err package_verify_alone(const struct package *p, const struct hash *before,
                              const struct hash *root, struct hash *leaves)
{
    if (numbers_check(p) != OK)
        return ERR_PROOF;
    package_leaves(p, leaves);
    return subtree_verify(p, before, root, leaves);
}

enum err package_prove(const struct package *p, struct txn *t, const struct log *log,
                       const struct hash *root, const struct hash *leaves)
{
    struct hash before[PACKAGE_ENTRIES];
    size_t held = (size_t)(p->start % PACKAGE_ENTRIES);
    if (p->epoch != log->epoch || strcmp(p->member, log->member) != 0)
        return ERR_PROOF;
    if (p->start > log->frontier.size)
        return ERR_GAP;
    if (numbers_check(p) != OK)
        return ERR_PROOF;
    enum err err = held == 0 ? OK : log_leaves(t, log->no, bundle_start(p->start), before, held);
    return err == OK ? subtree_verify(p, before, root, leaves) : err;
}

enum err package_verify(const struct package *p, struct txn *t, const struct log *log,
                        const struct hash *root, struct hash *leaves)
{
    package_leaves(p, leaves);
    return package_prove(p, t, log, root, leaves);
}
