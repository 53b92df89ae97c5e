/* The audit of a home: read-only, one snapshot from beginning to end. */
#include <stdlib.h>
#include <string.h>

#include "ledger/fork.h"
#include "ledger/ledger.h"
#include "ledger/log/home.h"
#include "ledger/log/log_key.h"
#include "ledger/log/tile.h"
#include "tools/audit/cosigned.h"
#include "tools/audit/parts.h"
#include "tools/audit/run.h"

struct home_audit {
    struct audit_run run;
    const char *home, *own, *against;
    struct store *store;
    struct txn *txn;
    struct log *stored;            /* [log_no] */
    uint32_t stored_count;
    struct part_files parts;
};

static enum err read_run(void *ctx, const struct run_log *log, uint64_t index,
                         struct span *entries, size_t max, size_t *count)
{
    struct home_audit *h = ctx;
    return log_read_run(h->txn, log->stored, index, entries, max, count);
}

static enum err check_leaves(void *ctx, struct run_log *log, uint64_t index,
                             const struct hash *leaves, size_t count)
{
    struct home_audit *h = ctx;
    struct hash stored[RUN_JOB_ENTRIES];
    enum err err = log_leaves(h->txn, log->stored, index, stored, count);
    if (err != OK) {
        run_found_at(&h->run, log, FIND_READ, index, err);
        return OK;
    }
    for (size_t i = 0; i < count; i++) {
        if (!hash_equal(&stored[i], &leaves[i]))
            run_found_at(&h->run, log, FIND_BYTES, index + i, OK);
    }
    return OK;
}

static enum err read_state(void *ctx, const struct hash *case_id, struct span *state)
{
    struct home_audit *h = ctx;
    return table_get(h->txn, TABLE_CASE, span_of(case_id->b, HASH_BYTES), state);
}

static enum err check_parts(void *ctx, struct run_log *log, uint64_t index, const struct entry *e)
{
    struct home_audit *h = ctx;
    enum err err = e->kind == KIND_ERASE ? part_files_order(&h->parts, &e->id) : OK;
    for (unsigned i = 0; err != ERR_NOMEM && i < e->part_count; i++) {
        err = part_files_check(&h->parts, &e->parts[i].commitment);
        log->parts++;
        log->parts_missing += err == ERR_NOTFOUND;
        if (err == ERR_NOTFOUND)
            err = part_files_mark(&h->parts, &e->parts[i].commitment, log);
        if (err != OK && err != ERR_NOTFOUND && err != ERR_NOMEM)
            run_found_at(&h->run, log, FIND_PART, index, err);
    }
    return err == ERR_NOMEM ? err : OK;
}

static enum err load_log(struct home_audit *h, struct log_no no, struct run_log *out)
{
    struct log *log = &h->stored[no.v];
    enum err err = log_load(h->txn, no, log);
    if (err != OK)
        return err;
    *out = (struct run_log){.epoch = log->epoch, .count = log->frontier.size, .stored = no};
    memcpy(out->member, log->member, sizeof out->member);
    err = log_head(h->txn, no, &out->note);
    return err == ERR_NOTFOUND ? OK : err;
}

/* All logs, the convenor's first. */
static enum err load_logs(struct home_audit *h)
{
    struct audit_run *r = &h->run;
    enum err err = log_count(h->txn, &h->stored_count);
    if (err != OK)
        return err;
    r->logs = calloc(h->stored_count + 1, sizeof *r->logs);
    h->stored = calloc(h->stored_count + 1, sizeof *h->stored);
    if (r->logs == NULL || h->stored == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; err == OK && i < h->stored_count; i++) {
        err = load_log(h, (struct log_no){i}, &r->logs[i]);
        if (err == OK)
            r->log_count++;
        else
            run_found(r, NULL, (struct finding){.kind = FIND_READ, .err = err});
    }
    for (unsigned i = 1; i < r->log_count; i++) {
        struct run_log *log = &r->logs[i];
        if (strcmp(log->member, r->genesis.convenor.id) == 0 && log->epoch == 0) {
            struct run_log first = *log;
            memmove(&r->logs[1], &r->logs[0], i * sizeof *log);
            r->logs[0] = first;
        }
    }
    return err == ERR_NOMEM ? err : OK;
}

