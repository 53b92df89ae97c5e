#include "tools/load/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/sha256.h"
#include "tools/load/govern.h"

enum {
    CASES_MIN = 64, CASES_MAX = 4096,     /* under way at once */
    ROUND_ENTRIES = 16384,                /* made in memory, then pushed */
};

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
    frontier_init(&m->log.frontier);
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
    load_log_clear(&m->founding);
    load_log_clear(&m->log);
}

enum err load_create(struct load **out, const struct load_options *options)
{
    if (options->members < 2 || options->members > LOAD_MAX_MEMBERS - LOAD_IDLE_MEMBERS)
        return ERR_RANGE;
    struct load *l = calloc(1, sizeof *l);
    if (l == NULL)
        return ERR_NOMEM;
    l->options = *options;
    l->random = options->seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    l->now_s = UINT64_C(1767225600);
    enum err err = load_tables(l);
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

unsigned load_idle(const struct load *l, unsigned which)
{
    return l->options.members + which;
}

uint64_t load_count(const struct load *l)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < l->member_count; i++)
        sum += l->members[i].log.count;
    return sum;
}

static enum err step_any(struct load *l, struct load_case *cases, unsigned count,
                         struct buffer *entry)
{
    unsigned member;
    struct load_case *c = &cases[load_random(l) % count];
    if (load_case_done(c))
        load_case_begin(l, c);
    enum err err = load_act(l, c, entry, &member);
    return err == OK ? load_taken(l, c, member, buffer_span(entry)) : err;
}

/* The convenor's log first, as peers pull. */
static enum err push_all(struct load *l, struct ledger *to)
{
    enum err err = OK;
    for (unsigned i = 0; err == OK && i < l->member_count; i++) {
        struct load_member *m = &l->members[i];
        err = load_log_push(l, m, &m->log, m->log.pushed, to);
        m->log.pushed = m->log.count;
        load_log_trim(&m->log);
    }
    return err;
}

/* As many as complete within about a fiftieth of the load. */
static unsigned cases_under_way(uint64_t entries)
{
    uint64_t count = entries / 400;
    return count < CASES_MIN ? CASES_MIN : count > CASES_MAX ? CASES_MAX : (unsigned)count;
}

enum err load_fill(struct load *l, struct ledger *to, uint64_t entries)
{
    const unsigned count = cases_under_way(entries);
    struct load_case *cases = calloc(count, sizeof *cases);
    struct buffer entry = {0};
    enum err err = cases == NULL ? ERR_NOMEM : OK;
    l->members[0].log.pushed = l->members[0].founding.count;
    ledger_defer(to, true);
    while (err == OK && l->entries < entries) {
        const uint64_t next = l->entries + ROUND_ENTRIES, until = next < entries ? next : entries;
        while (err == OK && l->entries < until)
            err = step_any(l, cases, count, &entry);
        if (err == OK)
            err = push_all(l, to);
    }
    ledger_defer(to, false);
    if (err == OK)
        err = ledger_settle_all(to);
    buffer_clear(&entry);
    free(cases);
    return err;
}
