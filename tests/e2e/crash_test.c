/* SIGKILL at random moments under load: nothing that was acknowledged is lost. */
#include "tests/support/daemon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <pthread.h>
#include <time.h>

#include "ledger/log/home.h"
#include "tests/support/cluster_keys.h"

enum { MEMBER = 1, WRITERS = 4, DEFAULT_ROUNDS = 200, MAX_ACKNOWLEDGED = 1000000,
       MAX_DELAY_US = 30000 };

struct acknowledged { struct hash id; uint64_t index; };

struct load {
    struct cluster *c;
    uint64_t random;                    /* the main thread's */
    pthread_mutex_t lock;               /* over everything below */
    struct compose compose;             /* for reports; law and own may lag */
    size_t count;
    struct acknowledged *done;
};

struct writer {
    struct load *load;
    struct ipc_client *client;
    struct buffer unanswered;           /* sent again after a restart */
    struct hash last_case;
    bool has_case;
};

static uint64_t next_random(struct load *l)
{
    l->random ^= l->random << 13;
    l->random ^= l->random >> 7;
    l->random ^= l->random << 17;
    return l->random;
}

static void sign_report(struct load *l, struct buffer *out)
{
    struct cluster_act a;
    cluster_report_act(&a, 1);
    pthread_mutex_lock(&l->lock);
    cluster_sign(l->c, MEMBER, &l->compose, &a, out);
    pthread_mutex_unlock(&l->lock);
    cluster_act_clear(&a);
}

static bool sign_follow_up(struct writer *w, struct buffer *out)
{
    struct compose compose;
    struct cluster_act a;
    if (!daemon_compose(w->client, KIND_HAND_TO, &w->last_case, &compose)) {
        return false;
    }
    cluster_act_init(&a, KIND_HAND_TO, &w->last_case);
    cluster_fact_text(&a, FACT_OFFICER, "p1");
    pthread_mutex_lock(&w->load->lock);
    cluster_sign(w->load->c, MEMBER, &compose, &a, out);
    pthread_mutex_unlock(&w->load->lock);
    cluster_act_clear(&a);
    return true;
}

static void record(struct load *l, const struct hash *id, const json_t *reply)
{
    pthread_mutex_lock(&l->lock);
    CLUSTER_DEMAND(l->count < MAX_ACKNOWLEDGED);
    l->done[l->count++] = (struct acknowledged){
        *id, (uint64_t)json_integer_value(json_object_get(reply, "index"))};
    pthread_mutex_unlock(&l->lock);
}

/* Sends what is unanswered. False when the daemon is gone. */
static bool send_one(struct writer *w, bool opens)
{
    struct hash id;
    json_t *reply = daemon_append(w->client, buffer_span(&w->unanswered));
    if (reply == NULL) {
        return false;
    }
    cluster_demand(daemon_ok(reply), daemon_error(reply), "append", 0);
    CLUSTER_DEMAND(daemon_hash(reply, "id", &id));
    record(w->load, &id, reply);
    if (opens) {
        w->last_case = id;
        w->has_case = true;
    }
    json_decref(reply);
    buffer_reset(&w->unanswered);
    return true;
}

static void *write_until_killed(void *arg)
{
    struct writer *w = arg;
    bool alive = w->unanswered.len == 0 || send_one(w, false);
    for (unsigned i = 1; alive; i++) {
        bool follows = i % 4 == 0 && w->has_case;
        if (!follows) {
            sign_report(w->load, &w->unanswered);
        } else if (!sign_follow_up(w, &w->unanswered)) {
            break;
        }
        alive = send_one(w, !follows);
    }
    ipc_disconnect(w->client);
    return NULL;
}

static void check_nothing_went_back(struct load *l, struct ipc_client *client)
{
    CLUSTER_DEMAND(daemon_compose(client, KIND_REPORT, NULL, &l->compose));
    for (size_t i = 0; i < l->count; i++) {
        CLUSTER_DEMAND(l->done[i].index < l->compose.own_size);
    }
}

/* A life that is cut before the daemon listens, while it rechecks what the last one left. */
static void die_at_start(struct load *l)
{
    pid_t pid = daemon_start(l->c, MEMBER);
    CLUSTER_DEMAND(!daemon_ends_within(pid, next_random(l) % 10000));
    daemon_kill(pid);
}

static size_t acknowledged(struct load *l)
{
    pthread_mutex_lock(&l->lock);
    size_t count = l->count;
    pthread_mutex_unlock(&l->lock);
    return count;
}

/* The load is there: an act of this life was acknowledged and its writers go on. */
static void wait_for_load(struct load *l, pid_t pid, size_t before)
{
    for (unsigned tries = 0; acknowledged(l) == before; tries++) {
        CLUSTER_DEMAND(tries < 30000);
        CLUSTER_DEMAND(!daemon_ends_within(pid, 1000));
    }
}

/* One life of the daemon, cut at a random moment while writers wait for their answers. */
static void live_and_die(struct load *l, struct writer writers[WRITERS])
{
    pthread_t threads[WRITERS];
    const size_t before = l->count;
    pid_t pid = daemon_start(l->c, MEMBER);
    struct ipc_client *client = daemon_connect(l->c, MEMBER, pid);
    CLUSTER_DEMAND(client != NULL);
    check_nothing_went_back(l, client);
    ipc_disconnect(client);
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i].client = daemon_connect(l->c, MEMBER, pid);
        CLUSTER_DEMAND(writers[i].client != NULL);
        CLUSTER_DEMAND(pthread_create(&threads[i], NULL, write_until_killed, &writers[i]) == 0);
    }
    wait_for_load(l, pid, before);
    CLUSTER_DEMAND(!daemon_ends_within(pid, next_random(l) % MAX_DELAY_US));
    daemon_kill(pid);
    for (unsigned i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
    }
}

