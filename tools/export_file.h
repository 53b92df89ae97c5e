/* Exports (FORMAT.md, "Exports"): one JSON object a line.
 *
 *   {"jieli_export": 1, "ledger": hex, "genesis": hex}          the first line
 *   {"log", "epoch", "index", "id", …, "verdict", "reason"?}    every entry, in the order of the
 *                                                               logs, the convenor's first
 *   {"case": id, "state": {…}, "encoding": hex}                 every case, by id
 *
 * `encoding` is the state's deterministic CBOR. Signatures are not in an export: the reason
 * "signature" says which failed. Lines of states are not needed to fold the entries. */
#ifndef JIELI_TOOLS_EXPORT_FILE_H
#define JIELI_TOOLS_EXPORT_FILE_H

#include <jansson.h>
#include <stdio.h>

#include "ledger/ledger.h"
#include "tools/audit/set.h"

/* Writes the export of an open ledger. ERR_CORRUPT, ERR_IO. */
MUST_CHECK enum err export_write(struct ledger *l, FILE *out);

/* The entries of an export in memory. */
struct export_file {
    struct genesis genesis;
    struct audit_set set;
    struct buffer *blocks;             /* bytes of the entries */
    size_t block_count, block_cap;
    uint64_t line;                     /* last one read, from 1: where an error stands */
};
/* Reads and judges all entries; set_sort is done. ERR_FORMAT (see `line`), ERR_GAP (an entry out of
 * order), ERR_UNKNOWN_MEMBER, those of genesis_decode. Clear in either case. */
MUST_CHECK enum err export_read(struct export_file *f, FILE *in);
void export_clear(struct export_file *f);
/* Folds every case; writes a line for each entry {"log", "epoch", "index", "id", "verdict",
 * "reason"?} and for each case as above. */
MUST_CHECK enum err export_fold(struct export_file *f, FILE *out);

/* One entry of an export as the bytes of an entry whose signatures are all zero. */
MUST_CHECK enum err export_entry_bytes(const json_t *line, struct buffer *out);
/* A fact's value from its JSON. ERR_FORMAT. */
MUST_CHECK enum err export_fact(const struct fact_row *row, const json_t *value,
                                struct buffer *out);

#endif