/* Key and origin as stored against the admission. */
static void check_key(struct home_audit *h, struct run_log *log)
{
    char origin[ORIGIN_MAX_BYTES + 1];
    const struct log *stored = &h->stored[log->stored.v];
    const struct member *m = roster_by_log(h->run.set.roster, log->member);
    enum err err = log_origin(h->run.genesis.domain, &h->run.genesis.ledger, log->member,
                              log->epoch, origin);
    if (m == NULL || err != OK || strcmp(origin, stored->origin) != 0 ||
        !pubkey_equal(&m->a.node_key, &stored->node_key))
        run_found(&h->run, log, (struct finding){.kind = FIND_KEY});
}

/* Every stored hash of one level of tiles against the entries' own. */
static bool level_holds(struct home_audit *h, const struct run_log *log, unsigned level,
                        uint64_t hashes)
{
    uint64_t bundles = (uint64_t)1 << (8 * (level - 1));
    for (uint64_t n = 0; n < hashes; n++) {
        struct hash stored, made;
        merkle_root(&log->set->bundle_roots[n * bundles], bundles, &made);
        if (tile_read(h->txn, log->stored, level, n, &stored, 1) != OK ||
            !hash_equal(&stored, &made))
            return false;
    }
    return true;
}

static void check_tiles(struct home_audit *h, struct run_log *log)
{
    uint64_t hashes = log->set == NULL ? 0 : log->set->count / PACKAGE_ENTRIES;
    for (unsigned level = 1; hashes > 0; level++, hashes /= PACKAGE_ENTRIES) {
        if (level_holds(h, log, level, hashes))
            continue;
        run_found(&h->run, log, (struct finding){.kind = FIND_TILE});
        return;
    }
}

/* The head that this node published last, kept outside the database. */
static enum err check_last_head(struct home_audit *h, struct run_log *log)
{
    struct last_head_file *file;
    struct last_head last;
    struct hash root;
    enum err err = last_head_open(&file, h->home, false);
    if (err != OK)
        return err == ERR_NOMEM ? err : OK;
    err = last_head_read(file, &last);
    last_head_close(file);
    if (err != OK || last.epoch != log->epoch)
        return OK;
    bool held = log->set != NULL && set_root(log->set, last.size, &root) == OK;
    if (last.size > log->head.size || !held || !hash_equal(&root, &last.root))
        run_found(&h->run, log, (struct finding){.kind = FIND_ROLLBACK, .size = last.size});
    return OK;
}

/* Whether two notes prove a fork: both signed, and not of one tree, by the entries held or by the
 * proof that leads from another root to the larger. */
static bool fork_proven(struct home_audit *h, const struct run_log *log,
                        const struct span notes[2], const struct proof *proof)
{
    struct checkpoint heads[2];
    struct hash root;
    for (unsigned i = 0; i < 2; i++) {
        if (run_head_verify(&h->run, log, notes[i], &heads[i]) != OK)
            return false;
    }
    const struct checkpoint *less = &heads[heads[0].size > heads[1].size];
    const struct checkpoint *more = less == heads ? &heads[1] : heads;
    if (less->size == more->size)
        return !hash_equal(&less->root, &more->root);
    if (fork_old_root(less->size, more, proof, &root))
        return !hash_equal(&root, &less->root);
    for (unsigned i = 0; i < 2; i++) {
        if (log->set != NULL && set_root(log->set, heads[i].size, &root) == OK &&
            !hash_equal(&root, &heads[i].root))
            return true;
    }
    return false;
}

static enum err check_forks(struct home_audit *h, struct run_log *log)
{
    struct span notes[2];
    struct proof proof;
    enum err err = OK;
    for (uint32_t n = 0; n < LOG_FORKS_MAX; n++) {
        err = log_fork_get(h->txn, log->stored, n, notes, &proof);
        if (err != OK && err != ERR_CORRUPT)
            break;
        bool proven = err == OK && fork_proven(h, log, notes, &proof);
        h->run.out->forks += proven;
        run_found(&h->run, log, (struct finding){.kind = proven ? FIND_FORK : FIND_EVIDENCE});
    }
    return err == ERR_NOTFOUND || err == ERR_CORRUPT ? OK : err;
}

