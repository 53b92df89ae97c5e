/* A member's log on paper: entries in memory, signed like real ones, under heads of any size signed
 * by the member's node key. It holds what an honest node would refuse to write, and is delivered in
 * any pieces. Watchers are ledgers of nobody, in homes that hold nothing but genesis. */
#ifndef JIELI_TESTS_SUPPORT_PAPER_H
#define JIELI_TESTS_SUPPORT_PAPER_H

#include "tests/support/cluster.h"

struct paper {
    struct cluster *c;
    unsigned member;
    char origin[ORIGIN_MAX_BYTES + 1];
    unsigned count, cap;
    struct buffer *entries;
    struct hash *leaves;
};

/* Begins with the entries of the member's log that `from` holds. */
void paper_init(struct paper *p, struct cluster *c, unsigned member, struct ledger *from);
void paper_clear(struct paper *p);
/* Any bytes; the leaf hash is their id. */
struct hash paper_add(struct paper *p, struct span bytes);
/* Drops all entries from `size` on. */
void paper_cut(struct paper *p, unsigned size);
/* What an entry put next would truthfully say of its own log; law as given, no refs. */
struct compose paper_compose(const struct paper *p, uint64_t law);
/* Signs `a` on what `says` says and puts it; the act is cleared. */
struct hash paper_act(struct paper *p, const struct compose *says, struct cluster_act *a);

void paper_root(const struct paper *p, uint64_t size, struct hash *out);
void paper_note(const struct paper *p, uint64_t size, struct buffer *out);
void paper_consistency(const struct paper *p, uint64_t from, uint64_t to, struct proof *out);
/* Entries [start, end of the bundle or `size`) with the proof into the tree of `size`. */
void paper_package(const struct paper *p, uint64_t start, uint64_t size, struct package *out);
/* Delivers from where `to` stands up to the head of `size`. */
enum err paper_send(const struct paper *p, struct ledger *to, uint64_t size);

struct watcher { char home[CLUSTER_PATH_BYTES]; struct ledger *ledger; };
void watcher_open(struct watcher *w, struct cluster *c, const char *name);
void watcher_reopen(struct watcher *w, struct cluster *c);
void watcher_close(struct watcher *w);
/* Everything that copies must agree on: the folded size; sizes, verdicts and reasons of all logs in
 * the order of members; states and listings of all cases. */
void ledger_dump(struct ledger *l, struct buffer *out);
/* Fails the test unless both dumps are equal. */
void assert_same_ledger(struct ledger *a, struct ledger *b);
/* Verdict of entry `index` in the member's log. */
enum verdict verdict_at(struct ledger *l, const struct paper *p, uint64_t index,
                        enum reason *reason);

#endif
