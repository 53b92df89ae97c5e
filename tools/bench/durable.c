/* Acts over ipc, each durable: one client in turns with the limit, then 64 clients together. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "net/ipc.h"
#include "tools/bench/bench.h"

enum { TURN_ACTS = 200, TURNS = 15, CLIENTS = 64, CLIENT_ACTS = 64, ANSWER_MS = 20000 };

struct client {
    struct load *load;
    pthread_mutex_t *lock;         /* of the load, which makes the acts */
    struct ipc_client *ipc;
    struct load_case at;
    pthread_t thread;
};

static void send_act(struct ipc_client *ipc, struct span entry)
{
    struct buffer blob = {0};
    json_t *reply = NULL, *request = json_pack("{s:s}", "op", "append");
    enum err err = buffer_put_u32(&blob, (uint32_t)entry.len);
    if (err == OK)
        err = buffer_put(&blob, entry.data, entry.len);
    if (err == OK)
        err = ipc_call(ipc, request, buffer_span(&blob), &reply, NULL);
    bench_need(err, "append");
    if (json_object_get(reply, "error") != NULL) {
        json_dumpf(reply, stderr, JSON_COMPACT);
        bench_need(ERR_VOID, "append");
    }
    json_decref(reply);
    json_decref(request);
    buffer_clear(&blob);
}

static void next_act(struct load *l, struct load_case *c, struct buffer *entry, unsigned *member)
{
    if (c->step == LOAD_CASE_ACTS)
        load_case_init(c, 1, 1);
    bench_need(load_act(l, c, entry, member), "act");
}

static double durable_turn(struct client *c)
{
    struct buffer entry = {0};
    double start = bench_now_s();
    for (unsigned i = 0; i < TURN_ACTS; i++) {
        unsigned member;
        next_act(c->load, &c->at, &entry, &member);
        send_act(c->ipc, buffer_span(&entry));
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
        send_act(c->ipc, buffer_span(&entry));
        load_moved(&c->at, buffer_span(&entry));
    }
    buffer_clear(&entry);
    return NULL;
}

static void many_clients(struct bench *b, struct load *load, const char *socket)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct client *clients = calloc(CLIENTS, sizeof *clients);
    bench_need(clients == NULL ? ERR_NOMEM : OK, "clients");
    for (unsigned i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){.load = load, .lock = &lock, .at = {.step = LOAD_CASE_ACTS}};
        bench_need(ipc_connect(&clients[i].ipc, socket, ANSWER_MS), socket);
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

static void found_home(const struct bench *b, struct load *load, const char *home)
{
    struct ledger *l;
    const struct ledger_options options = {.home = home, .member = load->members[1].id,
                                           .node_key = load->members[1].node,
                                           .mode = LEDGER_WRITE};
    (void)b;
    bench_need(load_home(load, home, 1, NULL, NULL), "home");
    bench_need(ledger_open(&l, &options), "home");
    bench_need(load_found(load, l, 1), "home");
    ledger_close(l);
}

void bench_durable(struct bench *b)
{
    const struct load_options options = {.seed = 2, .members = 1, .alone = true};
    struct client client = {.at = {.step = LOAD_CASE_ACTS}};
    char home[BENCH_PATH_BYTES], socket[BENCH_PATH_BYTES + 16];
    struct daemon d;
    bench_need(load_create(&client.load, &options), "committee");
    bench_path(b, home, "durable");
    found_home(b, client.load, home);
    daemon_start(&d, b, home);
    snprintf(socket, sizeof socket, "%s/jielid.sock", home);
    bench_need(ipc_connect(&client.ipc, socket, ANSWER_MS), socket);
    one_client(b, &client);
    ipc_disconnect(client.ipc);
    many_clients(b, client.load, socket);
    daemon_stop(&d);
    load_free(client.load);
}
