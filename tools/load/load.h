/* A load like real life: a committee and the life cycles of its cases, all from one seed, in
 * memory. A case has eight entries: report, offer, accept, order, progress, rectified, verify,
 * close; where a member works alone, plan and control stand in for offer and accept. Entries are
 * good: they verify, and every one is valid in the order in which logs are pulled. The convenor
 * only governs. */
#ifndef JIELI_TOOLS_LOAD_LOAD_H
#define JIELI_TOOLS_LOAD_LOAD_H

#include "ledger/ledger.h"

enum { LOAD_MAX_MEMBERS = 64, LOAD_CASE_ACTS = 8, LOAD_MAX_REFS = 4 };

struct load_options {
    uint64_t seed;
    unsigned members;             /* that act, besides the convenor: 1 to LOAD_MAX_MEMBERS - 3 */
    bool alone;                   /* nobody hands anything over; no parts, but more refs */
};

struct load_member {
    char id[ID_MAX_BYTES + 1];
    struct signkey *node, *cosigner, *admin, *handler, *verifiers[2];
    struct xkey transport, sealing;
    struct hash admission;        /* id; zero for the convenor */
    struct buffer bytes;          /* of all its entries, in order */
    size_t *ends;                 /* [i]: end of entry i within bytes */
    struct hash *leaves, *bundle_roots;
    size_t count, cap;
    struct frontier frontier;
};

/* A case on its way. */
struct load_case {
    unsigned reporter, worker, step;
    struct hash id, base;
    struct hash past[LOAD_CASE_ACTS];      /* ids of its acts */
};

struct load {
    struct load_options options;
    struct hash ledger;
    struct buffer genesis;
    unsigned member_count;        /* convenor first; the last two are idle, but certified */
    struct load_member members[LOAD_MAX_MEMBERS];
    struct signkey *root;
    uint64_t random, nonces, now_s, law;
    uint64_t entries, bytes;      /* of cases */
};

MUST_CHECK enum err load_create(struct load **out, const struct load_options *options);
void load_free(struct load *l);
uint64_t load_random(struct load *l);

/* Appends the acts of whole cases, many under way at once, until there are `entries` of them. */
MUST_CHECK enum err load_grow(struct load *l, uint64_t entries);
/* A case that `reporter` opens and `worker` ends. */
void load_case_init(struct load_case *c, unsigned reporter, unsigned worker);
/* The next act of a case, signed on the member's log as it stands here, into `out` (reset); *member
 * is its author. The case moves on when load_taken is told. */
MUST_CHECK enum err load_act(struct load *l, const struct load_case *c, struct buffer *out,
                             unsigned *member);
/* The act was taken: it becomes part of its author's log here, and the case moves on. */
MUST_CHECK enum err load_taken(struct load *l, struct load_case *c, unsigned member,
                               struct span entry);
/* The case alone moves on: for acts whose place in the log others decide. */
void load_moved(struct load_case *c, struct span entry);

/* ---- homes (homes.c) ---- */
/* A new home of a member: genesis, node key, configuration. */
MUST_CHECK enum err load_home(const struct load *l, const char *home, unsigned member,
                              const char *listen, const char *peer);
/* Gives all entries of all logs to a writable ledger, as a peer would. */
MUST_CHECK enum err load_push(struct load *l, struct ledger *to);
/* Appends the governance entries of `member`, whose home `to` is, through its own gate; before
 * it the convenor's log is pushed. Entries beyond are not. */
MUST_CHECK enum err load_found(struct load *l, struct ledger *to, unsigned member);
/* Entry `i` of a member. */
struct span load_entry(const struct load_member *m, size_t i);

#endif
