/* The audit of a bundle, from the file and the ledger's id alone. A file that holds every log from
 * its first entry is audited like a home, but for what a node stored. Of a partial one each package
 * is proven into its checkpoint, and the ranges are told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/bundle.h"
#include "net/proven.h"
#include "tools/audit/cosigned.h"
#include "tools/audit/run.h"

/* A package as it lies in memory; its message's note stands beside it. */
struct piece {
    unsigned log;
    uint64_t start;
    unsigned count;
    struct span bytes, note;
};

struct file_log { struct span *entries; uint64_t count, cap; };    /* from 0 without a gap */
struct kept { struct span *frames; size_t count, cap; };

struct file_audit {
    struct audit_run run;
    bool partial;
    const char *against;
    uint8_t **frames;
    size_t frame_count, frame_cap;
    struct piece *pieces;
    size_t piece_count, piece_cap;
    struct file_log *held;             /* [log of the run] */
    struct kept cosigned, proven, consistency;   /* messages of these types */
    struct message *message, *message_grown;
    struct buffer grown_key;
    struct package *package;
};

static enum err read_run(void *ctx, const struct run_log *log, uint64_t index,
                         struct span *entries, size_t max, size_t *count)
{
    struct file_audit *f = ctx;
    const struct file_log *held = &f->held[log - f->run.logs];
    *count = held->count - index < max ? (size_t)(held->count - index) : max;
    memcpy(entries, &held->entries[index], *count * sizeof *entries);
    return OK;
}

/* ---- loading ---- */

static enum err frame_keep(struct file_audit *f, struct span frame, struct span *kept)
{
    if (f->frame_count == f->frame_cap) {
        size_t cap = f->frame_cap == 0 ? 256 : 2 * f->frame_cap;
        uint8_t **frames = realloc(f->frames, cap * sizeof *frames);
        if (frames == NULL)
            return ERR_NOMEM;
        f->frames = frames;
        f->frame_cap = cap;
    }
    uint8_t *copy = malloc(frame.len + 1);
    if (copy == NULL)
        return ERR_NOMEM;
    memcpy(copy, frame.data, frame.len);
    f->frames[f->frame_count++] = copy;
    *kept = span_of(copy, frame.len);
    return OK;
}

static enum err log_slot(struct file_audit *f, const char *member, uint32_t epoch, unsigned *out)
{
    struct audit_run *r = &f->run;
    for (*out = 0; *out < r->log_count; ++*out) {
        if (r->logs[*out].epoch == epoch && strcmp(r->logs[*out].member, member) == 0)
            return OK;
    }
    if (r->log_count == LOGS_MAX)
        return ERR_TOO_LARGE;
    struct run_log *log = &r->logs[r->log_count++];
    *log = (struct run_log){.epoch = epoch};
    memcpy(log->member, member, strlen(member) + 1);
    return OK;
}

static enum err entries_keep(struct file_log *held, const struct package *p)
{
    if (p->start > held->count || p->start + p->count <= held->count)
        return OK;
    if (held->count + p->count > held->cap) {
        uint64_t cap = 2 * held->cap + PACKAGE_ENTRIES;
        struct span *entries = realloc(held->entries, cap * sizeof *entries);
        if (entries == NULL)
            return ERR_NOMEM;
        held->entries = entries;
        held->cap = cap;
    }
    for (unsigned i = (unsigned)(held->count - p->start); i < p->count; i++)
        held->entries[held->count++] = p->entries[i];
    return OK;
}

static enum err piece_add(struct file_audit *f, struct span bytes, struct span note)
{
    struct piece piece = {.bytes = bytes, .note = note};
    enum err err = package_decode(f->package, bytes);
    if (err == OK)
        err = log_slot(f, f->package->member, f->package->epoch, &piece.log);
    if (err != OK)
        return err;
    piece.start = f->package->start;
    piece.count = f->package->count;
    if (f->piece_count == f->piece_cap) {
        size_t cap = f->piece_cap == 0 ? 256 : 2 * f->piece_cap;
        struct piece *pieces = realloc(f->pieces, cap * sizeof *pieces);
        if (pieces == NULL)
            return ERR_NOMEM;
        f->pieces = pieces;
        f->piece_cap = cap;
    }
    f->pieces[f->piece_count++] = piece;
    return entries_keep(&f->held[piece.log], f->package);
}

