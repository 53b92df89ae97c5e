#include "tools/audit/run.h"

enum err run_head_verify(const struct audit_run *r, const struct run_log *log, struct span note,
                         struct checkpoint *out)
{
    char origin[ORIGIN_MAX_BYTES + 1];
    const struct member *m = roster_by_log(r->set.roster, log->member);
    if (m == NULL)
        return ERR_UNKNOWN_MEMBER;
    enum err err = log_origin(r->genesis.domain, &r->genesis.ledger, log->member, log->epoch,
                              origin);
    return err == OK ? checkpoint_verify(out, note, origin, &m->a.node_key) : err;
}

/* The root of what is held against the one that was signed. */
static enum err compare(struct audit_run *r, struct run_log *log)
{
    struct hash root;
    if (log->head.size > log->set->count) {
        log->incomplete = true;
        run_found(r, log, (struct finding){.kind = FIND_INCOMPLETE, .size = log->set->count,
                                           .other = log->head.size});
        return OK;
    }
    if (log->head.size < log->set->count)
        run_found(r, log, (struct finding){.kind = FIND_UNSIGNED, .has_index = true,
                                           .index = log->head.size, .size = log->head.size});
    enum err err = set_root(log->set, log->head.size, &root);
    if (err == OK && !hash_equal(&root, &log->head.root))
        run_found(r, log, (struct finding){.kind = FIND_ROOT, .size = log->head.size});
    return err;
}

enum err run_heads(struct audit_run *r)
{
    enum err err = OK;
    for (unsigned i = 0; err == OK && i < r->log_count; i++) {
        struct run_log *log = &r->logs[i];
        if (log->set == NULL && log->count > 0)
            continue;
        if (log->note.len == 0) {
            if (log->count > 0)
                run_found_at(r, log, FIND_UNSIGNED, 0, OK);
            continue;
        }
        err = run_head_verify(r, log, log->note, &log->head);
        if (err != OK && err != ERR_NOMEM) {
            run_found(r, log, (struct finding){.kind = FIND_CHECKPOINT, .err = err});
            err = OK;
            continue;
        }
        if (err == OK && log->set == NULL)
            err = set_log_add(&r->set, log->member, log->epoch, 0, &log->set);
        if (err == OK)
            err = compare(r, log);
    }
    return err;
}
