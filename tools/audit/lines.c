#include "tools/audit/run.h"

static void list(struct audit_run *r, struct run_log *log, uint64_t index,
                 const struct set_entry *entry, struct audit_line *line)
{
    struct finding f = {.kind = FIND_VOID, .has_index = true, .index = index,
                        .reason = (enum reason)entry->reason};
    switch ((enum verdict)entry->verdict) {
    case VERDICT_VALID: return;
    case VERDICT_PENDING:
        f.kind = FIND_PENDING;
        line->pending++;
        break;
    case VERDICT_VOID: line->void_count++; break;
    case VERDICT_OVERTAKEN:
        f.kind = FIND_OVERTAKEN;
        line->overtaken++;
        break;
    case VERDICT_FOREIGN:
        f.kind = FIND_FOREIGN;
        line->void_count++;
        break;
    }
    run_found(r, log, f);
}

void run_lines(struct audit_run *r)
{
    struct audit_summary *out = r->out;
    for (unsigned i = 0; i < r->log_count; i++) {
        struct run_log *log = &r->logs[i];
        struct audit_line line = {.member = log->member, .epoch = log->epoch, .entries = log->count,
                                  .head = log->head.size};
        for (uint64_t k = 0; log->set != NULL && k < log->set->count; k++)
            list(r, log, k, &log->set->entries[k], &line);
        line.broken = log->broken;
        line.complete = !log->incomplete;
        r->report->line(r->report->ctx, &line);
        out->void_count += line.void_count;
        out->overtaken += line.overtaken;
        out->pending += line.pending;
        out->logs++;
    }
}