static enum err check_logs(struct home_audit *h)
{
    struct audit_run *r = &h->run;
    enum err err = run_heads(r);
    part_files_erased(&h->parts);
    for (unsigned i = 0; err == OK && i < r->log_count; i++) {
        struct run_log *log = &r->logs[i];
        if (log->set == NULL && log->count > 0)
            continue;
        check_key(h, log);
        check_tiles(h, log);
        if (log->parts_missing > 0)
            run_found(r, log, (struct finding){.kind = FIND_PARTS, .size = log->parts_missing,
                                               .other = log->parts});
        if (log->parts_erased > 0)
            run_found(r, log, (struct finding){.kind = FIND_ERASED, .size = log->parts_erased,
                                               .other = log->parts});
        err = check_forks(h, log);
        if (err == OK && h->own != NULL && strcmp(log->member, h->own) == 0)
            err = check_last_head(h, log);
    }
    return err;
}

/* ---- what the node made of it ---- */

/* Whether every entry is in its cases. Of a home that catches up, or was killed in it, some states
 * may be further than others. */
static enum err check_settled(struct home_audit *h, bool *settled)
{
    struct audit_run *r = &h->run;
    enum err err = OK;
    *settled = true;
    for (unsigned i = 0; err == OK && i < r->log_count; i++) {
        struct run_log *log = &r->logs[i];
        uint64_t size;
        err = ledger_settled_read(h->txn, log->stored, &size);
        if (err != OK || size == log->count)
            continue;
        *settled = false;
        run_found(r, log, (struct finding){.kind = FIND_UNSETTLED, .size = size,
                                           .other = log->count});
    }
    return err;
}

static void verdict_wrong(struct home_audit *h, struct run_log *log, uint64_t index,
                          enum reason reason)
{
    run_found(&h->run, log, (struct finding){.kind = FIND_VERDICT, .has_index = true,
                                             .index = index, .reason = reason});
}

/* Everything that is not plainly valid must be stored as it is. */
static enum err check_rows_of(struct home_audit *h, struct run_log *log)
{
    enum err err = OK;
    for (uint64_t i = 0; err == OK && log->set != NULL && i < log->set->count; i++) {
        const struct set_entry *entry = &log->set->entries[i];
        const uint8_t is[] = {entry->verdict, entry->reason, entry->at_once, entry->in_cycle};
        const struct log_key key = log_key_entry(log->stored, i);
        struct span row;
        if (entry->verdict == VERDICT_VALID)
            continue;
        err = table_get(h->txn, TABLE_VERDICT, log_key_span(&key), &row);
        if (err == ERR_NOTFOUND ||
            (err == OK && (row.len != sizeof is || memcmp(row.data, is, sizeof is) != 0))) {
            verdict_wrong(h, log, i, (enum reason)entry->reason);
            err = OK;
        }
    }
    return err;
}

/* And nothing else may be. */
static enum err check_rows(struct home_audit *h)
{
    struct audit_run *r = &h->run;
    struct run_log **by_no = calloc(h->stored_count + 1, sizeof *by_no);
    struct cursor *c;
    struct span key, value;
    if (by_no == NULL)
        return ERR_NOMEM;
    for (unsigned i = 0; i < r->log_count; i++)
        by_no[r->logs[i].stored.v] = &r->logs[i];
    enum err err = cursor_open(h->txn, TABLE_VERDICT, (struct span){NULL, 0}, &c);
    while (err == OK && (err = cursor_next(c, &key, &value)) == OK) {
        uint32_t no = key.len == 12 ? load_u32(key.data) : UINT32_MAX;
        struct run_log *log = no < h->stored_count ? by_no[no] : NULL;
        uint64_t index = log == NULL ? 0 : load_u64(key.data + 4);
        bool known = log != NULL && log->set != NULL && index < log->set->count;
        if (!known)
            run_found(r, log, (struct finding){.kind = FIND_VERDICT});
        else if (log->set->entries[index].verdict == VERDICT_VALID)
            verdict_wrong(h, log, index, REASON_NONE);
    }
    cursor_close(c);
    free(by_no);
    return err == ERR_NOTFOUND ? OK : err;
}

