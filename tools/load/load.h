/* A load like real life: a committee at work, all from one seed. Members come from the tables of a
 * committee (configs/ezhou: 49 members, 44 sectors); their cases run the lives of story.c (about
 * eight entries each: reported, offered, signed for, refused, petitioned, ruled, assigned, ordered,
 * graded, listed, rectified, verified, closed), thousands of them under way at once, so that all
 * logs grow side by side. Entries are good: they verify, and every one is valid. Bytes are kept
 * only from the last push on: memory does not grow with the load. */
#ifndef JIELI_TOOLS_LOAD_LOAD_H
#define JIELI_TOOLS_LOAD_LOAD_H

#include "ledger/ledger.h"

enum { LOAD_MAX_MEMBERS = 128, LOAD_MAX_SECTORS = 64, LOAD_CASE_MAX_ACTS = 12, LOAD_MAX_REFS = 4,
       LOAD_IDLE_MEMBERS = 2 };

struct load_options {
    uint64_t seed;
    const char *committee;        /* folder of members.tsv and sectors.tsv */
    unsigned members;             /* rows of members.tsv that act, convenor first; 2 or more */
    bool alone;                   /* every case is member 1's own; no parts, but more refs */
};

/* One log in memory: counts and tree of the whole, bytes of the entries from `first` on. */
struct load_log {
    size_t first;                 /* a multiple of PACKAGE_ENTRIES */
    size_t count;
    struct buffer bytes;
    size_t *ends;                 /* [i - first]: end of entry i within bytes */
    struct hash *leaves;          /* [i - first] */
    struct hash *bundle_roots;    /* of all full bundles */
    size_t cap, root_cap;
    struct frontier frontier;
    size_t pushed;                /* entries that load_fill gave to its ledger */
};

struct load_member {
    char id[ID_MAX_BYTES + 1];
    struct admission admission;   /* as the table has it, without keys and proofs */
    struct signkey *node, *cosigner, *admin, *handler, *verifiers[2];
    struct xkey transport, sealing;
    struct hash admitted;         /* id of the admission; zero for the convenor */
    struct load_log founding;     /* what it wrote of governance, kept whole */
    struct load_log log;
};

/* A sector and who leads it; lead 0: nobody of this committee. */
struct load_sector { char id[ID_MAX_BYTES + 1]; unsigned lead; };

/* A case on its way. Parties are indices of members. */
struct load_case {
    const struct load_story *story;
    unsigned parties[5];                       /* enum load_party */
    unsigned sector, step;
    struct hash id, base;                      /* base: the last baton act */
    struct hash past[LOAD_CASE_MAX_ACTS];      /* ids of its acts */
};

struct load {
    struct load_options options;
    struct hash ledger;
    struct buffer genesis;
    unsigned member_count;        /* convenor first; the last two are idle, but certified */
    struct load_member members[LOAD_MAX_MEMBERS];
    unsigned sector_count;
    struct load_sector sectors[LOAD_MAX_SECTORS];
    struct signkey *root;
    uint64_t random, nonces, now_s;
    uint64_t entries, bytes, signatures;       /* of cases */
    uint64_t all_bytes, all_signatures;        /* governance included */
};

/* ERR_RANGE: too many or too few members; errors of reading the tables. */
MUST_CHECK enum err load_create(struct load **out, const struct load_options *options);
void load_free(struct load *l);
uint64_t load_random(struct load *l);
/* A member of the idle ones, 0 or 1: its index. */
unsigned load_idle(const struct load *l, unsigned which);
/* Sum of all logs. */
uint64_t load_count(const struct load *l);

/* Appends the acts of cases, many under way at once, until there are `entries` of them, and gives
 * all logs to a writable ledger as a peer would, round by round. Once for a load. */
MUST_CHECK enum err load_fill(struct load *l, struct ledger *to, uint64_t entries);

/* ---- single acts (story.c, acts.c) ---- */
/* The next life of the city; one of `member` alone; one that `from` reports to `to`. */
void load_case_begin(struct load *l, struct load_case *c);
void load_case_alone(struct load *l, struct load_case *c, unsigned member);
void load_case_sent(struct load *l, struct load_case *c, unsigned from, unsigned to);
/* Whether all its acts were made; true also of a zeroed case. */
bool load_case_done(const struct load_case *c);
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
/* A new home of a member: genesis, keys, configuration. */
MUST_CHECK enum err load_home(const struct load *l, const char *home, unsigned member,
                              const char *listen, const char *peer);
/* Pushes the convenor's founding log, then appends the governance entries of `member`, whose home
 * `to` is, through its own gate: a home as after the first day's bundle. */
MUST_CHECK enum err load_found(struct load *l, struct ledger *to, unsigned member);

#endif
