#include "tools/audit/run.h"

#include <stdlib.h>
#include <string.h>

enum err run_start(struct audit_run *r, struct span genesis, const struct audit_options *options,
                   bool *go)
{
    enum err err = genesis_decode(&r->genesis, genesis);
    if (err == OK && options->pinned != NULL && !hash_equal(options->pinned, &r->genesis.ledger))
        err = ERR_WRONG_LEDGER;
    *go = err == OK;
    if (err == ERR_NOMEM)
        return err;
    if (err != OK) {
        run_found(r, NULL, (struct finding){.kind = FIND_GENESIS, .err = err});
        return OK;
    }
    r->threads = options->threads;
    r->out->ledger = r->genesis.ledger;
    return set_init(&r->set, &r->genesis);
}

void run_clear(struct audit_run *r)
{
    set_clear(&r->set);
    free(r->logs);
    r->logs = NULL;
}

void run_found(struct audit_run *r, struct run_log *log, struct finding f)
{
    struct audit_summary *out = r->out;
    if (log != NULL) {
        f.member = log->member;
        f.epoch = log->epoch;
    }
    switch (finding_weight(f.kind)) {
    case AUDIT_BROKEN:
        if (log != NULL)
            log->broken = true;
        if (!out->broken) {
            out->first = f;
            memcpy(out->first_member, log == NULL ? "" : log->member,
                   log == NULL ? 1 : sizeof log->member);
            out->first.member = NULL;
        }
        out->broken = true;
        break;
    case AUDIT_LISTED: out->listed = true; break;
    case AUDIT_SAID: break;
    }
    r->report->found(r->report->ctx, &f);
}

void run_found_at(struct audit_run *r, struct run_log *log, enum finding_kind kind, uint64_t index,
                  enum err err)
{
    run_found(r, log, (struct finding){.kind = kind, .has_index = true, .index = index,
                                       .err = err});
}
