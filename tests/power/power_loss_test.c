/* The power fails under load: a recorder keeps what jielid writes and when it flushes, and for many
 * seeds the disk is left as such a moment may leave it. Nothing that was acknowledged is lost, the
 * node's own acts and those of a peer whose heads it cosigned; the node starts and signs, the audit
 * passes. JIELI_PREFIXES (20) moments, from JIELI_SEED (1) on. */
#include "tests/support/daemon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>

#include "ledger/log/home.h"
#include "ledger/log/part.h"
#include "net/act_blob.h"
#include "tests/power/model.h"
#include "tests/support/cluster_keys.h"

enum { PEER = 0, MEMBER = 1, WRITERS = 4, LIVES = 3, LIFE_ACTS = 120, PART_BYTES = 3000,
       BURST = 8, LIFE_MIRRORED = 3 * BURST, MIRROR_MS = 2000, TRIES = 20000,
       FIRST_PORT = 20000, PORTS = 12000, DEFAULT_PREFIXES = 20, TWIN_PREFIXES = 12 };

/* What a client was told: this act stands at this place of the node's own log, with this part; or
 * the peer's client: the node holds this act of the peer. */
struct told { uint64_t index; struct hash id; bool has_part, mirrored; struct hash part; };

struct scene {
    struct cluster *c;
    char folder[CLUSTER_PATH_BYTES], home[CLUSTER_PATH_BYTES];
    char journal_path[2 * CLUSTER_PATH_BYTES], base[2 * CLUSTER_PATH_BYTES];
    struct power_journal journal;
    pid_t peer;
    struct compose compose;             /* for reports; law and own may lag */
    pthread_mutex_t lock;               /* of cluster and count */
    int marks;
    unsigned count, mirrored;
    bool ending;
};

struct writer { struct scene *scene; struct ipc_client *client; unsigned number; };

static void shell(const char *format, const char *a, const char *b)
{
    char command[1024];
    CLUSTER_DEMAND((size_t)snprintf(command, sizeof command, format, a, b) < sizeof command);
    CLUSTER_DEMAND(system(command) == 0);
}

/* A file beside the folder tests/ of the build. */
static void built(const char *name, char *out, size_t out_bytes)
{
    daemon_path(out, out_bytes);
    char *slash = strrchr(out, '/');
    CLUSTER_DEMAND(slash != NULL);
    snprintf(slash + 1, out_bytes - (size_t)(slash + 1 - out), "%s", name);
}

/* ---- the load that is recorded ---- */

static void act_make(struct scene *s, struct part_ref *part, uint8_t *salt, uint8_t *bytes,
                     struct buffer *blob)
{
    struct cluster_act a;
    struct buffer entry = {0};
    cluster_report_act(&a, 1);
    if (part != NULL) {
        random_bytes(salt, SALT_BYTES);
        random_bytes(bytes, PART_BYTES);
        *part = (struct part_ref){.role = PART_PHOTO, .mode = PART_OPEN,
                                  .padded_bytes = PART_BYTES};
        part_commitment(salt, span_of(bytes, PART_BYTES), &part->commitment);
        a.parts[a.part_count++] = *part;
    }
    pthread_mutex_lock(&s->lock);
    cluster_sign(s->c, MEMBER, &s->compose, &a, &entry);
    pthread_mutex_unlock(&s->lock);
    CLUSTER_DEMAND(act_blob_put_entry(blob, buffer_span(&entry)) == OK);
    static const uint8_t no_wraps[2] = {0};
    const struct act_part sent = {.wraps = span_of(no_wraps, sizeof no_wraps), .salt = salt,
                                  .bytes = span_of(bytes, PART_BYTES)};
    if (part != NULL)
        CLUSTER_DEMAND(act_blob_put_part(blob, &sent) == OK);
    buffer_clear(&entry);
    cluster_act_clear(&a);
}