/* The log of a note by its origin, made where it is met first. ERR_WRONG_LEDGER. */
static enum err head_add(struct file_audit *f, struct span bytes)
{
    char prefix[ORIGIN_MAX_BYTES + 1], member[ID_MAX_BYTES + 1];
    const struct genesis *g = &f->run.genesis;
    struct checkpoint head;
    struct note note;
    unsigned log, epoch;
    enum err err = log_origin(g->domain, &g->ledger, "", 0, prefix);
    if (err == OK)
        err = note_decode(&note, bytes);
    if (err != OK)
        return err;
    err = checkpoint_parse(&head, note.text);
    note_clear(&note);
    if (err != OK)
        return err;
    size_t len = strlen(prefix) - strlen("/0");
    if (strncmp(prefix, head.origin, len) != 0 ||
        sscanf(head.origin + len, "%31[a-z0-9-]/%u", member, &epoch) != 2)
        return ERR_WRONG_LEDGER;
    err = log_slot(f, member, epoch, &log);
    if (err == OK && (f->run.logs[log].note.len == 0 || f->run.logs[log].head.size < head.size)) {
        f->run.logs[log].note = bytes;
        f->run.logs[log].head.size = head.size;
    }
    return err;
}

static enum err keep(struct kept *kept, struct span frame)
{
    if (kept->count == kept->cap) {
        size_t cap = kept->cap == 0 ? 64 : 2 * kept->cap;
        struct span *frames = realloc(kept->frames, cap * sizeof *frames);
        if (frames == NULL)
            return ERR_NOMEM;
        kept->frames = frames;
        kept->cap = cap;
    }
    kept->frames[kept->count++] = frame;
    return OK;
}

/* Where messages wait until all logs were looked at. */
static struct kept *kept_of(struct file_audit *f, uint8_t type)
{
    switch (type) {
    case MSG_COSIGN: return &f->cosigned;
    case MSG_PROVEN: return &f->proven;
    case MSG_CONSISTENCY: return &f->consistency;
    default: return NULL;
    }
}

static enum err message_keep(struct file_audit *f, struct span frame)
{
    struct span kept;
    struct kept *later = frame.len == 0 ? NULL : kept_of(f, frame.data[0]);
    if (frame.len == 0 ||
        (later == NULL && frame.data[0] != MSG_HEADS && frame.data[0] != MSG_PACKAGES))
        return OK;
    enum err err = frame_keep(f, frame, &kept);
    if (err == OK)
        err = message_decode(f->message, kept);
    const struct message *m = f->message;
    if (err == OK && later != NULL)
        return keep(later, kept);
    for (unsigned i = 0; err == OK && m->type == MSG_HEADS && i < m->u.heads.count; i++)
        err = head_add(f, m->u.heads.notes[i]);
    if (err == OK && m->type == MSG_PACKAGES)
        err = head_add(f, m->u.packages.note);
    for (unsigned i = 0; err == OK && m->type == MSG_PACKAGES && i < m->u.packages.count; i++)
        err = piece_add(f, m->u.packages.packages[i], m->u.packages.note);
    return err;
}

/* Reads the whole file. False: it is no good, and that was reported. */
static enum err load(struct file_audit *f, struct bundle_reader *b, bool *good)
{
    struct span frame;
    unsigned convenor;
    enum err err = log_slot(f, f->run.genesis.convenor.id, 0, &convenor);
    while (err == OK && (err = bundle_next(b, &frame)) == OK)
        err = message_keep(f, frame);
    *good = err == ERR_NOTFOUND;
    if (err == ERR_NOTFOUND || err == ERR_NOMEM || err == ERR_IO)
        return err == ERR_NOTFOUND ? OK : err;
    run_found(&f->run, NULL, (struct finding){.kind = FIND_FILE, .err = err});
    return OK;
}

