/* The entries under audit, in memory: what is kept of each, and what the audit itself says of it.
 * Entries are judged here anew, from their bytes and their places alone, by the rules that the
 * engine judges by (ledger/judge.h, ledger/cycle.h, the fold); no verdict, index or list that a
 * node stored is looked at. Bytes are borrowed from where they were read. */
#ifndef JIELI_TOOLS_AUDIT_SET_H
#define JIELI_TOOLS_AUDIT_SET_H

#include "crypto/merkle.h"
#include "ledger/cases/state.h"
#include "ledger/judge.h"

enum { SET_PAST = 64, SET_NONCE_BYTES = 16 };

struct set_entry {
    const uint8_t *bytes;
    uint32_t len;
    uint8_t verdict, reason;       /* enum verdict, enum reason */
    uint8_t at_once;               /* void by its own form: enum reason */
    bool in_cycle;
    struct hash id;
    uint8_t nonce_key[SET_NONCE_BYTES];   /* SHA-256(member, first key, nonce), its beginning */
};

struct set_log {
    char member[ID_MAX_BYTES + 1];
    uint32_t epoch, no;            /* no: its place in the set */
    struct member_no by;
    uint64_t count, cap;
    struct set_entry *entries;
    struct hash *bundle_roots;     /* of every full bundle of 256 */
    struct frontier frontier;
    struct log_tail tail;
    struct { bool used; uint64_t size; struct hash root; } past[SET_PAST];
};

struct set_case {
    struct hash id;
    uint64_t law_max;              /* greatest law of its entries */
    uint64_t circle;               /* case_fold_circle, once folded */
    size_t from, count;            /* its items, once sorted */
    bool differs;                  /* from the state that is stored */
};
struct set_item { uint32_t case_no; uint32_t log; uint64_t index; };

/* Open addressing; `slots` hold numbers plus one. */
struct set_map { uint64_t *slots; size_t count, cap; };

struct audit_set {
    const struct genesis *genesis;
    struct roster *roster;
    uint64_t seed;                 /* makes the maps' slots unpredictable to who chooses ids */
    unsigned log_count;
    struct set_log *logs[LOGS_MAX];
    struct set_map by_id, by_nonce, by_case;
    struct set_case *cases;
    size_t case_count, case_cap;
    struct set_item *items;
    size_t item_count, item_cap;
    uint64_t folded;               /* convenor's log below which everything is decided */
};

/* An entry on its way in. `entry` is decoded where `decoded` is set. */
struct set_input {
    struct span bytes;
    struct hash id;
    struct entry *entry;
    bool decoded, sig_ok;
};

/* `g` is borrowed. ERR_NOMEM. */
MUST_CHECK enum err set_init(struct audit_set *s, const struct genesis *g);
void set_clear(struct audit_set *s);
/* Log of a member and epoch; NULL: none yet. */
struct set_log *set_log_find(const struct audit_set *s, const char *member, uint32_t epoch);
/* Adds one. The member must be admitted: ERR_UNKNOWN_MEMBER. ERR_TOO_LARGE, ERR_NOMEM. */
MUST_CHECK enum err set_log_add(struct audit_set *s, const char *member, uint32_t epoch,
                                uint64_t expected, struct set_log **out);
/* Appends the next entry of a log and judges its form, origin and place; governance is applied to
 * the roster. The convenor's log goes in before all others. ERR_NOMEM. */
MUST_CHECK enum err set_add(struct audit_set *s, struct set_log *log, const struct set_input *in);
/* Root of the first `size` entries of a log. ERR_RANGE. */
MUST_CHECK enum err set_root(const struct set_log *log, uint64_t size, struct hash *out);
/* Where an entry stands in its own member's log. */
bool set_find(const struct audit_set *s, const struct hash *id, struct set_item *out);
/* The entry of an item. */
struct set_entry *set_entry_of(const struct audit_set *s, const struct set_item *item);
bool set_case_find(const struct audit_set *s, const struct hash *id, uint32_t *no);

/* Items in the order of their cases, cases know their items. Before folding. */
void set_sort(struct audit_set *s);
/* Folds one case and notes its verdicts. Cases may be folded on several threads at once. The
 * state's encoding is appended to `state`, the state itself put into *view, where these are not
 * NULL. */
MUST_CHECK enum err set_fold_case(struct audit_set *s, uint32_t case_no, struct buffer *state,
                                  struct case_state *view);
/* Brings all verdicts and states to rest. `pass` folds every case whose law_max is `law` or
 * more. */
typedef enum err set_pass(void *ctx, uint64_t law);
MUST_CHECK enum err set_settle(struct audit_set *s, set_pass *pass, void *ctx);

#endif
