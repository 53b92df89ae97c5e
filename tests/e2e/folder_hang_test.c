/* A folder on a mount that hangs: node 1 has a line to node 0 and reaches node 2 by folders alone,
 * which stop answering it. Whether they hang or not, its ledger thread never touches them. */
#include "tests/support/daemon.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/log/home.h"
#include "net/config.h"
#include "net/folder.h"
#include "tests/support/http_client.h"

enum { NODES = 3, HUNG = 1, FIRST_PORT = 43500, PORTS = 9000, ROUNDS = 15, TRY_US = 2000,
       WAIT_MS = 30000, ANSWER_MS = 1000, STOP_MS = 4000 };

struct trio {
    struct cluster *c;
    pid_t pids[NODES];
    struct ipc_client *clients[NODES];
    char gate[CONFIG_PATH_BYTES], lock_path[CONFIG_PATH_BYTES], preload[HOME_PATH_BYTES];
    int lock;
    unsigned http;
};

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Beside jielid. */
static void built(const char *name, char *out, size_t out_bytes)
{
    char program[HOME_PATH_BYTES];
    daemon_path(program, sizeof program);
    *strrchr(program, '/') = '\0';
    assert_int_equal(home_path(out, out_bytes, program, name), OK);
}

static void folder_set(const struct trio *t, struct config *config, const char *out,
                       const char *in)
{
    struct config_folder *f = &config->folders[config->folder_count++];
    *f = (struct config_folder){.every_s = 1, .again_h = 24};
    snprintf(f->out, sizeof f->out, "%.150s/%s", t->gate, out);
    snprintf(f->in, sizeof f->in, "%.150s/%s", t->gate, in);
    assert_int_equal(folder_create(f->out, 0700), OK);
}

static void configure(struct trio *t)
{
    char address[CONFIG_ADDRESS_BYTES];
    snprintf(address, sizeof address, "127.0.0.1:%u", FIRST_PORT + (unsigned)getpid() % PORTS);
    for (unsigned i = 0; i < NODES; i++) {
        struct config config;
        config_init(&config);
        strcpy(config.member, t->c->members[i].id);
        config.has_ledger = true;
        config.ledger = t->c->ledger;
        if (i == 0) {
            strcpy(config.listen[config.listen_count++], address);
        } else if (i == HUNG) {
            strcpy(config.peers[config.peer_count++], address);
            t->http = http_port_free();
            snprintf(config.http_listen, sizeof config.http_listen, "127.0.0.1:%u", t->http);
            folder_set(t, &config, "to-2", "to-1");
        } else {
            folder_set(t, &config, "to-1", "to-2");
        }
        assert_int_equal(config_write(&config, t->c->members[i].home), OK);
    }
}

/* The daemon whose folders can be made to hang. */
static void hung_up(struct trio *t)
{
    char asan[512];
    const char *options = getenv("ASAN_OPTIONS");
    snprintf(asan, sizeof asan, "%s:verify_asan_link_order=0", options != NULL ? options : "");
    setenv("HUNG_FOLDER", t->gate, 1);
    setenv("HUNG_LOCK", t->lock_path, 1);
    setenv("LD_PRELOAD", t->preload, 1);
    setenv("ASAN_OPTIONS", asan, 1);
    t->clients[HUNG] = daemon_up(t->c, HUNG, &t->pids[HUNG]);
    unsetenv("LD_PRELOAD");
}

