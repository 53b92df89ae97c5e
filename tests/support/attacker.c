#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/certificate.h"
#include "tests/support/attacker_internal.h"
#include "tests/support/cluster_keys.h"

static const char HOST[] = "127.0.0.3";
enum { NICENESS = 10, READ_BYTES = 256 * 1024 };

/* ---- one session ---- */

void attacker_hang_up(struct attacker *a)
{
    if (a->open)
        raw_close(&a->r);
    a->open = false;
    buffer_clear(&a->in);
}

void attacker_say(struct attacker *a, const struct message *m)
{
    struct buffer frame = {0};
    CLUSTER_DEMAND(message_encode(m, &frame) == OK);
    raw_frame(&a->r, buffer_span(&frame));
    buffer_clear(&frame);
}

bool attacker_writable(const struct attacker *a)
{
    struct pollfd p = {.fd = a->r.fd, .events = POLLOUT};
    return poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) != 0;
}

static void heard(struct attacker *a, struct span frame)
{
    struct message *m = a->scratch;
    if (message_decode(m, frame) != OK)
        return;
    if (m->type == MSG_WANT) {
        a->want = *m;
        a->wanted = true;
    } else if (m->type == MSG_PART_WANT) {
        a->part_want = *m;
        a->part_wanted = true;
    }
}

static void hear(struct attacker *a, const uint8_t *bytes, size_t len)
{
    struct span in = span_of(bytes, len);
    bool whole = true;
    while (whole && in.len > 0) {
        struct buffer frame = {0};
        if (channel_open(&a->r.channel, &in, &frame, &whole) != OK)
            return;
        if (whole)
            heard(a, buffer_span(&frame));
        buffer_clear(&frame);
    }
}

static void take(struct attacker *a, bool look)
{
    static uint8_t bytes[READ_BYTES];
    ssize_t n;
    while (a->open && (n = recv(a->r.fd, bytes, sizeof bytes, MSG_DONTWAIT)) != -1) {
        if (n == 0) {
            attacker_hang_up(a);
            return;
        }
        if (look)
            hear(a, bytes, (size_t)n);
    }
    if (a->open && errno != EAGAIN && errno != EINTR)
        attacker_hang_up(a);
}

void attacker_drain(struct attacker *a)
{
    take(a, false);
}

static void hello(struct attacker *a)
{
    struct message m = {.type = MSG_HELLO, .u.hello = {.version = MESSAGE_VERSION}};
    m.u.hello.ledger = a->o.c->ledger;
    memcpy(m.u.hello.member, a->self->id, sizeof a->self->id);
    attacker_say(a, &m);
}

bool attacker_session(struct attacker *a)
{
    if (!a->open) {
        a->wanted = a->part_wanted = false;
        raw_open_as(&a->r, a->o.port, HOST, &a->o.c->ledger, &a->self->transport,
                    buffer_span(&a->certificate));
        a->open = true;
        raw_begin(&a->r);
        if (!raw_finish(&a->r)) {
            attacker_hang_up(a);
            return false;
        }
        hello(a);
    }
    take(a, true);
    return a->open;
}

/* ---- the process ---- */

static void attacker_init(struct attacker *a, const struct attacker_options *o)
{
    a->o = *o;
    a->scratch = calloc(1, sizeof *a->scratch);
    cluster_open(o->c, o->member);
    a->self = &o->c->members[o->member];
    a->log = ledger_log(a->self->ledger, a->self->id, 0);
    CLUSTER_DEMAND(a->scratch != NULL && a->log != NULL);
    CLUSTER_DEMAND(certificate_build(ledger_txn(a->self->ledger), a->log, 0, &a->certificate) ==
                   OK);
}

static void attacker_run(const struct attacker_options *o, int begun)
{
    static struct attacker a;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpriority(PRIO_PROCESS, 0, NICENESS);
    signal(SIGPIPE, SIG_IGN);
    attacker_init(&a, o);
    o->attack->step(&a);
    if (write(begun, "!", 1) != 1)
        _exit(1);
    for (;;) {
        struct pollfd none = {.fd = -1};
        poll(&none, 1, (int)o->attack->every_ms);
        o->attack->step(&a);
    }
}

pid_t attacker_start(const struct attacker_options *o)
{
    int begun[2];
    char ready;
    CLUSTER_DEMAND(pipe(begun) == 0);
    pid_t pid = fork();
    CLUSTER_DEMAND(pid >= 0);
    if (pid == 0)
        attacker_run(o, begun[1]);
    close(begun[1]);
    CLUSTER_DEMAND(read(begun[0], &ready, 1) == 1);
    close(begun[0]);
    return pid;
}

void attacker_stop(pid_t pid)
{
    CLUSTER_DEMAND(kill(pid, SIGKILL) == 0);
    CLUSTER_DEMAND(waitpid(pid, NULL, 0) == pid);
}
