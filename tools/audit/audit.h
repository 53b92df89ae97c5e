/* The audit: every tree rebuilt from the entries, every checkpoint, signature and enrolment
 * checked, every case folded anew. Of a home it compares what it finds with what the node
 * stored; of a bundle it needs nothing but the file and the ledger's id. Reports through
 * callbacks. */
#ifndef JIELI_TOOLS_AUDIT_AUDIT_H
#define JIELI_TOOLS_AUDIT_AUDIT_H

#include "ledger/cases/reason.h"
#include "ledger/roster/genesis.h"

enum audit_weight {
    AUDIT_SAID,         /* worth telling, nothing is wrong with it */
    AUDIT_LISTED,       /* proven, and void or forked or withheld */
    AUDIT_BROKEN,       /* what is stored contradicts itself or what was signed */
};

enum finding_kind {
    /* broken */
    FIND_GENESIS,       /* genesis does not decode, or is not the pinned one */
    FIND_READ,          /* an entry cannot be read; err tells */
    FIND_BYTES,         /* an entry's bytes do not give their stored leaf hash */
    FIND_ROOT,          /* the entries do not give the root that the checkpoint signs */
    FIND_CHECKPOINT,    /* the checkpoint does not verify; err tells */
    FIND_UNSIGNED,      /* entries that no checkpoint covers; size: what one covers */
    FIND_TILE,          /* a stored tile is not that of the entries */
    FIND_KEY,           /* stored key or origin of the log is not that of its admission */
    FIND_MEMBER,        /* a log of a member that was never admitted */
    FIND_ROLLBACK,      /* older than the head this node published last: size */
    FIND_VERDICT,       /* the stored verdict is not what the law gives */
    FIND_STATE,         /* the stored state of a case is not what the law gives */
    FIND_STATES,        /* states are stored of cases that have no entry; size: how many */
    FIND_FOLDED,        /* the stored folded size is not what the law gives; size: what it gives */
    FIND_EVIDENCE,      /* stored evidence of a fork proves none */
    FIND_PACKAGE,       /* a package's proof fails */
    FIND_FILE,          /* the file is cut short or changed; err tells */
    FIND_COSIGNED,      /* a cosignature, over a tree of `size`, that does not hold; err tells */
    FIND_PROVEN,        /* a certificate shown alone, or an enrolment, does not hold; err tells */
    /* listed */
    FIND_VOID,          /* verdict void; reason */
    FIND_FOREIGN,       /* a copy or a repeat; reason */
    FIND_FORK,          /* two signed heads that cannot be one tree */
    FIND_PART,          /* a part's file here is not what the entry committed to; err tells */
    FIND_SHORT,         /* shorter than another copy proves it to be; size here, other there */
    /* said */
    FIND_OVERTAKEN,     /* a closure without effect: it had not seen what keeps the case open */
    FIND_PENDING,       /* rests on something not held */
    FIND_INCOMPLETE,    /* holds size of the other entries that its checkpoint covers */
    FIND_RANGE,         /* partial file: entries [size, other) proven */
    FIND_UNPROVEN,      /* partial file: [size, other) cannot be proven without what lies before */
    FIND_PARTS,         /* size of the other parts that the log's entries name are not held here */
    FIND_ERASED,        /* size of the other parts were erased here by order */
    FIND_UNSETTLED,     /* of a home that catches up: cases hold only [0, size) of other entries, so
                           that no state is compared */
    FIND_AHEAD,         /* longer than the other copy; size here, other there */
};

struct finding {
    enum finding_kind kind;
    const char *member;            /* NULL: of no log */
    uint32_t epoch;
    bool has_index, has_case;
    uint64_t index, size, other;
    enum reason reason;
    enum err err;
    struct hash case_id;
};

/* One line per log. */
struct audit_line {
    const char *member;
    uint32_t epoch;
    uint64_t entries, head, void_count, overtaken, pending;
    bool broken, complete;
};

struct audit_report {
    void *ctx;
    void (*found)(void *ctx, const struct finding *f);
    void (*line)(void *ctx, const struct audit_line *line);
    /* May be NULL. `stage`: "verify" in entries, "fold" in cases. */
    void (*progress)(void *ctx, const char *stage, uint64_t done, uint64_t total);
};

struct audit_options {
    const struct hash *pinned;     /* ledger id; NULL: as genesis has it */
    const char *own;               /* member whose home it is; NULL: not known */
    const char *against;           /* another copy, a home or a bundle: who is shorter, who has
                                      another tree; NULL: none */
    unsigned threads;              /* 0: all cores */
};

struct audit_summary {
    uint64_t logs, entries, signatures, cases, void_count, overtaken, pending, forks;
    uint64_t cosignatures;         /* that hold */
    uint64_t cosignatures_unproven; /* for which a certificate or proof is not there */
    bool partial, broken, listed;
    bool copy_failed;              /* with an ERR_*: it was `against` that could not be read */
    struct hash ledger;
    struct finding first;          /* the first broken one, its member in first_member, "": none */
    char first_member[ID_MAX_BYTES + 1];
};

/* ERR_* only for failures of this machine and for homes and files that cannot be opened;
 * whatever is wrong inside is found and reported, and OK. */
MUST_CHECK enum err audit_home(const char *home, const struct audit_options *options,
                               const struct audit_report *report, struct audit_summary *out);
MUST_CHECK enum err audit_file(const char *path, const struct audit_options *options,
                               const struct audit_report *report, struct audit_summary *out);

enum audit_weight finding_weight(enum finding_kind kind);
const char *finding_name(enum finding_kind kind);              /* "void": stable, for --json */
const char *finding_message(enum finding_kind kind);           /* English, N_() marked */

#endif
