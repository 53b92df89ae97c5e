#include "node/notify_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/thread.h"
#include "node/clock.h"

enum slot_state { SLOT_FREE, SLOT_READY, SLOT_RUNNING, SLOT_ENDED };

struct slot {
    enum slot_state state;
    uint64_t turn;                    /* in which it was handed over */
    struct notify_result result;
    size_t len;
    uint8_t event[NOTIFY_EVENT_BYTES];
};

struct notify_run {
    const char *program;
    unsigned run_ms;
    int stop_fd;                      /* readable: end */
    pthread_t thread;
    pthread_mutex_t lock;             /* all below */
    pthread_cond_t ready;
    bool stopping;
    uint64_t turns;
    struct slot slots[NOTIFY_WINDOW];
};

struct child {
    pid_t pid;
    int pid_fd, in, said;             /* our ends; -1: closed */
    uint64_t until_ms;
};

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

/* The signals that this process blocks or ignores are the program's own business again. */
static int attributes(posix_spawnattr_t *a)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int rv = posix_spawnattr_setsigmask(a, &none);
    rv = rv != 0 ? rv : posix_spawnattr_setsigdefault(a, &all);
    rv = rv != 0 ? rv : posix_spawnattr_setpgroup(a, 0);
    return rv != 0 ? rv : posix_spawnattr_setflags(a, POSIX_SPAWN_SETSIGMASK |
                                                      POSIX_SPAWN_SETSIGDEF |
                                                      POSIX_SPAWN_SETPGROUP);
}

static int spawn(const char *program, pid_t *pid, int in, int said)
{
    char *const argv[] = {(char *)(uintptr_t)program, NULL};
    char *const environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    if (posix_spawn_file_actions_init(&files) != 0 || posix_spawnattr_init(&attr) != 0) {
        return ENOMEM;
    }
    int rv = posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
    rv = rv != 0 ? rv : posix_spawn_file_actions_adddup2(&files, said, STDOUT_FILENO);
    rv = rv != 0 ? rv : posix_spawn_file_actions_adddup2(&files, said, STDERR_FILENO);
    rv = rv != 0 ? rv : posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    rv = rv != 0 ? rv : attributes(&attr);
    rv = rv != 0 ? rv : posix_spawn(pid, program, &files, &attr, argv, environment);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attr);
    return rv;
}

static enum err child_start(struct child *c, const struct notify_run *r)
{
    int in[2] = {-1, -1}, said[2] = {-1, -1};
    *c = (struct child){.pid_fd = -1, .in = -1, .said = -1};
    int rv = pipe2(in, O_CLOEXEC) == 0 && pipe2(said, O_CLOEXEC) == 0 ? 0 : errno;
    rv = rv != 0 ? rv : spawn(r->program, &c->pid, in[0], said[1]);
    close_fd(&in[0]);
    close_fd(&said[1]);
    c->in = in[1];
    c->said = said[0];
    if (rv != 0) {
        close_fd(&c->in);
        close_fd(&c->said);
        return err_from_errno(rv);
    }
    c->pid_fd = pidfd_open(c->pid, 0);
    fcntl(c->said, F_SETFL, O_NONBLOCK);
    c->until_ms = clock_steady_ms() + r->run_ms;
    return OK;
}

/* What is beyond the room of `said` is read and forgotten, lest the program wait for us. */
static void drain(struct child *c, struct notify_result *out)
{
    char bytes[512];
    size_t held = strlen(out->said);
    ssize_t n;
    while (c->said >= 0 && (n = read(c->said, bytes, sizeof bytes)) != -1) {
        if (n == 0) {
            close_fd(&c->said);
            return;
        }
        size_t room = sizeof out->said - 1 - held;
        size_t more = (size_t)n < room ? (size_t)n : room;
        memcpy(out->said + held, bytes, more);
        held += more;
    }
}

static void child_end(struct child *c, struct notify_result *out)
{
    int status = 0;
    while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR) {
    }
    drain(c, out);
    out->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    out->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    out->delivered = out->status == 0 && !out->timed_out;
    close_fd(&c->in);
    close_fd(&c->said);
    close_fd(&c->pid_fd);
}

