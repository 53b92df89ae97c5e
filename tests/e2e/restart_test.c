/* A server that goes away and comes back every 0.7 s, in turn closed in this process and killed as
 * one of its own, while clients with timeouts of 200 ms keep dialling, sending and closing. NNG's
 * request sockets stop for ever under this; our streams must not. JIELI_RESTART_S: how long. */
#include "tests/support/transport_seen.h"

#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { DEFAULT_S = 10, ROUND_MS = 700, TIMEOUT_MS = 200, RESUME_MS = 30000, CLOSE_MS = 5000,
       CLIENTS = 3, WAITING = 64 };

extern char **environ;

/* ---- the server: every frame comes back ---- */

struct echo {
    struct transport *t;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stop;
    unsigned count;
    struct peer_id waiting[WAITING];
    pthread_t thread;
};

static bool echo_on_event(void *ctx, struct transport_event *event)
{
    struct echo *e = ctx;
    bool take = true;
    pthread_mutex_lock(&e->lock);
    if (event->type == TRANSPORT_FRAME) {
        take = e->count < WAITING;
        if (take)
            e->waiting[e->count++] = event->peer;
        pthread_cond_signal(&e->changed);
    }
    pthread_mutex_unlock(&e->lock);
    if (event->type == TRANSPORT_CLAIMED)
        transport_accept(e->t, event->peer);
    if (take)
        buffer_clear(&event->frame);
    return take;
}

static void *echo_run(void *arg)
{
    struct echo *e = arg;
    pthread_mutex_lock(&e->lock);
    while (!e->stop) {
        if (e->count == 0) {
            pthread_cond_wait(&e->changed, &e->lock);
            continue;
        }
        const struct peer_id peer = e->waiting[--e->count];
        pthread_mutex_unlock(&e->lock);
        (void)!transport_send(e->t, peer, span_of("echo", 4));
        pthread_mutex_lock(&e->lock);
    }
    pthread_mutex_unlock(&e->lock);
    return NULL;
}

static void echo_open(struct echo *e, const char *address)
{
    struct xkey key;
    const struct transport_handler h = {.ctx = e, .on_event = echo_on_event};
    const struct transport_options options = {.ledger = seen_ledger};
    memset(e, 0, sizeof *e);
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->changed, NULL);
    xkey_create(&key);
    if (transport_create(&e->t, &h, &options) != OK ||
        transport_identify(e->t, &key, span_of("certificate", 11)) != OK ||
        transport_listen(e->t, address) != OK ||
        pthread_create(&e->thread, NULL, echo_run, e) != 0)
        abort();
}

static void echo_close(struct echo *e)
{
    pthread_mutex_lock(&e->lock);
    e->stop = true;
    pthread_cond_signal(&e->changed);
    pthread_mutex_unlock(&e->lock);
    pthread_join(e->thread, NULL);
    transport_close(e->t);
    pthread_cond_destroy(&e->changed);
    pthread_mutex_destroy(&e->lock);
}

/* As a process: says that it listens, then serves until it is killed. */
static int serve(const char *address)
{
    struct echo e;
    echo_open(&e, address);
    if (write(STDOUT_FILENO, "!", 1) != 1)
        return 1;
    pthread_join(e.thread, NULL);
    return 1;
}

static pid_t serve_start(const char *address)
{
    char self[] = "/proc/self/exe", word[] = "serve", where[32], ready;
    char *const argv[] = {self, word, where, NULL};
    int out[2];
    pid_t pid;
    posix_spawn_file_actions_t actions;
    snprintf(where, sizeof where, "%s", address);
    assert_int_equal(pipe(out), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, out[0]);
    assert_int_equal(posix_spawn(&pid, self, &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    assert_int_equal(read(out[0], &ready, 1), 1);
    close(out[0]);
    return pid;
}

/* ---- the clients ---- */

struct client {
    char address[32];
    pthread_t thread;
    atomic_bool stop;
    atomic_uint echoes, slowest_close_ms;
};

static void client_close(struct client *c, struct transport *t)
{
    const uint64_t before_ms = seen_now_ms();
    transport_close(t);
    const unsigned ms = (unsigned)(seen_now_ms() - before_ms);
    if (ms > c->slowest_close_ms)
        c->slowest_close_ms = ms;
}

static void *client_run(void *arg)
{
    struct client *c = arg;
    while (!c->stop) {
        struct seen s;
        seen_init(&s);
        struct transport *t = seen_start(&s, 0);
        if (transport_dial(t, c->address) == OK &&
            seen_wait(&s, &s.connected, 1, TIMEOUT_MS) &&
            transport_send(t, s.last_peer, span_of("work", 4)) == OK &&
            seen_wait(&s, &s.frames, 1, TIMEOUT_MS))
            c->echoes++;
        client_close(c, t);
    }
    return NULL;
}

static unsigned echoes(struct client *clients)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < CLIENTS; i++)
        sum += clients[i].echoes;
    return sum;
}

/* ---- the test ---- */

static bool pause_ms(uint64_t ms)
{
    struct seen never;
    seen_init(&never);
    return seen_wait(&never, &never.frames, 1, (unsigned)ms);
}

/* One life of the server, at least ROUND_MS long: until traffic has come back. */
static void round_run(struct client *clients)
{
    const unsigned before = echoes(clients);
    const uint64_t begin_ms = seen_now_ms();
    pause_ms(ROUND_MS);
    while (echoes(clients) == before && seen_now_ms() - begin_ms < RESUME_MS)
        pause_ms(10);
    assert_true(echoes(clients) > before);
}

static unsigned seconds(void)
{
    const char *text = getenv("JIELI_RESTART_S");
    return text == NULL ? DEFAULT_S : (unsigned)strtoul(text, NULL, 10);
}

static void restarts_every_700_ms_wedge_nothing(void **state)
{
    struct client clients[CLIENTS] = {0};
    struct seen lasting;
    char address[32];
    unsigned port, rounds = 0;
    (void)state;
    address_pick(address, &port);
    seen_init(&lasting);
    struct transport *t = seen_start(&lasting, 0);
    assert_int_equal(transport_dial(t, address), OK);
    for (unsigned i = 0; i < CLIENTS; i++) {
        memcpy(clients[i].address, address, sizeof address);
        assert_int_equal(pthread_create(&clients[i].thread, NULL, client_run, &clients[i]), 0);
    }
    const uint64_t end_ms = seen_now_ms() + seconds() * 1000;
    for (; seen_now_ms() < end_ms; rounds++) {
        if (rounds % 2 == 0) {
            struct echo e;
            echo_open(&e, address);
            round_run(clients);
            const uint64_t before_ms = seen_now_ms();
            echo_close(&e);
            assert_true(seen_now_ms() - before_ms < CLOSE_MS);
        } else {
            pid_t pid = serve_start(address);
            round_run(clients);
            assert_int_equal(kill(pid, SIGKILL), 0);
            assert_int_equal(waitpid(pid, NULL, 0), pid);
        }
    }
    for (unsigned i = 0; i < CLIENTS; i++)
        clients[i].stop = true;
    for (unsigned i = 0; i < CLIENTS; i++) {
        pthread_join(clients[i].thread, NULL);
        assert_true(clients[i].slowest_close_ms < CLOSE_MS);
    }
    transport_close(t);
    assert_true(lasting.connected >= 2);       /* a link that stays redials, with its back-off */
    print_message("# %u restarts, %u echoes\n", rounds, echoes(clients));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(restarts_every_700_ms_wedge_nothing),
    };
    if (argc == 3 && strcmp(argv[1], "serve") == 0)
        return serve(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