/* ---- proofs ---- */

/* Leaf hashes of [start of its bundle, start), where the log is held from its first entry. */
static bool before(const struct run_log *log, const struct piece *piece, struct hash *leaves)
{
    uint64_t from = piece->start - piece->start % PACKAGE_ENTRIES;
    if (log->set == NULL || log->set->count < piece->start)
        return false;
    for (uint64_t i = from; i < piece->start; i++)
        leaves[i - from] = log->set->entries[i].id;
    return true;
}

/* Signatures of entries whose log is not held from its beginning. */
static void check_signatures(struct file_audit *f, struct run_log *log, const struct package *p)
{
    f->run.out->entries += p->count;
    for (unsigned i = 0; i < p->count; i++) {
        struct entry e;
        enum reason reason = REASON_NONE;
        if (entry_decode(&e, p->entries[i]) != OK)
            reason = REASON_UNDECODABLE;
        else if (entry_verify(&e, &f->run.genesis.ledger) != OK)
            reason = REASON_SIGNATURE;
        else
            f->run.out->signatures += e.signer_count;
        if (reason != REASON_NONE)
            run_found(&f->run, log, (struct finding){.kind = FIND_VOID, .has_index = true,
                                                     .index = p->start + i, .reason = reason});
    }
}

static enum err prove(struct file_audit *f, const struct piece *piece, enum finding_kind *kind)
{
    struct hash held[PACKAGE_ENTRIES], leaves[PACKAGE_ENTRIES];
    const struct run_log *log = &f->run.logs[piece->log];
    struct checkpoint head;
    *kind = FIND_RANGE;
    bool aligned = piece->start % PACKAGE_ENTRIES == 0;
    enum err err = run_head_verify(&f->run, log, piece->note, &head);
    if (err == ERR_UNKNOWN_MEMBER || (!aligned && !before(log, piece, held))) {
        *kind = FIND_UNPROVEN;
        return OK;
    }
    if (err == OK)
        err = package_decode(f->package, piece->bytes);
    if (err == OK && f->package->tree_size != head.size)
        err = ERR_PROOF;
    if (err == OK)
        err = package_verify_alone(f->package, aligned ? NULL : held, &head.root, leaves);
    if (err == OK || err == ERR_NOMEM)
        return err;
    *kind = FIND_PACKAGE;
    return OK;
}

/* Proves the pieces of one log; neighbours are told as one range. */
static enum err prove_log(struct file_audit *f, unsigned no, bool told)
{
    struct run_log *log = &f->run.logs[no];
    struct finding range = {.kind = FIND_RANGE};
    enum err err = OK;
    for (size_t i = 0; err == OK && i < f->piece_count; i++) {
        const struct piece *piece = &f->pieces[i];
        enum finding_kind kind;
        if (piece->log != no)
            continue;
        err = prove(f, piece, &kind);
        if (err == OK && kind == FIND_PACKAGE)
            run_found_at(&f->run, log, FIND_PACKAGE, piece->start, ERR_PROOF);
        if (err != OK || kind == FIND_PACKAGE || !told)
            continue;
        if (log->set == NULL && package_decode(f->package, piece->bytes) == OK)
            check_signatures(f, log, f->package);
        if (range.other > 0 && (range.other != piece->start || range.kind != kind)) {
            run_found(&f->run, log, range);
            range.other = 0;
        }
        if (range.other == 0)
            range = (struct finding){.kind = kind, .size = piece->start};
        range.other = piece->start + piece->count;
        log->count += log->set == NULL ? piece->count : 0;
    }
    if (err == OK && range.other > 0)
        run_found(&f->run, log, range);
    return err;
}

/* ---- cosignatures ---- */