static void assert_whole_log(struct ledger *l, const struct log *log)
{
    struct span entry;
    struct hash root, expected;
    struct frontier frontier;
    frontier_init(&frontier);
    for (uint64_t i = 0; i < log->frontier.size; i++) {
        struct hash leaf;
        assert_int_equal(log_read(ledger_txn(l), log->no, i, &entry), OK);
        merkle_leaf(entry, &leaf);
        frontier_append(&frontier, &leaf);
    }
    frontier_root(&frontier, &root);
    frontier_root(&log->frontier, &expected);
    assert_true(hash_equal(&root, &expected));
    assert_int_equal(log->head_size, log->frontier.size);
}

static void assert_same_state(struct ledger *l, const struct case_state *stored)
{
    struct case_fold *fold = NULL;
    struct buffer a = {0}, b = {0};
    assert_int_equal(ledger_fold_case(l, &stored->id, &fold), OK);
    assert_int_equal(case_state_encode(stored, ledger_roster(l), &a), OK);
    assert_int_equal(case_state_encode(case_fold_state(fold), ledger_roster(l), &b), OK);
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.data, b.data, a.len);
    buffer_clear(&a);
    buffer_clear(&b);
    case_fold_free(fold);
}

static void assert_refolds(struct ledger *l)
{
    struct case_cursor cursor = {0};
    struct case_state *state = calloc(1, sizeof *state);
    enum err err;
    assert_non_null(state);
    while ((err = ledger_case_next(l, &cursor, state)) == OK) {
        assert_same_state(l, state);
    }
    assert_int_equal(err, ERR_NOTFOUND);
    free(state);
}

static void assert_all_kept(struct load *l)
{
    cluster_open(l->c, MEMBER);
    struct ledger *ledger = l->c->members[MEMBER].ledger;
    for (size_t i = 0; i < l->count; i++) {
        struct position at;
        enum verdict verdict;
        enum reason reason;
        assert_int_equal(ledger_find_id(ledger, &l->done[i].id, &at), OK);
        assert_int_equal(at.index, l->done[i].index);
        assert_int_equal(ledger_verdict(ledger, at, &verdict, &reason), OK);
        assert_int_equal(verdict, VERDICT_VALID);
    }
    for (unsigned i = 0; ledger_log_at(ledger, i) != NULL; i++) {
        assert_whole_log(ledger, ledger_log_at(ledger, i));
    }
    assert_refolds(ledger);
}

/* The command that an auditor would type, on the home as the kills left it. */
static void assert_audit_holds(struct load *l)
{
    char program[HOME_PATH_BYTES], command[2 * HOME_PATH_BYTES];
    daemon_path(program, sizeof program);
    program[strlen(program) - 1] = '\0';             /* jielid lies beside jieli */
    int n = snprintf(command, sizeof command, "exec '%s' audit --home '%s' >&2", program,
                     l->c->members[MEMBER].home);
    assert_true(n > 0 && (size_t)n < sizeof command);
    assert_int_equal(system(command), 0);
}

static void finish_one_clean_life(struct load *l, struct writer writers[WRITERS])
{
    pid_t pid = daemon_start(l->c, MEMBER);
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i].client = daemon_connect(l->c, MEMBER, pid);
        assert_non_null(writers[i].client);
        assert_true(writers[i].unanswered.len == 0 || send_one(&writers[i], false));
        ipc_disconnect(writers[i].client);
        buffer_clear(&writers[i].unanswered);
    }
    assert_int_equal(daemon_stop(pid), 0);
}

static void nothing_acknowledged_is_lost_to_two_hundred_kills(void **state)
{
    (void)state;
    const char *seed = getenv("JIELI_SEED"), *asked = getenv("JIELI_KILLS");
    unsigned rounds = asked != NULL ? (unsigned)strtoul(asked, NULL, 10) : DEFAULT_ROUNDS;
    uint64_t random = (seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL)) | 1;
    print_message("JIELI_SEED=%llu\n", (unsigned long long)random);
    const struct cluster_options options = {.seed = random, .members = 2,
                                            .start_s = (uint64_t)time(NULL) - 3600};
    struct load l = {.c = cluster_create(&options), .random = random};
    struct writer writers[WRITERS] = {0};
    l.done = calloc(MAX_ACKNOWLEDGED, sizeof *l.done);
    assert_non_null(l.done);
    pthread_mutex_init(&l.lock, NULL);
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i].load = &l;
    }
    for (unsigned i = 0; i < rounds; i++) {
        live_and_die(&l, writers);
        if (i % 5 == 0) {
            die_at_start(&l);
        }
    }
    assert_audit_holds(&l);
    finish_one_clean_life(&l, writers);
    print_message("%u kills, %zu acts acknowledged\n", rounds, l.count);
    assert_true(l.count > rounds);
    assert_all_kept(&l);
    cluster_close(l.c, MEMBER);
    assert_audit_holds(&l);
    pthread_mutex_destroy(&l.lock);
    free(l.done);
    cluster_free(l.c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_acknowledged_is_lost_to_two_hundred_kills),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
