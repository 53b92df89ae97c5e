/* What the files of the audit share: one run of it over a set of logs, wherever these were read. */
#ifndef JIELI_TOOLS_AUDIT_RUN_H
#define JIELI_TOOLS_AUDIT_RUN_H

#include "tools/audit/audit.h"
#include "tools/audit/set.h"

enum { RUN_JOB_ENTRIES = 64, RUN_JOB_CASES = 16 };

/* A log as it was found. The convenor's comes first. */
struct run_log {
    char member[ID_MAX_BYTES + 1];
    uint32_t epoch;
    uint64_t count;                /* entries from 0 on */
    struct log_no stored;          /* in its home */
    struct set_log *set;           /* NULL: not admitted, or not looked at */
    struct span note;              /* newest checkpoint, borrowed; empty: none */
    struct checkpoint head;        /* decoded once verified */
    uint64_t parts, parts_missing, parts_erased;   /* that its entries name */
    bool broken, incomplete;
};

struct audit_run;
/* Where entries come from. read: up to `max` of them from `index`, borrowed until the run ends. */
struct run_source {
    void *ctx;
    enum err (*read)(void *ctx, const struct run_log *log, uint64_t index, struct span *entries,
                     size_t max, size_t *count);
    /* Looks at leaf hashes computed from the bytes; NULL: nothing to compare with. */
    enum err (*leaves)(void *ctx, struct run_log *log, uint64_t index, const struct hash *leaves,
                       size_t count);
    /* Looks at the parts that an entry names; NULL: none are here. */
    enum err (*parts)(void *ctx, struct run_log *log, uint64_t index, const struct entry *e);
    /* Whether a head of a log that is not held from its first entry grew into its newest head:
     * ERR_PROOF, ERR_NOTFOUND: nothing tells; NULL: nothing ever does. */
    enum err (*grown)(void *ctx, const struct run_log *log, const struct checkpoint *head);
    /* The stored state of a case, borrowed; NULL: none is stored. ERR_NOTFOUND. */
    enum err (*state)(void *ctx, const struct hash *case_id, struct span *state);
};

struct audit_run {
    struct genesis genesis;
    struct audit_set set;
    const struct audit_report *report;
    struct audit_summary *out;
    unsigned threads;
    struct run_log *logs;
    unsigned log_count;
    struct run_source source;
};

/* Decodes genesis and begins the set. False: found wanting and reported. */
MUST_CHECK enum err run_start(struct audit_run *r, struct span genesis,
                              const struct audit_options *options, bool *go);
void run_clear(struct audit_run *r);
/* Reports, counts, and marks the log as broken where it is. */
void run_found(struct audit_run *r, struct run_log *log, struct finding f);
void run_found_at(struct audit_run *r, struct run_log *log, enum finding_kind kind, uint64_t index,
                  enum err err);

/* Reads, hashes, decodes, verifies and judges every entry of every log (stream.c). */
MUST_CHECK enum err run_stream(struct audit_run *r);
/* Checkpoints against the trees that were rebuilt (heads.c). */
MUST_CHECK enum err run_heads(struct audit_run *r);
/* The log's checkpoint, verified by what its member's admission says. */
MUST_CHECK enum err run_head_verify(const struct audit_run *r, const struct run_log *log,
                                    struct span note, struct checkpoint *out);
/* The signed heads of another copy, a home or a bundle, against these trees (against.c). Errors of
 * opening it; ERR_WRONG_LEDGER. */
MUST_CHECK enum err run_against(struct audit_run *r, const char *path);
/* Folds every case and compares with what is stored (refold.c). */
MUST_CHECK enum err run_fold(struct audit_run *r);
/* Lists what is not plainly valid, and gives each log its line (lines.c). */
void run_lines(struct audit_run *r);

#endif
