#include <string.h>

#include "net/ipc.h"
#include "tools/bench/bench.h"

enum { ANSWER_MS = 20000 };

struct ipc_client *client_connect(const struct daemon *d)
{
    char path[BENCH_PATH_BYTES + 16];
    struct ipc_client *c = NULL;
    snprintf(path, sizeof path, "%s/jielid.sock", d->home);
    bench_need(ipc_connect(&c, path, ANSWER_MS), path);
    return c;
}

void client_append(struct ipc_client *c, struct span entry)
{
    struct buffer blob = {0};
    json_t *reply = NULL, *request = json_pack("{s:s}", "op", "append");
    enum err err = buffer_put_u32(&blob, (uint32_t)entry.len);
    if (err == OK)
        err = buffer_put(&blob, entry.data, entry.len);
    if (err == OK)
        err = ipc_call(c, request, buffer_span(&blob), &reply, NULL);
    bench_need(err, "append");
    if (json_object_get(reply, "error") != NULL) {
        json_dumpf(reply, stderr, JSON_COMPACT);
        bench_need(ERR_VOID, "append");
    }
    json_decref(reply);
    json_decref(request);
    buffer_clear(&blob);
}

bool client_knows(struct ipc_client *c, const struct hash *case_id)
{
    char id[2 * HASH_BYTES + 1];
    json_t *reply = NULL, *request;
    bench_need(hex_encode(id, sizeof id, span_of(case_id->b, HASH_BYTES)), "case");
    request = json_pack("{s:s,s:s,s:s}", "op", "query", "query", "show", "case", id);
    bench_need(ipc_call(c, request, (struct span){NULL, 0}, &reply, NULL), "show");
    const bool known = json_object_get(reply, "error") == NULL;
    json_decref(reply);
    json_decref(request);
    return known;
}