/* Besides the states the table holds the lists of the cases' entries, under longer keys. */
static enum err count_states(struct txn *t, uint64_t *count)
{
    struct cursor *c;
    struct span key, value;
    enum err err = cursor_open(t, TABLE_CASE, (struct span){NULL, 0}, &c);
    *count = 0;
    if (err != OK)
        return err;
    while ((err = cursor_next(c, &key, &value)) == OK)
        *count += key.len == HASH_BYTES;
    cursor_close(c);
    return err == ERR_NOTFOUND ? OK : err;
}

static enum err check_stored(struct home_audit *h)
{
    struct audit_run *r = &h->run;
    struct span folded;
    uint64_t states;
    enum err err = check_rows(h);
    for (unsigned i = 0; err == OK && i < r->log_count; i++)
        err = check_rows_of(h, &r->logs[i]);
    if (err == OK)
        err = count_states(h->txn, &states);
    if (err != OK)
        return err;
    if (states > r->set.case_count)
        run_found(r, NULL, (struct finding){.kind = FIND_STATES,
                                            .size = states - r->set.case_count});
    err = table_get(h->txn, TABLE_META, span_of("folded", 6), &folded);
    uint64_t stored = err == OK && folded.len == 8 ? load_u64(folded.data) : 0;
    if (stored != r->set.folded)
        run_found(r, NULL, (struct finding){.kind = FIND_FOLDED, .size = r->set.folded});
    return err == ERR_NOTFOUND ? OK : err;
}

static enum err audit_all(struct home_audit *h)
{
    struct audit_run *r = &h->run;
    bool settled = true;
    enum err err = load_logs(h);
    if (err == OK)
        err = part_files_open(&h->parts, h->home);
    if (err == OK)
        err = run_stream(r);
    if (err == OK)
        err = check_logs(h);
    if (err == OK)
        err = run_cosigned_rows(r, h->txn);
    if (err == OK && h->against != NULL)
        err = run_against(r, h->against);
    if (err == OK)
        err = check_settled(h, &settled);
    if (!settled)
        r->source.state = NULL;
    if (err == OK && !r->out->broken)
        err = run_fold(r);
    if (err == OK && !r->out->broken && settled)
        err = check_stored(h);
    if (err == OK)
        run_lines(r);
    return err;
}

enum err audit_home(const char *home, const struct audit_options *options,
                    const struct audit_report *report, struct audit_summary *out)
{
    struct home_audit *h = calloc(1, sizeof *h);
    char path[HOME_PATH_BYTES];
    struct buffer genesis = {0};
    bool go = false;
    *out = (struct audit_summary){0};
    if (h == NULL)
        return ERR_NOMEM;
    h->home = home;
    h->own = options->own;
    h->against = options->against;
    h->run.report = report;
    h->run.out = out;
    h->run.source = (struct run_source){.ctx = h, .read = read_run, .leaves = check_leaves,
                                        .parts = check_parts, .state = read_state};
    enum err err = home_path(path, sizeof path, home, "genesis");
    if (err == OK)
        err = file_read(path, GENESIS_MAX_BYTES, &genesis);
    if (err == OK)
        err = home_path(path, sizeof path, home, "db");
    if (err == OK)
        err = store_open(&h->store, path, false, true);
    if (err == OK)
        err = run_start(&h->run, buffer_span(&genesis), options, &go);
    if (err == OK && go)
        err = txn_read(h->store, &h->txn);
    if (err == OK && go)
        err = audit_all(h);
    run_clear(&h->run);
    txn_abort(h->txn);
    store_close(h->store);
    buffer_clear(&genesis);
    part_files_clear(&h->parts);
    free(h->stored);
    free(h);
    return err;
}