/* False when the daemon is gone. What it answered is marked in the journal. */
static bool act_send(struct scene *s, struct ipc_client *client, bool with_part)
{
    uint8_t salt[SALT_BYTES], bytes[PART_BYTES];
    struct part_ref part;
    struct buffer blob = {0};
    struct told told = {.has_part = with_part};
    act_make(s, with_part ? &part : NULL, salt, bytes, &blob);
    json_t *reply = daemon_ask(client, json_pack("{s:s}", "op", "append"), buffer_span(&blob),
                               NULL);
    const bool answered = reply != NULL;
    buffer_clear(&blob);
    if (answered) {
        cluster_demand(daemon_ok(reply), daemon_error(reply), "append", 0);
        CLUSTER_DEMAND(daemon_hash(reply, "id", &told.id));
        told.index = (uint64_t)json_integer_value(json_object_get(reply, "index"));
        if (with_part)
            told.part = part.commitment;
        power_mark(s->marks, span_of((const uint8_t *)&told, sizeof told));
        json_decref(reply);
    }
    pthread_mutex_lock(&s->lock);
    s->count += answered;
    pthread_mutex_unlock(&s->lock);
    return answered;
}

static bool ending(struct scene *s)
{
    pthread_mutex_lock(&s->lock);
    const bool end = s->ending;
    pthread_mutex_unlock(&s->lock);
    return end;
}

/* An act of the peer that concerns the node, which is to cosign it at once. */
static struct told peer_append(struct scene *s, struct ipc_client *client)
{
    struct compose compose;
    struct cluster_act a;
    struct buffer entry = {0};
    struct told told = {.mirrored = true};
    CLUSTER_DEMAND(daemon_compose(client, KIND_REPORT, NULL, &compose));
    cluster_act_init(&a, KIND_REPORT, NULL);
    cluster_fact_text(&a, FACT_TO, s->c->members[MEMBER].id);
    cluster_fact_text(&a, FACT_SECTOR, "gas");
    cluster_fact_text(&a, FACT_DISTRICT, "echeng");
    cluster_fact_uint(&a, FACT_GRADE, GRADE_GENERAL);
    cluster_fact_uint(&a, FACT_SOURCE, SOURCE_INSPECTION);
    pthread_mutex_lock(&s->lock);
    cluster_sign(s->c, PEER, &compose, &a, &entry);
    pthread_mutex_unlock(&s->lock);
    json_t *reply = daemon_append(client, buffer_span(&entry));
    CLUSTER_DEMAND(daemon_ok(reply) && daemon_hash(reply, "id", &told.id));
    told.index = (uint64_t)json_integer_value(json_object_get(reply, "index"));
    json_decref(reply);
    buffer_clear(&entry);
    cluster_act_clear(&a);
    return told;
}

/* Whether the node cosigned a head of the peer that covers this act. */
static bool peer_waits(struct ipc_client *client, const struct told *told)
{
    char id[2 * HASH_BYTES + 1];
    CLUSTER_DEMAND(hex_encode(id, sizeof id, span_of(told->id.b, HASH_BYTES)) == OK);
    json_t *reply = daemon_ask(client, json_pack("{s:s,s:s,s:s,s:i,s:i}", "op", "wait", "id", id,
                                                 "level", "mirrored", "count", 1, "timeout_ms",
                                                 MIRROR_MS), (struct span){NULL, 0}, NULL);
    const bool reached = json_is_true(json_object_get(reply, "reached"));
    json_decref(reply);
    return reached;
}

static void *write_mirrored(void *arg)
{
    struct scene *s = arg;
    struct told told[BURST];
    struct ipc_client *client = daemon_connect(s->c, PEER, s->peer);
    CLUSTER_DEMAND(client != NULL);
    while (!ending(s)) {
        for (unsigned i = 0; i < BURST; i++)
            told[i] = peer_append(s, client);
        if (!peer_waits(client, &told[BURST - 1]))
            continue;
        for (unsigned i = 0; i < BURST; i++)
            power_mark(s->marks, span_of((const uint8_t *)&told[i], sizeof told[i]));
        pthread_mutex_lock(&s->lock);
        s->mirrored += BURST;
        pthread_mutex_unlock(&s->lock);
    }
    ipc_disconnect(client);
    return NULL;
}