/* Certificates, and the enrolments before them, of members whose logs are not there. */
static enum err check_proven(struct file_audit *f)
{
    struct audit_run *r = &f->run;
    for (size_t i = 0; i < f->proven.count; i++) {
        struct peer_certificate p;
        const struct member *m;
        unsigned log = 0;
        enum err err = message_decode(f->message, f->proven.frames[i]);
        if (err == OK)
            err = proven_open(r->set.roster, f->message->u.proven.entry, &p, &m);
        if (err == OK)
            err = log_slot(f, m->a.id, 0, &log);
        if (err == OK)
            err = proven_apply(r->set.roster, &p, m);
        if (err == ERR_NOMEM)
            return err;
        if (err != OK)
            run_found(r, log == 0 ? NULL : &r->logs[log],
                      (struct finding){.kind = FIND_PROVEN, .err = err});
    }
    return OK;
}

/* By their bytes, which begin with log and sizes. */
static int frame_order(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    const int order = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);
    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

/* A message of consistency without its proof: all that one of them begins with. */
static enum err growth_key(struct file_audit *f, const struct run_log *log, uint64_t from)
{
    struct message *m = f->message_grown;
    *m = (struct message){.type = MSG_CONSISTENCY};
    memcpy(m->u.consistency.log.member, log->member, sizeof m->u.consistency.log.member);
    m->u.consistency.log.epoch = log->epoch;
    m->u.consistency.from = from;
    m->u.consistency.to = log->head.size;
    buffer_reset(&f->grown_key);
    enum err err = message_encode(m, &f->grown_key);
    f->grown_key.len -= err == OK;             /* the count */
    return err;
}

static bool begins_with(struct span frame, const struct buffer *key)
{
    return frame.len >= key->len && memcmp(frame.data, key->data, key->len) == 0;
}

