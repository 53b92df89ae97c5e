/* From the answer to a durable act on one node until it stands in another's inbox: at rest, and
 * while acts are offered to the first node at a steady rate. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "net/ipc.h"
#include "tools/bench/bench.h"

enum { FROM = 2, TO = 3, MEMBERS = 8, SAMPLES = 400, WARM = 20, REST_NS = 10000000,
       LOOK_NS = 300000, CLIENTS = 32, RATE = 1000 };
enum { SAMPLE_MAX_S = 20, LOAD_SAMPLES = 300 };

struct town {
    struct load *load;
    pthread_mutex_t lock;              /* of the load, which makes the acts */
    struct daemon from, to;
    atomic_bool ending;
    atomic_ulong taken;
};

struct client {
    struct town *town;
    pthread_t thread;
    struct ipc_client *ipc;
    unsigned number;
};

static void wait_ns(long ns)
{
    const struct timespec t = {.tv_nsec = ns};
    nanosleep(&t, NULL);
}

static void sleep_until(double at_s)
{
    double left = at_s - bench_now_s();
    const struct timespec t = {(time_t)left, (long)((left - (double)(time_t)left) * 1e9)};
    if (left > 0)
        nanosleep(&t, NULL);
}

/* One act of the steady load, cases that FROM works by itself. */
static void act_make(struct town *t, struct load_case *c, struct buffer *out)
{
    unsigned member;
    pthread_mutex_lock(&t->lock);
    if (load_case_done(c))
        load_case_alone(t->load, c, FROM);
    bench_need(load_act(t->load, c, out, &member), "act");
    pthread_mutex_unlock(&t->lock);
}

static void *client_run(void *arg)
{
    struct client *c = arg;
    struct load_case at = {.story = NULL};
    struct buffer entry = {0};
    double due = bench_now_s() + (double)c->number / RATE;
    for (; !atomic_load(&c->town->ending); due += (double)CLIENTS / RATE) {
        sleep_until(due);
        act_make(c->town, &at, &entry);
        client_append(c->ipc, buffer_span(&entry));
        load_moved(&at, buffer_span(&entry));
        atomic_fetch_add(&c->town->taken, 1);
    }
    buffer_clear(&entry);
    return NULL;
}

/* Hands one case over and waits until the other side has it. */
static double sample_ms(struct town *t, struct ipc_client *from, struct ipc_client *to)
{
    struct load_case c;
    struct buffer entry = {0};
    struct hash id;
    unsigned member;
    pthread_mutex_lock(&t->lock);
    load_case_sent(t->load, &c, FROM, TO);
    bench_need(load_act(t->load, &c, &entry, &member), "act");
    pthread_mutex_unlock(&t->lock);
    merkle_leaf(buffer_span(&entry), &id);
    client_append(from, buffer_span(&entry));
    const double start = bench_now_s();
    while (!client_knows(to, &id)) {
        bench_need(bench_now_s() > start + SAMPLE_MAX_S ? ERR_TIMEOUT : OK, "propagation");
        wait_ns(LOOK_NS);
    }
    buffer_clear(&entry);
    return 1000 * (bench_now_s() - start);
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void measure(struct bench *b, struct town *t, unsigned count, const char *p50,
                    const char *p99)
{
    double times[SAMPLES];
    struct ipc_client *from = client_connect(&t->from), *to = client_connect(&t->to);
    for (unsigned i = 0; i < WARM; i++)
        sample_ms(t, from, to);
    for (unsigned i = 0; i < count; i++) {
        wait_ns(REST_NS);
        times[i] = sample_ms(t, from, to);
    }
    qsort(times, count, sizeof *times, by_value);
    bench_put(b, p50, times[count / 2], "ms");
    bench_put(b, p99, times[count * 99 / 100], "ms");
    ipc_disconnect(from);
    ipc_disconnect(to);
}

static void measure_loaded(struct bench *b, struct town *t)
{
    struct client *clients = calloc(CLIENTS, sizeof *clients);
    bench_need(clients == NULL ? ERR_NOMEM : OK, "clients");
    for (unsigned i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){.town = t, .ipc = client_connect(&t->from), .number = i};
        bench_need(pthread_create(&clients[i].thread, NULL, client_run, &clients[i]) == 0
                       ? OK : ERR_NOMEM, "clients");
    }
    const double start = bench_now_s();
    const double from_s = daemon_cpu_s(&t->from), to_s = daemon_cpu_s(&t->to);
    measure(b, t, LOAD_SAMPLES, "propagate_loaded_ms_p50", "propagate_loaded_ms_p99");
    const double took = bench_now_s() - start;
    const double taken = (double)atomic_load(&t->taken);
    bench_put(b, "propagate_cost_from", (daemon_cpu_s(&t->from) - from_s) / taken * 1000, "s/1k");
    bench_put(b, "propagate_cost_to", (daemon_cpu_s(&t->to) - to_s) / taken * 1000, "s/1k");
    atomic_store(&t->ending, true);
    for (unsigned i = 0; i < CLIENTS; i++) {
        pthread_join(clients[i].thread, NULL);
        ipc_disconnect(clients[i].ipc);
    }
    free(clients);
    bench_put(b, "propagate_load", taken / took, "1/s");
}

void bench_propagate(struct bench *b)
{
    struct town *t = calloc(1, sizeof *t);
    char from[BENCH_PATH_BYTES], to[BENCH_PATH_BYTES];
    bench_need(t == NULL ? ERR_NOMEM : OK, "propagation");
    t->load = bench_committee(b, 5, MEMBERS, true);
    pthread_mutex_init(&t->lock, NULL);
    bench_path(b, from, "from");
    bench_path(b, to, "to");
    bench_home(t->load, from, FROM, b->address, NULL);
    bench_home(t->load, to, TO, NULL, b->address);
    daemon_start(&t->from, b, from);
    daemon_start(&t->to, b, to);
    measure(b, t, SAMPLES, "propagate_ms_p50", "propagate_ms_p99");
    measure_loaded(b, t);
    daemon_stop(&t->to);
    daemon_stop(&t->from);
    pthread_mutex_destroy(&t->lock);
    load_free(t->load);
    free(t);
}