static void *write_acts(void *arg)
{
    struct writer *w = arg;
    bool alive = true;
    for (unsigned i = 0; alive && i < LIFE_ACTS / WRITERS; i++)
        alive = act_send(w->scene, w->client, (i + w->number) % 8 == 0);
    return NULL;
}

static unsigned mirrored(struct scene *s)
{
    pthread_mutex_lock(&s->lock);
    const unsigned count = s->mirrored;
    pthread_mutex_unlock(&s->lock);
    return count;
}

static void wait_for_mirrored(struct scene *s, pid_t pid, unsigned count)
{
    for (unsigned tries = 0; mirrored(s) < count; tries++) {
        CLUSTER_DEMAND(tries < TRIES);
        CLUSTER_DEMAND(!daemon_ends_within(pid, 1000));
    }
}

/* One life of the daemon, recorded; the last but one is cut short. */
static void live(struct scene *s, unsigned life)
{
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    const unsigned before = mirrored(s);
    pid_t pid = daemon_start(s->c, MEMBER);
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){s, daemon_connect(s->c, MEMBER, pid), i};
        CLUSTER_DEMAND(writers[i].client != NULL);
    }
    CLUSTER_DEMAND(daemon_compose(writers[0].client, KIND_REPORT, NULL, &s->compose));
    for (unsigned i = 0; i < WRITERS; i++)
        CLUSTER_DEMAND(pthread_create(&threads[i], NULL, write_acts, &writers[i]) == 0);
    if (life + 2 != LIVES)
        wait_for_mirrored(s, pid, before + LIFE_MIRRORED);
    if (life + 2 == LIVES) {
        CLUSTER_DEMAND(!daemon_ends_within(pid, 50000));
        daemon_kill(pid);
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
        ipc_disconnect(writers[i].client);
    }
    if (life + 2 != LIVES)
        CLUSTER_DEMAND(daemon_stop(pid) == 0);
}

static void record(struct scene *s)
{
    char recorder[HOME_PATH_BYTES], asan[512];
    const char *options = getenv("ASAN_OPTIONS");
    built("tests/power/recorder.so", recorder, sizeof recorder);
    snprintf(asan, sizeof asan, "%s:verify_asan_link_order=0", options != NULL ? options : "");
    shell("cp -a '%s' '%s'", s->home, s->base);
    s->marks = open(s->journal_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    CLUSTER_DEMAND(s->marks >= 0);
    pthread_t peer_thread;
    s->peer = daemon_start(s->c, PEER);
    CLUSTER_DEMAND(pthread_create(&peer_thread, NULL, write_mirrored, s) == 0);
    setenv("POWER_HOME", s->home, 1);
    setenv("POWER_JOURNAL", s->journal_path, 1);
    setenv("LD_PRELOAD", recorder, 1);
    setenv("ASAN_OPTIONS", asan, 1);
    for (unsigned life = 0; life < LIVES; life++)
        live(s, life);
    unsetenv("LD_PRELOAD");
    pthread_mutex_lock(&s->lock);
    s->ending = true;
    pthread_mutex_unlock(&s->lock);
    pthread_join(peer_thread, NULL);
    CLUSTER_DEMAND(daemon_stop(s->peer) == 0);
    close(s->marks);
    power_load(&s->journal, s->journal_path);
}

static int scene_setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    const struct cluster_options options = {.seed = (uint64_t)getpid(), .members = 2,
                                            .start_s = (uint64_t)time(NULL) - 3600};
    assert_non_null(s);
    pthread_mutex_init(&s->lock, NULL);
    s->c = cluster_create(&options);
    for (unsigned i = 0; i < s->c->count; i++)
        cluster_configure(s->c, i, FIRST_PORT + (unsigned)getpid() * 2 % PORTS);
    memcpy(s->home, s->c->members[MEMBER].home, sizeof s->home);
    memcpy(s->folder, s->c->folder, sizeof s->folder);
    snprintf(s->journal_path, sizeof s->journal_path, "%s/journal", s->folder);
    snprintf(s->base, sizeof s->base, "%s/base", s->folder);
    record(s);
    *state = s;
    return 0;
}

