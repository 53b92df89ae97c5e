/* Entries on their way into the set: hashed, decoded and verified on all cores, judged in order by
 * the thread that reads. Reading runs ahead of judging, across the ends of logs, so that no core
 * waits. */
#include <stdlib.h>
#include <string.h>

#include "tools/audit/run.h"
#include "tools/audit/workers.h"

struct job {
    const struct hash *ledger;
    unsigned log;                  /* number within the run */
    uint64_t index;
    size_t count;
    struct span spans[RUN_JOB_ENTRIES];
    struct hash leaves[RUN_JOB_ENTRIES];
    bool decoded[RUN_JOB_ENTRIES], sig_ok[RUN_JOB_ENTRIES];
    struct entry entries[RUN_JOB_ENTRIES];
};

struct stream {
    struct audit_run *r;
    struct workers *workers;
    struct job *jobs;
    struct job **idle;
    size_t idle_count;
    unsigned log;                  /* being read */
    uint64_t index, done, total;
};

static void work(void *arg)
{
    struct job *job = arg;
    for (size_t i = 0; i < job->count; i++) {
        struct entry *e = &job->entries[i];
        job->decoded[i] = entry_decode(e, job->spans[i]) == OK;
        if (job->decoded[i])
            job->leaves[i] = e->id;
        else
            merkle_leaf(job->spans[i], &job->leaves[i]);
        job->sig_ok[i] = job->decoded[i] && entry_verify(e, job->ledger) == OK;
    }
}

/* Reads the next piece of what is left. False: nothing is left. */
static bool feed(struct stream *st)
{
    struct audit_run *r = st->r;
    while (st->log < r->log_count) {
        struct run_log *log = &r->logs[st->log];
        if (st->index >= log->count) {
            st->log++;
            st->index = 0;
            continue;
        }
        struct job *job = st->idle[st->idle_count - 1];
        enum err err = r->source.read(r->source.ctx, log, st->index, job->spans, RUN_JOB_ENTRIES,
                                      &job->count);
        if (err == OK && job->count > 0) {
            job->log = st->log;
            job->index = st->index;
            st->index += job->count;
            st->idle_count--;
            workers_give(st->workers, job);
            return true;
        }
        run_found_at(r, log, FIND_READ, st->index, err);
        log->count = st->index;
    }
    return false;
}

/* The set's log for a job. NULL: its member was never admitted. */
static enum err log_ready(struct stream *st, struct run_log *log, uint64_t index)
{
    if (log->set != NULL || index != 0)
        return OK;
    enum err err = set_log_add(&st->r->set, log->member, log->epoch, log->count, &log->set);
    if (err != ERR_UNKNOWN_MEMBER)
        return err;
    run_found(st->r, log, (struct finding){.kind = FIND_MEMBER});
    return OK;
}

static enum err take(struct stream *st, struct job *job)
{
    struct audit_run *r = st->r;
    struct run_log *log = &r->logs[job->log];
    enum err err = log_ready(st, log, job->index);
    if (err == OK && r->source.leaves != NULL)
        err = r->source.leaves(r->source.ctx, log, job->index, job->leaves, job->count);
    for (size_t i = 0; err == OK && log->set != NULL && i < job->count; i++) {
        const struct set_input in = {job->spans[i], job->leaves[i], &job->entries[i],
                                     job->decoded[i], job->sig_ok[i]};
        err = set_add(&r->set, log->set, &in);
        if (err == OK && in.sig_ok && r->source.parts != NULL)
            err = r->source.parts(r->source.ctx, log, job->index + i, in.entry);
        r->out->signatures += job->decoded[i] ? job->entries[i].signer_count : 0;
    }
    st->done += job->count;
    if (r->report->progress != NULL)
        r->report->progress(r->report->ctx, "verify", st->done, st->total);
    return err;
}

static enum err pump(struct stream *st)
{
    enum err err = OK;
    for (;;) {
        while (st->idle_count > 0 && err == OK && feed(st))
            continue;
        struct job *job = workers_take(st->workers);
        if (job == NULL)
            return err;
        if (err == OK)
            err = take(st, job);
        st->idle[st->idle_count++] = job;
    }
}

enum err run_stream(struct audit_run *r)
{
    struct stream st = {.r = r};
    enum err err = workers_create(&st.workers, r->threads, work);
    if (err != OK)
        return err;
    st.idle_count = workers_room(st.workers);
    st.jobs = calloc(st.idle_count, sizeof *st.jobs);
    st.idle = calloc(st.idle_count, sizeof *st.idle);
    if (st.jobs == NULL || st.idle == NULL)
        err = ERR_NOMEM;
    for (size_t i = 0; err == OK && i < st.idle_count; i++) {
        st.jobs[i].ledger = &r->genesis.ledger;
        st.idle[i] = &st.jobs[i];
    }
    for (unsigned i = 0; i < r->log_count; i++)
        st.total += r->logs[i].count;
    if (err == OK)
        err = pump(&st);
    workers_free(st.workers);
    free(st.idle);
    free(st.jobs);
    r->out->entries += st.done;
    return err;
}
