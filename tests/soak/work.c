#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ledger/log/part.h"
#include "net/act_blob.h"
#include "tests/soak/soak.h"

enum { PAUSE_MS = 80, PART_BYTES = 20000, OWN_CASES = 16 };

struct desk {
    struct soak *s;
    unsigned node;
    struct ipc_client *client;             /* NULL while the node is down */
    struct hash own[OWN_CASES];            /* cases that this node opened lately */
    unsigned own_count;
};

static void desk_close(struct desk *d)
{
    if (d->client != NULL)
        ipc_disconnect(d->client);
    d->client = NULL;
}

static void desk_open(struct desk *d)
{
    pthread_mutex_lock(&d->s->lock);
    const pid_t pid = d->s->pids[d->node];
    pthread_mutex_unlock(&d->s->lock);
    char path[CLUSTER_PATH_BYTES + 16];
    snprintf(path, sizeof path, "%s/jielid.sock", d->s->c->members[d->node].home);
    if (pid != 0 && ipc_connect(&d->client, path, 20000) != OK)
        d->client = NULL;
}

static void told_add(struct soak *s, const struct hash *id)
{
    pthread_mutex_lock(&s->lock);
    if (s->told_count == s->told_cap) {
        s->told_cap = s->told_cap == 0 ? 4096 : 2 * s->told_cap;
        s->told = realloc(s->told, s->told_cap * sizeof *s->told);
        soak_demand(s, s->told != NULL, "memory", 0);
    }
    s->told[s->told_count++] = *id;
    pthread_mutex_unlock(&s->lock);
}

static void count(struct desk *d, size_t *counter)
{
    pthread_mutex_lock(&d->s->lock);
    ++*counter;
    pthread_mutex_unlock(&d->s->lock);
}

/* An act may be overtaken, or void by then, or its node may be killed under it. */
static bool act_send(struct desk *d, const struct cluster_act *a, struct span blob_parts,
                     struct hash *id)
{
    struct compose compose;
    struct buffer entry = {0}, blob = {0};
    if (!daemon_compose(d->client, a->kind, a->case_id, &compose)) {
        count(d, &d->s->refused);
        desk_close(d);
        return false;
    }
    pthread_mutex_lock(&d->s->lock);
    cluster_sign(d->s->c, d->node, &compose, a, &entry);
    pthread_mutex_unlock(&d->s->lock);
    soak_demand(d->s, act_blob_put_entry(&blob, buffer_span(&entry)) == OK &&
                          buffer_put(&blob, blob_parts.data, blob_parts.len) == OK,
                "memory", d->node);
    json_t *reply = daemon_ask(d->client, json_pack("{s:s}", "op", "append"), buffer_span(&blob),
                               NULL);
    const bool good = reply != NULL && daemon_ok(reply) && daemon_hash(reply, "id", id);
    if (good)
        told_add(d->s, id);
    else
        count(d, reply == NULL ? &d->s->lost : &d->s->refused);
    if (reply == NULL)
        desk_close(d);
    json_decref(reply);
    buffer_clear(&entry);
    buffer_clear(&blob);
    return good;
}

static void begin_act(struct cluster_act *a, uint32_t kind, const struct hash *case_id)
{
    cluster_act_init(a, kind, case_id);
    a->time_s = (uint64_t)time(NULL);
}

static const char *somebody_else(struct desk *d)
{
    const unsigned step = 1 + (unsigned)(soak_random(d->s) % (SOAK_NODES - 1));
    return d->s->c->members[(d->node + step) % SOAK_NODES].id;
}