static int scene_teardown(void **state)
{
    struct scene *s = *state;
    memcpy(s->c->members[MEMBER].home, s->home, sizeof s->home);
    power_clear(&s->journal);
    pthread_mutex_destroy(&s->lock);
    cluster_free(s->c);
    free(s);
    return 0;
}

/* ---- what a moment left ---- */

static bool told_at(const struct scene *s, size_t record, struct told *out)
{
    const struct span data = power_data(&s->journal, record);
    if (power_at(&s->journal, record).op != POWER_MARK)
        return false;
    CLUSTER_DEMAND(data.len == sizeof *out);
    memcpy(out, data.data, sizeof *out);
    return true;
}

/* The home as the cut left it becomes the member's. */
static void rebuild(struct scene *s, const struct power_cut *cut)
{
    char *home = s->c->members[MEMBER].home;
    CLUSTER_DEMAND(home_path(home, CLUSTER_PATH_BYTES, s->folder, "left") == OK);
    shell("rm -rf '%s'%s", home, "");
    power_build(&s->journal, cut, s->base, home);
}

/* Whether the node starts, holds as many entries as were told and takes another act. */
static bool node_goes_on(struct scene *s, uint64_t told_size)
{
    struct compose before = s->compose;
    pid_t pid = daemon_start(s->c, MEMBER);
    struct ipc_client *client = daemon_connect(s->c, MEMBER, pid);
    bool good = client != NULL && daemon_compose(client, KIND_REPORT, NULL, &s->compose) &&
                s->compose.own_size >= told_size;
    struct buffer blob = {0};
    if (good) {
        act_make(s, NULL, NULL, NULL, &blob);
        json_t *reply = daemon_ask(client, json_pack("{s:s}", "op", "append"),
                                   buffer_span(&blob), NULL);
        good = daemon_ok(reply);
        json_decref(reply);
    }
    buffer_clear(&blob);
    s->compose = before;
    if (client != NULL)
        ipc_disconnect(client);
    if (!good)
        daemon_kill(pid);
    return good && daemon_stop(pid) == 0;
}