/* Waits for its end, its words, our own end, or its time. */
static void child_wait(const struct notify_run *r, struct child *c, struct notify_result *out)
{
    for (;;) {
        struct pollfd fds[] = {{.fd = c->pid_fd, .events = POLLIN},
                               {.fd = r->stop_fd, .events = POLLIN},
                               {.fd = c->said, .events = POLLIN}};
        uint64_t now_ms = clock_steady_ms();
        int left_ms = now_ms < c->until_ms ? (int)(c->until_ms - now_ms) : 0;
        int ready = poll(fds, 3, left_ms);
        bool ended = ready > 0 && (fds[0].revents != 0 || fds[1].revents != 0);
        out->timed_out = ready == 0 || (ready < 0 && errno != EINTR) || fds[0].fd < 0;
        if (ready > 0 && fds[2].revents != 0) {
            drain(c, out);
        }
        if (out->timed_out || (ended && fds[0].revents == 0)) {
            kill(-c->pid, SIGKILL);
            return;
        }
        if (ended) {
            return;
        }
    }
}

/* An event fits into an empty pipe, so that this write never waits. */
static void run_one(const struct notify_run *r, struct slot *s)
{
    struct child c;
    s->result.err = child_start(&c, r);
    if (s->result.err == OK) {
        ssize_t written = write(c.in, s->event, s->len);
        (void)written;
        close_fd(&c.in);
        child_wait(r, &c, &s->result);
        child_end(&c, &s->result);
    }
}

/* The one handed over first. */
static struct slot *slot_in(struct notify_run *r, enum slot_state state)
{
    struct slot *first = NULL;
    for (unsigned i = 0; i < NOTIFY_WINDOW; i++) {
        struct slot *s = &r->slots[i];
        if (s->state == state && (first == NULL || s->turn < first->turn)) {
            first = s;
        }
    }
    return first;
}

static void *work(void *arg)
{
    struct notify_run *r = arg;
    pthread_mutex_lock(&r->lock);
    while (!r->stopping) {
        struct slot *s = slot_in(r, SLOT_READY);
        if (s == NULL) {
            pthread_cond_wait(&r->ready, &r->lock);
            continue;
        }
        s->state = SLOT_RUNNING;
        pthread_mutex_unlock(&r->lock);
        run_one(r, s);
        pthread_mutex_lock(&r->lock);
        s->state = SLOT_ENDED;
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

enum err notify_run_create(struct notify_run **out, const char *program, unsigned run_ms)
{
    struct notify_run *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return ERR_NOMEM;
    }
    r->program = program;
    r->run_ms = run_ms == 0 ? NOTIFY_RUN_S * 1000 : run_ms;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->ready, NULL);
    r->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (r->stop_fd < 0 || !thread_start(&r->thread, work, r)) {
        close_fd(&r->stop_fd);
        pthread_cond_destroy(&r->ready);
        pthread_mutex_destroy(&r->lock);
        free(r);
        return ERR_IO;
    }
    *out = r;
    return OK;
}

void notify_run_free(struct notify_run *r)
{
    if (r == NULL) {
        return;
    }
    pthread_mutex_lock(&r->lock);
    r->stopping = true;
    pthread_cond_signal(&r->ready);
    pthread_mutex_unlock(&r->lock);
    int told = eventfd_write(r->stop_fd, 1);
    (void)told;
    pthread_join(r->thread, NULL);
    close_fd(&r->stop_fd);
    pthread_cond_destroy(&r->ready);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

enum err notify_run_offer(struct notify_run *r, uint64_t seq, struct span event)
{
    if (event.len > NOTIFY_EVENT_BYTES) {
        return ERR_TOO_LARGE;
    }
    pthread_mutex_lock(&r->lock);
    struct slot *s = slot_in(r, SLOT_FREE);
    if (s != NULL) {
        memcpy(s->event, event.data, event.len);
        s->len = event.len;
        s->result = (struct notify_result){.seq = seq};
        s->turn = ++r->turns;
        s->state = SLOT_READY;
        pthread_cond_signal(&r->ready);
    }
    pthread_mutex_unlock(&r->lock);
    return s == NULL ? ERR_BUSY : OK;
}

bool notify_run_take(struct notify_run *r, struct notify_result *out)
{
    pthread_mutex_lock(&r->lock);
    struct slot *s = slot_in(r, SLOT_ENDED);
    if (s != NULL) {
        *out = s->result;
        s->state = SLOT_FREE;
    }
    pthread_mutex_unlock(&r->lock);
    return s != NULL;
}
