#include "tools/load/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/sha256.h"
#include "tools/load/govern.h"

enum { CASES_UNDER_WAY = 256 };

uint64_t load_random(struct load *l)
{
    l->random ^= l->random << 13;
    l->random ^= l->random >> 7;
    l->random ^= l->random << 17;
    return l->random;
}

static enum err key_of(const struct load *l, const char *id, const char *purpose,
                       struct signkey **out)
{
    uint8_t seed[8];
    struct hash secret;
    store_u64(seed, l->options.seed);
    const struct span parts[] = {span_of(seed, sizeof seed), span_of(id, strlen(id) + 1),
                                 span_of(purpose, strlen(purpose))};
    sha256_spans(parts, 3, &secret);
    return signkey_from_seed(out, secret.b);
}

static enum err xkey_of(const struct load *l, const char *id, const char *purpose,
                        struct xkey *out)
{
    uint8_t seed[8];
    struct hash secret;
    store_u64(seed, l->options.seed);
    const struct span parts[] = {span_of(seed, sizeof seed), span_of(id, strlen(id) + 1),
                                 span_of(purpose, strlen(purpose))};
    sha256_spans(parts, 3, &secret);
    return xkey_from_secret(out, secret.b);
}

static enum err member_init(struct load *l, unsigned i)
{
    struct load_member *m = &l->members[i];
    snprintf(m->id, sizeof m->id, "%s%02u", i == 0 ? "anweiban" : "danwei", i);
    frontier_init(&m->frontier);
    enum err err = key_of(l, m->id, "node", &m->node);
    if (err == OK)
        err = key_of(l, m->id, "cosigner", &m->cosigner);
    if (err == OK)
        err = key_of(l, m->id, "admin", &m->admin);
    if (err == OK)
        err = key_of(l, m->id, "handler", &m->handler);
    if (err == OK)
        err = key_of(l, m->id, "verifier", &m->verifiers[0]);
    if (err == OK)
        err = key_of(l, m->id, "verifier2", &m->verifiers[1]);
    if (err == OK)
        err = xkey_of(l, m->id, "transport", &m->transport);
    return err == OK ? xkey_of(l, m->id, "sealing", &m->sealing) : err;
}

static void member_clear(struct load_member *m)
{
    signkey_free(m->node);
    signkey_free(m->cosigner);
    signkey_free(m->admin);
    signkey_free(m->handler);
    signkey_free(m->verifiers[0]);
    signkey_free(m->verifiers[1]);
    buffer_clear(&m->bytes);
    free(m->ends);
    free(m->leaves);
    free(m->bundle_roots);
}

enum err load_create(struct load **out, const struct load_options *options)
{
    if (options->members == 0 || options->members > LOAD_MAX_MEMBERS - 3)
        return ERR_RANGE;
    struct load *l = calloc(1, sizeof *l);
    if (l == NULL)
        return ERR_NOMEM;
    l->options = *options;
    l->random = options->seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    l->now_s = UINT64_C(1767225600);
    l->member_count = options->members + 3;
    enum err err = OK;
    for (unsigned i = 0; err == OK && i < l->member_count; i++)
        err = member_init(l, i);
    if (err == OK)
        err = key_of(l, l->members[0].id, "root", &l->root);
    if (err == OK)
        err = load_govern(l);
    if (err == OK)
        *out = l;
    else
        load_free(l);
    return err;
}

void load_free(struct load *l)
{
    if (l == NULL)
        return;
    for (unsigned i = 0; i < LOAD_MAX_MEMBERS; i++)
        member_clear(&l->members[i]);
    signkey_free(l->root);
    buffer_clear(&l->genesis);
    free(l);
}

struct span load_entry(const struct load_member *m, size_t i)
{
    size_t from = i == 0 ? 0 : m->ends[i - 1];
    return span_of(m->bytes.data + from, m->ends[i] - from);
}

static enum err member_room(struct load_member *m)
{
    if (m->count < m->cap)
        return OK;
    size_t cap = m->cap == 0 ? 1024 : 2 * m->cap;
    size_t *ends = realloc(m->ends, cap * sizeof *ends);
    m->ends = ends == NULL ? m->ends : ends;
    struct hash *leaves = realloc(m->leaves, cap * sizeof *leaves);
    m->leaves = leaves == NULL ? m->leaves : leaves;
    struct hash *roots = realloc(m->bundle_roots, (cap / PACKAGE_ENTRIES + 1) * sizeof *roots);
    m->bundle_roots = roots == NULL ? m->bundle_roots : roots;
    if (ends == NULL || leaves == NULL || roots == NULL)
        return ERR_NOMEM;
    m->cap = cap;
    return OK;
}

enum err load_append(struct load_member *m, struct span entry, struct hash *id)
{
    enum err err = member_room(m);
    if (err == OK)
        err = buffer_put(&m->bytes, entry.data, entry.len);
    if (err != OK)
        return err;
    merkle_leaf(entry, id);
    m->ends[m->count] = m->bytes.len;
    m->leaves[m->count++] = *id;
    frontier_append(&m->frontier, id);
    if (m->count % PACKAGE_ENTRIES == 0)
        merkle_root(m->leaves + m->count - PACKAGE_ENTRIES, PACKAGE_ENTRIES,
                    &m->bundle_roots[m->count / PACKAGE_ENTRIES - 1]);
    return OK;
}

static enum err step_all(struct load *l, struct load_case *cases, struct buffer *entry)
{
    unsigned member;
    struct load_case *c = &cases[load_random(l) % CASES_UNDER_WAY];
    if (c->step == LOAD_CASE_ACTS) {
        unsigned reporter = 1 + (unsigned)(load_random(l) % l->options.members), worker = reporter;
        if (!l->options.alone && l->options.members > 1)
            worker = 1 + (reporter + (unsigned)(load_random(l) % (l->options.members - 1))) %
                             l->options.members;
        load_case_init(c, reporter, worker);
    }
    enum err err = load_act(l, c, entry, &member);
    return err == OK ? load_taken(l, c, member, buffer_span(entry)) : err;
}

enum err load_grow(struct load *l, uint64_t entries)
{
    struct load_case cases[CASES_UNDER_WAY];
    struct buffer entry = {0};
    enum err err = OK;
    for (unsigned i = 0; i < CASES_UNDER_WAY; i++)
        cases[i].step = LOAD_CASE_ACTS;
    while (err == OK && l->entries < entries)
        err = step_all(l, cases, &entry);
    buffer_clear(&entry);
    return err;
}
