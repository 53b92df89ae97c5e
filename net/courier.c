#include "net/courier.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "net/bundle.h"
#include "net/bundle_file.h"

struct frame { struct frame *next; struct buffer bytes; };

struct courier {
    char path[HOME_PATH_BYTES], member[ID_MAX_BYTES + 1];
    pthread_mutex_t lock;          /* of all down to `first` */
    pthread_cond_t ready;
    unsigned holders;
    bool stopping;
    uint64_t asked;                /* how many jobs */
    struct courier_job job;
    bool finished, replaces;       /* all frames of a WRITE were put */
    bool ended;
    enum err err;
    bool busy;
    uint64_t busy_ms;              /* since when */
    size_t ahead;                  /* bytes of the frames that wait, what they take besides too */
    struct frame *first, **last;
    struct folder_list list;       /* the worker's until the job has ended, then the asker's */
    /* the worker's alone */
    uint64_t working;              /* the number of `at` */
    struct courier_job at;
    bool checked;                  /* READ: to its end, and begun anew */
    struct bundle_reader *reader;
    struct bundle_file file;
};

enum err courier_create(struct courier **out, const char *path, const char *member)
{
    struct courier *c = calloc(1, sizeof *c);
    if (c == NULL)
        return ERR_NOMEM;
    if (strlen(path) >= sizeof c->path || strlen(member) >= sizeof c->member) {
        free(c);
        return ERR_TOO_LARGE;
    }
    strcpy(c->path, path);
    strcpy(c->member, member);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->ready, NULL);
    c->holders = 1;
    c->last = &c->first;
    *out = c;
    return OK;
}

/* ---- frames that wait: all with the lock held ---- */

static size_t cost(const struct frame *f)
{
    return sizeof *f + f->bytes.cap;
}

static bool full(const struct courier *c)
{
    return c->ahead >= COURIER_AHEAD_BYTES;
}

static void frame_push(struct courier *c, struct frame *f)
{
    *c->last = f;
    c->last = &f->next;
    c->ahead += cost(f);
}

static struct frame *frame_pop(struct courier *c)
{
    struct frame *f = c->first;
    if (f == NULL)
        return NULL;
    c->first = f->next;
    if (c->first == NULL)
        c->last = &c->first;
    c->ahead -= cost(f);
    return f;
}

static void frame_free(struct frame *f)
{
    if (f == NULL)
        return;
    buffer_clear(&f->bytes);
    free(f);
}

static void frames_clear(struct courier *c)
{
    while (c->first != NULL)
        frame_free(frame_pop(c));
}

static struct frame *frame_create(struct span bytes)
{
    struct frame *f = calloc(1, sizeof *f);
    if (f != NULL && buffer_put(&f->bytes, bytes.data, bytes.len) != OK) {
        free(f);
        return NULL;
    }
    return f;
}

/* ---- who holds it ---- */

void courier_hold(struct courier *c)
{
    pthread_mutex_lock(&c->lock);
    c->holders++;
    pthread_mutex_unlock(&c->lock);
}

void courier_drop(struct courier *c)
{
    bundle_close(c->reader);
    c->reader = NULL;
    if (c->file.file != NULL)
        bundle_file_drop(&c->file);
}