static void report(struct desk *d, bool with_part)
{
    struct cluster_act a;
    struct hash id;
    struct buffer parts = {0};
    uint8_t salt[SALT_BYTES];
    static const uint8_t no_wraps[2];
    cluster_report_act(&a, (unsigned)(soak_random(d->s) % 100));
    a.time_s = (uint64_t)time(NULL);
    if (with_part) {
        uint8_t *bytes = malloc(PART_BYTES);
        soak_demand(d->s, bytes != NULL, "memory", d->node);
        random_bytes(salt, sizeof salt);
        random_bytes(bytes, PART_BYTES);
        const struct act_part part = {.wraps = span_of(no_wraps, sizeof no_wraps), .salt = salt,
                                      .bytes = span_of(bytes, PART_BYTES)};
        a.parts[a.part_count] = (struct part_ref){.role = PART_PHOTO, .mode = PART_OPEN,
                                                  .padded_bytes = PART_BYTES};
        part_commitment(salt, part.bytes, &a.parts[a.part_count++].commitment);
        soak_demand(d->s, act_blob_put_part(&parts, &part) == OK, "memory", d->node);
        free(bytes);
    }
    if (act_send(d, &a, buffer_span(&parts), &id))
        d->own[d->own_count++ % OWN_CASES] = id;
    buffer_clear(&parts);
    cluster_act_clear(&a);
}

static void plain(struct desk *d, uint32_t kind, const struct hash *case_id)
{
    struct cluster_act a;
    struct hash id;
    begin_act(&a, kind, case_id);
    if (kind == KIND_OFFER || kind == KIND_NOTIFY)
        cluster_fact_text(&a, FACT_TO, somebody_else(d));
    if (kind == KIND_OFFER || kind == KIND_REFUSE)
        cluster_fact_text(&a, FACT_CLAUSE, "本委约定 示例");
    if (kind == KIND_OFFER)
        cluster_fact_uint(&a, FACT_GROUND, GROUND_COMPETENT);
    if (kind == KIND_REFUSE)
        cluster_fact_uint(&a, FACT_CODE, REFUSE_NO_JURISDICTION);
    if (kind == KIND_PROGRESS || kind == KIND_NOTIFY)
        cluster_fact_text(&a, FACT_NOTE_CODE, "设置警戒");
    act_send(d, &a, (struct span){(const uint8_t *)"", 0}, &id);
    cluster_act_clear(&a);
}

static json_t *ask(struct desk *d, const char *query)
{
    json_t *reply = daemon_ask(d->client, json_pack("{s:s,s:s}", "op", "query", "query", query),
                               (struct span){NULL, 0}, NULL);
    if (reply == NULL)
        desk_close(d);
    else
        count(d, &d->s->queries);
    return reply;
}

/* What waits in the inbox is taken or sent back. */
static void answer_offers(struct desk *d)
{
    struct hash case_id;
    json_t *reply = ask(d, "inbox");
    const json_t *first = json_array_get(json_object_get(reply, "offered"), 0);
    if (daemon_hash(first, "id", &case_id))
        plain(d, soak_random(d->s) % 5 == 0 ? KIND_REFUSE : KIND_ACCEPT, &case_id);
    json_decref(reply);
}

static void work(struct desk *d)
{
    static const char *const looks[] = {"cases", "status", "blindspots", "members"};
    const unsigned what = (unsigned)(soak_random(d->s) % 100);
    const unsigned held = d->own_count < OWN_CASES ? d->own_count : OWN_CASES;
    const struct hash *own = held == 0 ? NULL : &d->own[soak_random(d->s) % held];
    if (what < 35 || (own == NULL && what < 75))
        report(d, what % 8 == 0);
    else if (what < 50)
        plain(d, KIND_OFFER, own);
    else if (what < 65)
        plain(d, KIND_PROGRESS, own);
    else if (what < 75)
        plain(d, KIND_NOTIFY, own);
    else if (what < 95)
        answer_offers(d);
    else
        json_decref(ask(d, looks[what % 4]));
}

void *work_run(void *worker)
{
    const struct worker *w = worker;
    struct desk d = {.s = w->soak, .node = w->node};
    while (!soak_pause(w->soak, PAUSE_MS / 2 + soak_random(w->soak) % PAUSE_MS)) {
        if (d.client == NULL)
            desk_open(&d);
        if (d.client != NULL)
            work(&d);
    }
    desk_close(&d);
    return NULL;
}
