/* Drafts that wait in the node for their remaining signatures: opaque bytes under an id, kept
 * DRAFT_MAX_AGE_S, at most DRAFTS_MAX of them. In TABLE_DRAFT: id → created_s u64 ‖ bytes. */
#ifndef JIELI_NODE_DRAFTS_H
#define JIELI_NODE_DRAFTS_H

#include "crypto/limits.h"
#include "ledger/log/store.h"

enum {
    DRAFT_ID_BYTES = 9,                                 /* 8 hex digits and NUL */
    DRAFT_MAX_BYTES = PART_MAX_BYTES + 128 * 1024,      /* an act and its parts */
    DRAFTS_TOTAL_BYTES = 512 * 1024 * 1024,
};

struct draft_info { char id[DRAFT_ID_BYTES]; uint64_t created_s, bytes; };

/* A new draft under a fresh id, written to `id`. What is too old is dropped first.
 * ERR_TOO_LARGE, ERR_BUSY (DRAFTS_MAX, or DRAFTS_TOTAL_BYTES, wait already), ERR_DISK_FULL and
 * others of txn_commit. */
MUST_CHECK enum err drafts_add(struct store *s, struct span draft, uint64_t now_s,
                               char id[DRAFT_ID_BYTES]);
/* Replaces a draft that is there, which keeps its age. ERR_NOTFOUND, and as above. */
MUST_CHECK enum err drafts_replace(struct store *s, const char *id, struct span draft,
                                   uint64_t now_s);
/* Bytes of a draft, appended to out. ERR_NOTFOUND, also when it is too old. */
MUST_CHECK enum err drafts_get(struct store *s, const char *id, uint64_t now_s,
                               struct buffer *out);
MUST_CHECK enum err drafts_remove(struct store *s, const char *id);     /* ERR_NOTFOUND */
/* Up to DRAFTS_MAX in order of id; those too old are left out. */
MUST_CHECK enum err drafts_list(struct store *s, uint64_t now_s,
                                struct draft_info out[DRAFTS_MAX], unsigned *count);

#endif