void courier_release(struct courier *c)
{
    if (c == NULL)
        return;
    pthread_mutex_lock(&c->lock);
    bool last = --c->holders == 0;
    pthread_mutex_unlock(&c->lock);
    if (!last)
        return;
    courier_drop(c);
    frames_clear(c);
    pthread_cond_destroy(&c->ready);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

/* ---- the ledger's thread ---- */

void courier_ask(struct courier *c, const struct courier_job *job)
{
    pthread_mutex_lock(&c->lock);
    frames_clear(c);
    c->job = *job;
    c->asked++;
    c->finished = c->replaces = c->ended = false;
    c->err = OK;
    pthread_cond_signal(&c->ready);
    pthread_mutex_unlock(&c->lock);
}

bool courier_ended(struct courier *c, enum err *err)
{
    pthread_mutex_lock(&c->lock);
    bool ended = c->ended && c->first == NULL;
    *err = c->err;
    pthread_mutex_unlock(&c->lock);
    return ended;
}

const struct folder_list *courier_listed(const struct courier *c)
{
    return &c->list;
}

bool courier_take(struct courier *c, struct buffer *frame)
{
    pthread_mutex_lock(&c->lock);
    struct frame *f = frame_pop(c);
    pthread_cond_signal(&c->ready);
    pthread_mutex_unlock(&c->lock);
    if (f == NULL)
        return false;
    buffer_clear(frame);
    *frame = f->bytes;
    free(f);
    return true;
}

bool courier_room(struct courier *c)
{
    pthread_mutex_lock(&c->lock);
    bool room = !full(c) && !c->ended;
    pthread_mutex_unlock(&c->lock);
    return room;
}

enum err courier_put(struct courier *c, struct span bytes)
{
    struct frame *f = frame_create(bytes);
    if (f == NULL)
        return ERR_NOMEM;
    pthread_mutex_lock(&c->lock);
    bool wanted = !c->ended;
    if (wanted)
        frame_push(c, f);
    pthread_cond_signal(&c->ready);
    pthread_mutex_unlock(&c->lock);
    if (!wanted)
        frame_free(f);
    return OK;
}

void courier_finish(struct courier *c, bool replaces)
{
    pthread_mutex_lock(&c->lock);
    c->finished = true;
    c->replaces = replaces;
    pthread_cond_signal(&c->ready);
    pthread_mutex_unlock(&c->lock);
}

uint64_t courier_silent_ms(struct courier *c, uint64_t now_ms)
{
    pthread_mutex_lock(&c->lock);
    uint64_t silent_ms = c->busy && now_ms > c->busy_ms ? now_ms - c->busy_ms : 0;
    pthread_mutex_unlock(&c->lock);
    return silent_ms;
}

void courier_stop(struct courier *c)
{
    pthread_mutex_lock(&c->lock);
    c->stopping = true;
    pthread_cond_signal(&c->ready);
    pthread_mutex_unlock(&c->lock);
}

/* ---- the worker ---- */

/* With the lock held. A new job is begun even when the last one waits for something. */
static bool has_work(const struct courier *c)
{
    if (c->working != c->asked)
        return true;
    if (c->ended)
        return false;
    switch (c->at.work) {
    case COURIER_NOTHING: return false;
    case COURIER_READ: return !full(c);
    case COURIER_WRITE: return c->first != NULL || c->finished;
    case COURIER_LIST: case COURIER_MOVE: break;
    }
    return true;
}

bool courier_wait(struct courier *c)
{
    pthread_mutex_lock(&c->lock);
    while (!c->stopping && !has_work(c))
        pthread_cond_wait(&c->ready, &c->lock);
    bool goes_on = !c->stopping;
    pthread_mutex_unlock(&c->lock);
    return goes_on;
}

static enum err read_open(struct courier *c)
{
    char path[HOME_PATH_BYTES];
    enum err err = home_path(path, sizeof path, c->path, c->at.name);
    bundle_close(c->reader);
    c->reader = NULL;
    return err == OK ? bundle_open(&c->reader, path) : err;
}

/* Nothing comes of a job that was given up meanwhile. */
static enum err frame_hand_over(struct courier *c, struct span bytes)
{
    struct frame *f = frame_create(bytes);
    if (f == NULL)
        return ERR_NOMEM;
    pthread_mutex_lock(&c->lock);
    bool wanted = c->asked == c->working;
    if (wanted)
        frame_push(c, f);
    pthread_mutex_unlock(&c->lock);
    if (!wanted)
        frame_free(f);
    return OK;
}

/* Opened, then read to its end, opened again, and handed over. */
static enum err read_piece(struct courier *c, bool *ended)
{
    struct span frame;
    if (c->reader == NULL)
        return read_open(c);
    enum err err = bundle_next(c->reader, &frame);
    if (err == OK)
        return c->checked ? frame_hand_over(c, frame) : OK;
    if (err != ERR_NOTFOUND)
        return err;
    *ended = c->checked;
    if (c->checked)
        return OK;
    err = read_open(c);
    c->checked = err == OK;
    return err == OK ? frame_hand_over(c, bundle_head(c->reader)) : err;
}

static enum err write_begin(struct courier *c)
{
    char path[HOME_PATH_BYTES];
    enum err err = home_path(path, sizeof path, c->path, c->at.name);
    folder_sweep(c->path, c->member);
    return err == OK ? bundle_file_open(&c->file, path) : err;
}

static enum err write_end(struct courier *c, bool replaces)
{
    char path[HOME_PATH_BYTES];
    uint64_t time_s;
    enum err err = home_path(path, sizeof path, c->path, c->at.name);
    if (err == OK)
        err = bundle_file_close(&c->file);
    if (err == OK)
        err = folder_share(c->path, path);
    if (err == OK && replaces && folder_name_of(c->at.name, c->member, &time_s))
        folder_remove_older(c->path, c->member, time_s);
    return err;
}

static enum err write_piece(struct courier *c, bool *ended)
{
    if (c->file.file == NULL)
        return write_begin(c);
    pthread_mutex_lock(&c->lock);
    bool wanted = c->asked == c->working;
    struct frame *f = wanted ? frame_pop(c) : NULL;
    bool replaces = c->replaces;
    pthread_mutex_unlock(&c->lock);
    *ended = wanted && f == NULL;
    if (*ended)
        return write_end(c, replaces);
    enum err err = wanted ? bundle_file_put(&c->file, buffer_span(&f->bytes)) : OK;
    frame_free(f);
    return err;
}

static enum err piece(struct courier *c, bool *ended)
{
    switch (c->at.work) {
    case COURIER_READ: return read_piece(c, ended);
    case COURIER_WRITE: return write_piece(c, ended);
    case COURIER_LIST: case COURIER_MOVE: case COURIER_NOTHING: break;
    }
    *ended = true;
    if (c->at.work == COURIER_LIST)
        return folder_list(c->path, &c->list);
    return c->at.work == COURIER_MOVE ? folder_move(c->path, c->at.name, c->at.below) : OK;
}

/* Begins the job that was asked last; what was half done of another is dropped first. */
static bool work_begin(struct courier *c, uint64_t now_ms, bool *anew)
{
    pthread_mutex_lock(&c->lock);
    bool work = has_work(c);
    *anew = work && c->working != c->asked;
    if (*anew) {
        c->working = c->asked;
        c->at = c->job;
        c->checked = false;
    }
    c->busy = work;
    c->busy_ms = now_ms;
    pthread_mutex_unlock(&c->lock);
    return work;
}

static void work_end(struct courier *c, bool ended, enum err err)
{
    pthread_mutex_lock(&c->lock);
    c->busy = false;
    if (ended && c->working == c->asked) {
        c->ended = true;
        c->err = err;
        if (c->at.work == COURIER_WRITE)
            frames_clear(c);
    }
    pthread_mutex_unlock(&c->lock);
}

bool courier_step(struct courier *c, uint64_t now_ms)
{
    bool anew, ended = false;
    if (!work_begin(c, now_ms, &anew))
        return false;
    if (anew)
        courier_drop(c);
    enum err err = piece(c, &ended);
    ended |= err != OK;
    if (ended)
        courier_drop(c);
    work_end(c, ended, err);
    return true;
}