static bool audit_holds(struct scene *s)
{
    char program[HOME_PATH_BYTES], command[3 * HOME_PATH_BYTES];
    built("jieli", program, sizeof program);
    snprintf(command, sizeof command, "exec '%s' audit --home '%s' >'%s/audit.log' 2>&1", program,
             s->c->members[MEMBER].home, s->folder);
    const int status = system(command);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static uint64_t told_size(const struct scene *s, const struct power_cut *cut)
{
    struct told told;
    uint64_t size = 0;
    for (size_t i = 0; i < cut->records; i++)
        if (told_at(s, i, &told) && !told.mirrored && told.index >= size)
            size = told.index + 1;
    return size;
}

static void assert_all_told_is_there(struct scene *s, const struct power_cut *cut)
{
    const char *home = s->c->members[MEMBER].home;
    struct buffer bytes = {0};
    cluster_open(s->c, MEMBER);
    struct ledger *l = s->c->members[MEMBER].ledger;
    assert_int_equal(ledger_own_check(l), OK);
    for (size_t i = 0; i < cut->records; i++) {
        struct told told;
        struct position at;
        uint8_t salt[SALT_BYTES];
        if (!told_at(s, i, &told))
            continue;
        assert_int_equal(ledger_find_id(l, &told.id, &at), OK);
        assert_int_equal(at.index, told.index);
        if (told.has_part)
            assert_int_equal(part_read(home, &told.part, salt, &bytes), OK);
    }
    buffer_clear(&bytes);
    cluster_close(s->c, MEMBER);
}

/* What was told was published, so last-head knows it before the node has seen the home. */
static bool last_head_covers(const struct scene *s, uint64_t size)
{
    struct last_head_file *f;
    struct last_head head = {.size = 0};
    if (last_head_open(&f, s->c->members[MEMBER].home, false) != OK)
        return false;
    const enum err err = last_head_read(f, &head);
    last_head_close(f);
    return (err == OK || err == ERR_NOTFOUND) && head.size >= size;
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static void the_recorder_saw_the_store_its_flushes_last_head_and_parts(void **state)
{
    const struct scene *s = *state;
    size_t ops[POWER_MARK + 1] = {0}, dsync = 0;
    for (size_t i = 0; i < s->journal.count; i++) {
        const struct power_record r = power_at(&s->journal, i);
        ops[r.op]++;
        dsync += r.op == POWER_WRITE && (r.flags & POWER_DSYNC) != 0;
    }
    assert_int_equal(ops[POWER_MARK], s->count + s->mirrored);
    assert_true(s->count >= LIFE_ACTS && s->mirrored >= LIVES);
    assert_true(ops[POWER_WRITE] > 10 * (size_t)LIVES && dsync > LIVES);
    assert_in_range(ops[POWER_DONE], dsync - 1, dsync);  /* one life ends by a kill */
    assert_true(ops[POWER_SYNC] > dsync + LIVES);       /* of the store, and of last-head */
    assert_true(ops[POWER_CREATE] > LIVES && ops[POWER_RENAME] > LIVES);
    assert_true(ops[POWER_SYNC_FOLDER] >= ops[POWER_RENAME]);
}

static void nothing_told_is_lost_when_the_power_fails(void **state)
{
    struct scene *s = *state;
    const uint64_t first = number_from("JIELI_SEED", 1);
    const uint64_t count = number_from("JIELI_PREFIXES", DEFAULT_PREFIXES);
    for (uint64_t seed = first; seed < first + count; seed++) {
        const struct power_cut cut = power_choose(&s->journal, seed);
        rebuild(s, &cut);
        const uint64_t size = told_size(s, &cut);
        const bool sealed = last_head_covers(s, size), goes_on = node_goes_on(s, size);
        const bool holds = goes_on && audit_holds(s);
        if (!sealed || !goes_on || !holds)
            print_message("seed %llu, record %zu of %zu: last-head %d node %d audit %d\n",
                          (unsigned long long)seed, cut.records, s->journal.count, sealed, goes_on,
                          holds);
        assert_true(sealed);
        assert_true(goes_on);
        assert_true(holds);
        assert_all_told_is_there(s, &cut);
    }
    print_message("%llu moments of %zu records, %u acts told, %u of the peer\n",
                  (unsigned long long)count, s->journal.count, s->count, s->mirrored);
}

static void a_disk_that_does_not_flush_is_found_out(void **state)
{
    struct scene *s = *state;
    unsigned lost = 0;
    for (uint64_t seed = 1; seed <= TWIN_PREFIXES; seed++) {
        struct power_cut cut = power_choose(&s->journal, seed);
        cut.ignore_syncs = true;
        rebuild(s, &cut);
        lost += !node_goes_on(s, told_size(s, &cut)) || !audit_holds(s);
    }
    print_message("%u of %u moments lost something\n", lost, TWIN_PREFIXES);
    assert_true(lost >= TWIN_PREFIXES / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_recorder_saw_the_store_its_flushes_last_head_and_parts),
        cmocka_unit_test(nothing_told_is_lost_when_the_power_fails),
        cmocka_unit_test(a_disk_that_does_not_flush_is_found_out),
    };
    return cmocka_run_group_tests(tests, scene_setup, scene_teardown);
}