/* The frames are sorted: a file may hold very many of them, and of cosignatures. */
static enum err grown(void *ctx, const struct run_log *log, const struct checkpoint *head)
{
    struct file_audit *f = ctx;
    struct message *m = f->message_grown;
    size_t lo = 0, hi = f->consistency.count;
    enum err err = growth_key(f, log, head->size);
    const struct span key = buffer_span(&f->grown_key);
    while (err == OK && lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (frame_order(&f->consistency.frames[mid], &key) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (err == OK && (lo == f->consistency.count ||
                      !begins_with(f->consistency.frames[lo], &f->grown_key)))
        err = ERR_NOTFOUND;
    if (err == OK)
        err = message_decode(m, f->consistency.frames[lo]);
    return err == OK ? merkle_verify_consistency(head->size, log->head.size, &head->root,
                                                 &log->head.root, &m->u.consistency.proof) : err;
}

static enum err check_cosigned(struct file_audit *f)
{
    struct cosigned c;
    if (f->consistency.count > 1)
        qsort(f->consistency.frames, f->consistency.count, sizeof *f->consistency.frames,
              frame_order);
    for (size_t i = 0; i < f->cosigned.count; i++) {
        enum err err = message_decode(f->message, f->cosigned.frames[i]);
        for (unsigned k = 0; err == OK && k < f->message->u.cosign.count; k++) {
            err = cosigned_decode(&c, f->message->u.cosign.notes[k]);
            if (err == OK)
                run_cosigned(&f->run, &c);
            else if (err != ERR_NOMEM)
                run_found(&f->run, NULL, (struct finding){.kind = FIND_COSIGNED, .err = err});
        }
        if (err == ERR_NOMEM)
            return err;
    }
    return OK;
}

/* ---- the whole ---- */

static enum err audit_whole(struct file_audit *f)
{
    struct audit_run *r = &f->run;
    for (unsigned i = 0; i < r->log_count; i++)
        r->logs[i].count = f->held[i].count;
    enum err err = run_stream(r);
    if (err == OK)
        err = run_heads(r);
    for (unsigned i = 0; err == OK && i < r->log_count; i++) {
        if (r->logs[i].broken)
            err = prove_log(f, i, false);
    }
    if (err == OK && f->against != NULL)
        err = run_against(r, f->against);
    return err == OK && !r->out->broken ? run_fold(r) : err;
}

/* The checkpoint of a log that is not held from its beginning, as far as its key is known. */
static enum err partial_head(struct audit_run *r, struct run_log *log)
{
    log->head.size = 0;
    if (log->note.len == 0)
        return OK;
    enum err err = run_head_verify(r, log, log->note, &log->head);
    if (err == OK || err == ERR_UNKNOWN_MEMBER || err == ERR_NOMEM)
        return err == ERR_NOMEM ? err : OK;
    run_found(r, log, (struct finding){.kind = FIND_CHECKPOINT, .err = err});
    return OK;
}

/* The convenor's log, where it is there from its first entry, tells the keys of the others. */
static enum err audit_partial(struct file_audit *f)
{
    struct audit_run *r = &f->run;
    unsigned all = r->log_count;
    r->logs[0].count = f->held[0].count;
    r->log_count = r->logs[0].count > 0 ? 1 : 0;
    enum err err = run_stream(r);
    if (err == OK)
        err = run_heads(r);
    r->log_count = all;
    for (unsigned i = 0; err == OK && i < all; i++) {
        if (r->logs[i].set != NULL)
            continue;
        r->logs[i].incomplete = true;
        err = partial_head(r, &r->logs[i]);
        if (err == OK)
            err = prove_log(f, i, true);
    }
    return err;
}

static enum err audit_open(struct file_audit *f, struct bundle_reader *b,
                           const struct audit_options *options)
{
    struct audit_run *r = &f->run;
    bool go, good = false;
    f->message = malloc(sizeof *f->message);
    f->message_grown = malloc(sizeof *f->message_grown);
    f->package = malloc(sizeof *f->package);
    f->held = calloc(LOGS_MAX, sizeof *f->held);
    r->logs = calloc(LOGS_MAX, sizeof *r->logs);
    if (f->message == NULL || f->message_grown == NULL || f->package == NULL ||
        f->held == NULL || r->logs == NULL)
        return ERR_NOMEM;
    enum err err = run_start(r, bundle_genesis(b), options, &go);
    if (err == OK && go)
        err = load(f, b, &good);
    if (err != OK || !good)
        return err;
    f->partial = r->out->partial = bundle_partial(b);
    err = f->partial ? audit_partial(f) : audit_whole(f);
    if (err == OK && f->partial)
        err = check_proven(f);
    if (err == OK)
        err = check_cosigned(f);
    if (err == OK)
        run_lines(r);
    return err;
}

static void file_clear(struct file_audit *f)
{
    run_clear(&f->run);
    for (size_t i = 0; i < f->frame_count; i++)
        free(f->frames[i]);
    for (unsigned i = 0; f->held != NULL && i < LOGS_MAX; i++)
        free(f->held[i].entries);
    free(f->frames);
    free(f->pieces);
    free(f->cosigned.frames);
    free(f->proven.frames);
    free(f->consistency.frames);
    free(f->message_grown);
    buffer_clear(&f->grown_key);
    free(f->held);
    free(f->message);
    free(f->package);
}

enum err audit_file(const char *path, const struct audit_options *options,
                    const struct audit_report *report, struct audit_summary *out)
{
    struct bundle_reader *b;
    *out = (struct audit_summary){0};
    struct file_audit *f = calloc(1, sizeof *f);
    if (f == NULL)
        return ERR_NOMEM;
    f->run.report = report;
    f->run.out = out;
    f->run.source = (struct run_source){.ctx = f, .read = read_run, .grown = grown};
    f->against = options->against;
    enum err err = bundle_open(&b, path);
    if (err == OK) {
        err = audit_open(f, b, options);
        bundle_close(b);
    }
    file_clear(f);
    free(f);
    return err;
}
