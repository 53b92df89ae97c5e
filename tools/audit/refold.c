/* Every case folded on all cores and compared, byte for byte, with the state that is stored. */
#include <stdlib.h>
#include <string.h>

#include "tools/audit/run.h"
#include "tools/audit/workers.h"

struct job {
    struct audit_set *set;
    size_t count;
    uint32_t cases[RUN_JOB_CASES];
    struct span stored[RUN_JOB_CASES];
    bool compare;
    enum err err;
    struct buffer state;
};

struct refold {
    struct audit_run *r;
    struct workers *workers;
    struct job *jobs;
    struct job **idle;
    size_t idle_count, next;
    uint64_t law;                  /* cases of lesser laws are left as they are */
    uint64_t done;
};

static void work(void *arg)
{
    struct job *job = arg;
    job->err = OK;
    for (size_t i = 0; job->err == OK && i < job->count; i++) {
        buffer_reset(&job->state);
        job->err = set_fold_case(job->set, job->cases[i], job->compare ? &job->state : NULL, NULL);
        job->set->cases[job->cases[i]].differs =
            job->compare && (job->state.len != job->stored[i].len ||
                             memcmp(job->state.data, job->stored[i].data, job->state.len) != 0);
    }
}

/* Gives out the next cases. False: none are left. */
static bool feed(struct refold *f, enum err *err)
{
    struct audit_set *s = &f->r->set;
    struct job *job = f->idle[f->idle_count - 1];
    job->count = 0;
    job->compare = f->r->source.state != NULL;
    for (; f->next < s->case_count && job->count < RUN_JOB_CASES; f->next++) {
        if (s->cases[f->next].law_max < f->law)
            continue;
        job->stored[job->count] = (struct span){NULL, 0};
        if (job->compare)
            *err = f->r->source.state(f->r->source.ctx, &s->cases[f->next].id,
                                      &job->stored[job->count]);
        if (*err == ERR_NOTFOUND)
            *err = OK;
        if (*err != OK)
            return false;
        job->cases[job->count++] = (uint32_t)f->next;
    }
    if (job->count == 0)
        return false;
    f->idle_count--;
    workers_give(f->workers, job);
    return true;
}

static enum err pass(void *ctx, uint64_t law)
{
    struct refold *f = ctx;
    const struct audit_report *report = f->r->report;
    enum err err = OK;
    f->next = 0;
    f->done = 0;
    f->law = law;
    for (;;) {
        while (f->idle_count > 0 && err == OK && feed(f, &err))
            continue;
        struct job *job = workers_take(f->workers);
        if (job == NULL)
            return err;
        err = err == OK ? job->err : err;
        f->done += job->count;
        if (report->progress != NULL)
            report->progress(report->ctx, "fold", f->done, f->r->set.case_count);
        f->idle[f->idle_count++] = job;
    }
}

static enum err settle(struct refold *f)
{
    struct audit_set *s = &f->r->set;
    set_sort(s);
    enum err err = set_settle(s, pass, f);
    for (size_t i = 0; err == OK && i < s->case_count; i++) {
        if (s->cases[i].differs)
            run_found(f->r, NULL, (struct finding){.kind = FIND_STATE, .has_case = true,
                                                   .case_id = s->cases[i].id});
    }
    return err;
}

enum err run_fold(struct audit_run *r)
{
    struct refold f = {.r = r};
    enum err err = workers_create(&f.workers, r->threads, work);
    if (err != OK)
        return err;
    size_t room = f.idle_count = workers_room(f.workers);
    f.jobs = calloc(room, sizeof *f.jobs);
    f.idle = calloc(room, sizeof *f.idle);
    if (f.jobs == NULL || f.idle == NULL)
        err = ERR_NOMEM;
    for (size_t i = 0; err == OK && i < room; i++) {
        f.jobs[i].set = &r->set;
        f.idle[i] = &f.jobs[i];
    }
    if (err == OK)
        err = settle(&f);
    workers_free(f.workers);
    for (size_t i = 0; f.jobs != NULL && i < room; i++)
        buffer_clear(&f.jobs[i].state);
    free(f.idle);
    free(f.jobs);
    r->out->cases = r->set.case_count;
    return err;
}
