/* Acts over ipc, each durable: one client in turns with the limit, then 64 clients together. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "net/ipc.h"
#include "tools/bench/bench.h"

enum { TURN_ACTS = 200, TURNS = 15, CLIENTS = 64, CLIENT_ACTS = 64 };

struct client {
    struct load *load;
    pthread_mutex_t *lock;         /* of the load, which makes the acts */
    struct ipc_client *ipc;
    struct load_case at;
    pthread_t thread;
};

static void next_act(struct load *l, struct load_case *c, struct buffer *entry, unsigned *member)
{
    if (load_case_done(c))
        load_case_alone(l, c, 1);
    bench_need(load_act(l, c, entry, member), "act");
}

static double durable_turn(struct client *c)
{
    struct buffer entry = {0};
    double start = bench_now_s();
    for (unsigned i = 0; i < TURN_ACTS; i++) {
        unsigned member;
        next_act(c->load, &c->at, &entry, &member);
        client_append(c->ipc, buffer_span(&entry));
        bench_need(load_taken(c->load, &c->at, member, buffer_span(&entry)), "act");
    }
    buffer_clear(&entry);
    return TURN_ACTS / (bench_now_s() - start);
}

static double limit_rate(struct limit *l)
{
    double start = bench_now_s();
    limit_turn(l, TURN_ACTS);
    return TURN_ACTS / (bench_now_s() - start);
}

static void one_client(struct bench *b, struct client *c)
{
    double ratios[TURNS], rates[TURNS], limits[TURNS];
    struct limit *limit;
    limit_open(&limit, b);
    limit_turn(limit, TURN_ACTS / 4);
    durable_turn(c);
    for (unsigned i = 0; i < TURNS; i++) {
        limits[i] = limit_rate(limit);
        rates[i] = durable_turn(c);
        ratios[i] = rates[i] / limits[i];
    }
    limit_close(limit);
    bench_put(b, "append_limit_1", bench_median(limits, TURNS), "1/s");
    bench_put(b, "append_durable_1", bench_median(rates, TURNS), "1/s");
    bench_put(b, "append_durable_1_ratio", bench_median(ratios, TURNS), "ratio");
}

static void *client_run(void *arg)
{
    struct client *c = arg;
    struct buffer entry = {0};
    for (unsigned i = 0; i < CLIENT_ACTS; i++) {
        unsigned member;
        pthread_mutex_lock(c->lock);
        next_act(c->load, &c->at, &entry, &member);
        pthread_mutex_unlock(c->lock);
        client_append(c->ipc, buffer_span(&entry));
        load_moved(&c->at, buffer_span(&entry));
    }
    buffer_clear(&entry);
    return NULL;
}

static void many_clients(struct bench *b, struct load *load, const struct daemon *d)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct client *clients = calloc(CLIENTS, sizeof *clients);
    bench_need(clients == NULL ? ERR_NOMEM : OK, "clients");
    for (unsigned i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){.load = load, .lock = &lock};
        clients[i].ipc = client_connect(d);
    }
    double start = bench_now_s();
    for (unsigned i = 0; i < CLIENTS; i++)
        bench_need(pthread_create(&clients[i].thread, NULL, client_run, &clients[i]) == 0
                       ? OK : ERR_NOMEM, "clients");
    for (unsigned i = 0; i < CLIENTS; i++)
        pthread_join(clients[i].thread, NULL);
    bench_put(b, "append_durable_64", CLIENTS * CLIENT_ACTS / (bench_now_s() - start), "1/s");
    for (unsigned i = 0; i < CLIENTS; i++)
        ipc_disconnect(clients[i].ipc);
    free(clients);
}

void bench_durable(struct bench *b)
{
    struct client client = {.load = bench_committee(b, 2, 2, true)};
    char home[BENCH_PATH_BYTES];
    struct daemon d;
    bench_path(b, home, "durable");
    bench_home(client.load, home, 1, NULL, NULL);
    daemon_start(&d, b, home);
    client.ipc = client_connect(&d);
    one_client(b, &client);
    ipc_disconnect(client.ipc);
    many_clients(b, client.load, &d);
    daemon_stop(&d);
    load_free(client.load);
}
