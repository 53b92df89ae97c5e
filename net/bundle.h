/* Bundles: the packages of sync in a file, for a disc across an air gap and for auditors. A file
 * is "jieli-bundle/1\n", then frames of u32 length ‖ message: one BUNDLE head (genesis bytes,
 * what it covers), HEADS, PACKAGES (the convenor's log first), of one case PROVEN and CONSISTENCY,
 * COSIGN, PART; and a last frame of length 0 followed by 32 bytes: h, where h is SHA-256 of the
 * first line to begin with, and after each frame SHA-256 of h ‖ u32 length ‖ message. */
#ifndef JIELI_NET_BUNDLE_H
#define JIELI_NET_BUNDLE_H

#include "ledger/ledger.h"
#include "net/message.h"

struct bundle_selection {
    const char *since_path;        /* heads of the receiver: a file of signed notes, or NULL */
    const struct hash *case_id;    /* one case: the convenor's log and every package it touches */
    bool parts;                    /* put in the parts held here that are ours to share */
};
/* Writes to a temporary file beside path (mode 0600), flushes, renames. A log that is still being
 * fetched is left out. ERR_NOTFOUND: no such case or no file of heads; ERR_FORMAT, ERR_SIGNATURE,
 * ERR_WRONG_LEDGER: the file of heads; ERR_FORK: one of these heads is of another tree than ours;
 * ERR_IO, ERR_DISK_FULL, ERR_PERMISSION. */
MUST_CHECK enum err bundle_create(struct ledger *l, const char *path,
                                  const struct bundle_selection *what);

/* The same step by step, for a thread that has other work, and with the file elsewhere: the frames
 * go to `put`, which copies them. `what` outlives the maker. A step puts the heads, one message or
 * one part; of one case all at once. Entries that come meanwhile may be in it or not. Errors of
 * `put` and those above. */
struct bundle_sink { void *ctx; enum err (*put)(void *ctx, struct span frame); };
struct bundle_maker;
MUST_CHECK enum err bundle_begin(struct bundle_maker **out, struct ledger *l,
                                 const struct bundle_sink *sink,
                                 const struct bundle_selection *what);
MUST_CHECK enum err bundle_step(struct bundle_maker *mk, bool *done);
void bundle_end(struct bundle_maker *mk);      /* at any time; NULL is allowed */

/* The heads of a node as a file for `since_path`: signed notes with an empty line between them. */
MUST_CHECK enum err bundle_heads(struct ledger *l, struct buffer *out);

/* Reading: frame by frame. Also checks the trailing hash at the end. */
struct bundle_reader;
/* ERR_NOTFOUND, ERR_FORMAT (not a bundle, or no ordinary file), ERR_TRUNCATED, ERR_TOO_LARGE,
 * ERR_UNSUPPORTED. */
MUST_CHECK enum err bundle_open(struct bundle_reader **out, const char *path);
/* The first frame, which bundle_next passes over, and the genesis bytes in it; borrowed until
 * close. */
struct span bundle_head(const struct bundle_reader *b);
struct span bundle_genesis(const struct bundle_reader *b);
bool bundle_partial(const struct bundle_reader *b);
/* Next message frame, borrowed until the next call. ERR_NOTFOUND at the good end; ERR_TRUNCATED,
 * ERR_CORRUPT. */
MUST_CHECK enum err bundle_next(struct bundle_reader *b, struct span *frame);
void bundle_close(struct bundle_reader *b);
/* Whether it is of this ledger: OK or ERR_WRONG_LEDGER. */
MUST_CHECK enum err bundle_belongs(struct ledger *l, const struct bundle_reader *b);

/* Applies every message of a bundle to a writable ledger. A log that forks is left alone and the
 * others go on; ERR_FORK is returned in the end. ERR_WRONG_LEDGER: a bundle of another ledger,
 * nothing was applied. Errors of bundle_next and of ledger_receive. */
struct bundle_result {
    uint64_t entries, parts, cosignatures;      /* new here */
    uint64_t skipped;              /* entries behind a gap or of a member not admitted */
    char forked[ID_MAX_BYTES + 1]; /* whose log forks, the last found; "" for none */
};
MUST_CHECK enum err bundle_apply(struct ledger *l, struct bundle_reader *b,
                                 struct bundle_result *result);
/* One message of a bundle into the ledger: shared by bundle_apply and the daemon. Pieces of a part
 * wait in the home until the last has come; one that is sealed to others, or that no entry held
 * here names, is passed over. ERR_FORK: this log; the rest may go on. A BUNDLE head is checked for
 * the ledger and else ignored; PROVEN and CONSISTENCY are for readers who hold no log. */
MUST_CHECK enum err bundle_apply_message(struct ledger *l, struct span frame,
                                         struct bundle_result *result);

#endif
