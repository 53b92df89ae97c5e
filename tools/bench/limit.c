/* What one durable act costs this machine at least: two signatures made and two verified
 * (officer and checkpoint), one round trip over ipc, and the flushes of one commit of LMDB and
 * of last-head. */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/ipc.h"
#include "tools/bench/bench.h"

enum { PAGE = 4096, PAGES = 12, FILE_PAGES = 16384, HEAD_BYTES = 512, IPC_MS = 10000 };

struct limit {
    int data, meta, head;              /* scattered pages; O_DSYNC; in place */
    const struct signkey *key;
    struct ipc_server *server;
    struct ipc_client *client;
    json_t *request;
    uint64_t random;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool waiting, ending;
    struct ipc_conn conn;
};

static bool on_request(void *ctx, struct ipc_request *request)
{
    struct limit *l = ctx;
    pthread_mutex_lock(&l->lock);
    l->conn = request->conn;
    l->waiting = true;
    pthread_cond_signal(&l->wake);
    pthread_mutex_unlock(&l->lock);
    ipc_request_clear(request);
    return true;
}

static void *answer(void *arg)
{
    struct limit *l = arg;
    json_t *reply = json_pack("{s:b}", "ok", 1);
    pthread_mutex_lock(&l->lock);
    while (!l->ending) {
        if (!l->waiting) {
            pthread_cond_wait(&l->wake, &l->lock);
            continue;
        }
        l->waiting = false;
        struct ipc_conn conn = l->conn;
        pthread_mutex_unlock(&l->lock);
        ipc_answer(l->server, conn, reply, (struct span){NULL, 0});
        pthread_mutex_lock(&l->lock);
    }
    pthread_mutex_unlock(&l->lock);
    json_decref(reply);
    return NULL;
}

static int scratch(const struct bench *b, const char *name, int flags, size_t bytes)
{
    static const uint8_t zeros[PAGE];
    char path[BENCH_PATH_BYTES];
    bench_path(b, path, name);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    for (size_t i = 0; fd >= 0 && i < bytes; i += PAGE)
        bench_need(pwrite(fd, zeros, PAGE, (off_t)i) == PAGE ? OK : ERR_IO, path);
    bench_need(fd < 0 || fsync(fd) != 0 ? ERR_IO : OK, path);
    close(fd);
    fd = open(path, O_RDWR | O_CLOEXEC | flags);
    bench_need(fd < 0 ? ERR_IO : OK, path);
    return fd;
}

void limit_open(struct limit **out, struct bench *b)
{
    char path[BENCH_PATH_BYTES];
    struct signkey *key = NULL;
    struct limit *l = calloc(1, sizeof *l);
    const struct ipc_handler handler = {l, on_request};
    bench_need(l == NULL ? ERR_NOMEM : signkey_create(&key), "limit");
    l->key = key;
    l->random = 88172645463325252U;
    l->data = scratch(b, "limit.data", 0, (size_t)FILE_PAGES * PAGE);
    l->meta = scratch(b, "limit.meta", O_DSYNC, PAGE);
    l->head = scratch(b, "limit.head", 0, 2 * PAGE);
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->wake, NULL);
    bench_path(b, path, "limit.sock");
    bench_need(ipc_listen(&l->server, path, 0600, &handler), path);
    bench_need(pthread_create(&l->thread, NULL, answer, l) == 0 ? OK : ERR_NOMEM, "limit");
    bench_need(ipc_connect(&l->client, path, IPC_MS), path);
    l->request = json_pack("{s:s}", "op", "append");
    *out = l;
}

static void sign_and_verify(struct limit *l, const uint8_t *message)
{
    const struct span m = span_of(message, BENCH_ENTRY_BYTES);
    for (unsigned i = 0; i < 2; i++) {
        struct sig sig;
        sign_raw(l->key, m, &sig);
        bench_need(verify_raw(signkey_public(l->key), m, &sig), "verification");
    }
}

static void flushes(struct limit *l, const uint8_t *page)
{
    bool good = true;
    for (unsigned i = 0; i < PAGES; i++) {
        l->random = l->random * UINT64_C(6364136223846793005) + 1442695040888963407U;
        off_t at = (off_t)((l->random >> 33) % FILE_PAGES) * PAGE;
        good = good && pwrite(l->data, page, PAGE, at) == PAGE;
    }
    good = good && fdatasync(l->data) == 0;
    good = good && pwrite(l->meta, page, PAGE, 0) == PAGE;
    good = good && pwrite(l->head, page, HEAD_BYTES, 0) == HEAD_BYTES;
    good = good && fdatasync(l->head) == 0;
    bench_need(good ? OK : ERR_IO, "flush");
}

void limit_turn(struct limit *l, unsigned acts)
{
    uint8_t page[PAGE];
    for (unsigned i = 0; i < acts; i++) {
        json_t *reply;
        random_bytes(page, 64);
        memset(page + 64, (int)i & 0xff, sizeof page - 64);
        sign_and_verify(l, page);
        bench_need(ipc_call(l->client, l->request, span_of(page, BENCH_ENTRY_BYTES), &reply, NULL),
                   "ipc");
        json_decref(reply);
        flushes(l, page);
    }
}

void limit_close(struct limit *l)
{
    ipc_disconnect(l->client);
    pthread_mutex_lock(&l->lock);
    l->ending = true;
    pthread_cond_signal(&l->wake);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    ipc_close(l->server);
    json_decref(l->request);
    close(l->data);
    close(l->meta);
    close(l->head);
    free(l);
}