static int setup(void **state)
{
    struct trio *t = calloc(1, sizeof *t);
    const struct cluster_options options = {.seed = (uint64_t)getpid(), .members = NODES,
                                            .start_s = (uint64_t)time(NULL) - 3600};
    t->c = cluster_create(&options);
    snprintf(t->gate, sizeof t->gate, "%.150s/gate", t->c->folder);
    snprintf(t->lock_path, sizeof t->lock_path, "%.150s/hangs", t->c->folder);
    built("tests/e2e/hung_mount.so", t->preload, sizeof t->preload);
    assert_int_equal(folder_create(t->gate, 0700), OK);
    t->lock = open(t->lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(t->lock >= 0);
    configure(t);
    t->clients[0] = daemon_up(t->c, 0, &t->pids[0]);
    hung_up(t);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    struct trio *t = *state;
    close(t->lock);
    for (unsigned i = 0; i < NODES; i++) {
        daemon_down(&t->clients[i], t->pids[i]);
    }
    cluster_free(t->c);
    free(t);
    return 0;
}

static bool comes_to_know(struct trio *t, unsigned node, const struct hash *case_id)
{
    struct compose compose;
    uint64_t until_ms = now_ms() + WAIT_MS;
    while (now_ms() < until_ms) {
        if (daemon_compose(t->clients[node], KIND_NOTIFY, case_id, &compose)) {
            return true;
        }
        assert_false(daemon_ends_within(t->pids[node], TRY_US));
    }
    return false;
}

static int by_size(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* A report of either goes to the other, and the next when it is there: the median of the times. An
 * officer waits for no answer longer than ANSWER_MS. */
static uint64_t exchange_ms(struct trio *t)
{
    uint64_t all[2 * ROUNDS];
    for (unsigned i = 0; i < 2 * ROUNDS; i++) {
        const uint64_t begun_ms = now_ms();
        const unsigned from = i % 2;
        struct hash id = daemon_report(t->clients[from], t->c, from);
        assert_true(now_ms() - begun_ms < ANSWER_MS);
        assert_true(comes_to_know(t, 1 - from, &id));
        all[i] = now_ms() - begun_ms;
    }
    qsort(all, 2 * ROUNDS, sizeof all[0], by_size);
    return all[ROUNDS];
}

/* How many of the node's two folders stand so. */
static unsigned folders_in_state(struct trio *t, const char *wanted)
{
    unsigned count = 0;
    size_t i;
    const json_t *o;
    json_t *reply = daemon_ask(t->clients[HUNG], json_pack("{s:s}", "op", "peers"),
                               (struct span){0}, NULL);
    assert_non_null(reply);
    json_array_foreach(json_object_get(reply, "folders"), i, o) {
        const char *state = json_string_value(json_object_get(o, "state"));
        bool silent = json_integer_value(json_object_get(o, "silent_ms")) >= FOLDER_SILENT_MS;
        assert_int_equal(silent, strcmp(state, "silent") == 0);
        count += strcmp(state, wanted) == 0;
    }
    json_decref(reply);
    return count;
}

static void wait_for_state(struct trio *t, const char *wanted)
{
    uint64_t until_ms = now_ms() + WAIT_MS;
    while (folders_in_state(t, wanted) < 2) {
        assert_true(now_ms() < until_ms);
        assert_false(daemon_ends_within(t->pids[HUNG], TRY_US));
    }
}

static bool status_says(const struct trio *t, const char *words)
{
    char command[3 * HOME_PATH_BYTES], jieli[HOME_PATH_BYTES], text[8192];
    built("jieli", jieli, sizeof jieli);
    snprintf(command, sizeof command, "JIELI_LANG=en '%s' status --home '%s' 2>&1", jieli,
             t->c->members[HUNG].home);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    assert_int_equal(pclose(f), 0);
    return strstr(text, words) != NULL;
}

/* As of the last second: waits for it. */
static bool http_says(const struct trio *t, const char *path, const char *words)
{
    struct buffer answer = {0};
    const uint64_t until_ms = now_ms() + WAIT_MS;
    bool says = false;
    while (!says && now_ms() < until_ms) {
        assert_int_equal(http_get(t->http, path, &answer), 200);
        says = strstr((const char *)answer.data, words) != NULL;
    }
    buffer_clear(&answer);
    return says;
}

static bool log_says(const struct trio *t, const char *words)
{
    char path[HOME_PATH_BYTES];
    struct buffer text = {0};
    assert_int_equal(home_path(path, sizeof path, t->c->members[HUNG].home, "jielid.log"), OK);
    assert_int_equal(file_read(path, 1 << 24, &text), OK);
    assert_int_equal(buffer_put_u8(&text, 0), OK);
    bool says = strstr((const char *)text.data, words) != NULL;
    buffer_clear(&text);
    return says;
}

static void stops_in_time(struct trio *t)
{
    ipc_disconnect(t->clients[HUNG]);
    t->clients[HUNG] = NULL;
    const uint64_t begun_ms = now_ms();
    assert_int_equal(kill(t->pids[HUNG], SIGTERM), 0);
    assert_true(daemon_ends_within(t->pids[HUNG], STOP_MS * 1000));
    assert_int_equal(daemon_stop(t->pids[HUNG]), 0);
    print_message("ended after %llu ms\n", (unsigned long long)(now_ms() - begun_ms));
}

static void a_folder_that_hangs_holds_up_nothing_but_itself(void **state)
{
    struct trio *t = *state;
    const uint64_t healthy_ms = exchange_ms(t);
    assert_false(status_says(t, "does not answer"));
    assert_int_equal(flock(t->lock, LOCK_EX), 0);
    wait_for_state(t, "silent");
    const uint64_t hung_ms = exchange_ms(t);
    print_message("from act to peer %llu ms, with hung folders %llu ms\n",
                  (unsigned long long)healthy_ms, (unsigned long long)hung_ms);
    assert_true(hung_ms <= 2 * healthy_ms + 20);
    assert_true(status_says(t, "does not answer"));
    assert_true(log_says(t, "event=folder-silent"));
    assert_true(http_says(t, "/health", "folder-silent"));
    assert_true(http_says(t, "/metrics", "jieli_folder_silent_seconds{path="));
    stops_in_time(t);

    hung_up(t);                            /* starts beside it as well */
    t->clients[2] = daemon_up(t->c, 2, &t->pids[2]);
    assert_false(log_says(t, "event=folder-answers"));
    struct hash of_1 = daemon_report(t->clients[HUNG], t->c, HUNG);
    struct hash of_2 = daemon_report(t->clients[2], t->c, 2);
    assert_true(comes_to_know(t, 0, &of_1));
    assert_int_equal(flock(t->lock, LOCK_UN), 0);
    assert_true(comes_to_know(t, 2, &of_1));
    assert_true(comes_to_know(t, HUNG, &of_2));
    assert_int_equal(folders_in_state(t, "ok"), 2);
}

#define WITH_TRIO(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TRIO(a_folder_that_hangs_holds_up_nothing_but_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
