/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/ipc.h"
#include "tests/support/log_fixture.h"

struct desk {
    char folder[128], path[160];
    struct ipc_server *server;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct ipc_request request;
    unsigned requests;
    uid_t uid;
    bool refuse, hold;             /* hold: the request stays unanswered */
};

/* Echoes: {"ok": true, "said": head} and the blob. */
static bool on_request(void *ctx, struct ipc_request *request)
{
    struct desk *d = ctx;
    pthread_mutex_lock(&d->lock);
    bool refuse = d->refuse;
    d->requests++;
    d->uid = request->uid;
    if (!refuse)
        d->request = *request;
    if (!refuse && !d->hold) {
        json_t *reply = json_pack("{s:b,s:O}", "ok", 1, "said", request->head);
        ipc_answer(d->server, request->conn, reply, buffer_span(&request->blob));
        json_decref(reply);
        ipc_request_clear(&d->request);
    }
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
    return !refuse;
}

static void desk_open(struct desk *d, unsigned mode)
{
    const struct ipc_handler h = {d, on_request};
    memset(d, 0, sizeof *d);
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->changed, NULL);
    scratch_create(d->folder, sizeof d->folder);
    snprintf(d->path, sizeof d->path, "%s/sock", d->folder);
    assert_int_equal(ipc_listen(&d->server, d->path, mode, &h), OK);
}

static void desk_close(struct desk *d)
{
    ipc_close(d->server);
    scratch_remove(d->folder);
}

static const char *error_of(json_t *reply)
{
    return json_string_value(json_object_get(reply, "error"));
}

static void a_request_with_its_blob_is_answered_with_one(void **state)
{
    (void)state;
    struct desk d;
    struct ipc_client *c;
    struct buffer blob = {0}, big = {0};
    json_t *reply, *request = json_pack("{s:s}", "op", "echo");
    desk_open(&d, 0600);
    assert_int_equal(buffer_reserve(&big, 20 << 20), OK);
    memset(big.data, 7, 20 << 20);
    big.len = 20 << 20;
    assert_int_equal(ipc_connect(&c, d.path, 10000), OK);
    for (unsigned i = 0; i < 2; i++) {
        buffer_reset(&blob);
        assert_int_equal(ipc_call(c, request, buffer_span(&big), &reply, &blob), OK);
        assert_true(json_is_true(json_object_get(reply, "ok")));
        assert_true(json_equal(json_object_get(reply, "said"), request));
        assert_int_equal(blob.len, big.len);
        assert_memory_equal(blob.data, big.data, big.len);
        json_decref(reply);
    }
    assert_int_equal(d.uid, getuid());
    big.len = 0;
    assert_int_equal(ipc_call(c, request, buffer_span(&big), &reply, NULL), OK);
    json_decref(reply);
    ipc_disconnect(c);
    json_decref(request);
    buffer_clear(&blob);
    buffer_clear(&big);
    desk_close(&d);
}

static void the_socket_has_the_mode_that_was_asked_for(void **state)
{
    (void)state;
    struct desk d;
    struct stat st;
    desk_open(&d, 0660);
    assert_int_equal(stat(d.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
    desk_close(&d);
    desk_open(&d, 0600);
    assert_int_equal(stat(d.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    desk_close(&d);
}

static void a_full_queue_is_told_and_the_connection_lives_on(void **state)
{
    (void)state;
    struct desk d;
    struct ipc_client *c;
    json_t *reply, *request = json_pack("{s:s}", "op", "echo");
    desk_open(&d, 0600);
    d.refuse = true;
    assert_int_equal(ipc_connect(&c, d.path, 5000), OK);
    assert_int_equal(ipc_call(c, request, span_of("x", 1), &reply, NULL), OK);
    assert_string_equal(error_of(reply), "ERR_BUSY");
    json_decref(reply);
    pthread_mutex_lock(&d.lock);
    d.refuse = false;
    pthread_mutex_unlock(&d.lock);
    assert_int_equal(ipc_call(c, request, span_of("x", 1), &reply, NULL), OK);
    assert_null(error_of(reply));
    json_decref(reply);
    ipc_disconnect(c);
    json_decref(request);
    desk_close(&d);
}

/* Sends bytes as they are and returns the error of the answer in out. */
static void raw_call(const struct desk *d, struct span bytes, char out[64])
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    uint8_t answer[512];
    memcpy(at.sun_path, d->path, strlen(d->path));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(send(fd, bytes.data, bytes.len, MSG_NOSIGNAL), bytes.len);
    size_t len = 0;
    ssize_t n;
    while ((n = recv(fd, answer + len, sizeof answer - len, 0)) > 0)
        len += (size_t)n;
    close(fd);
    assert_true(len > 8);
    json_t *reply = json_loadb((const char *)answer + 8, len - 8, 0, NULL);
    snprintf(out, 64, "%s", error_of(reply));
    json_decref(reply);
}

static void bad_requests_are_told_why_before_the_line_is_cut(void **state)
{
    (void)state;
    struct desk d;
    char error[64];
    desk_open(&d, 0600);
    raw_call(&d, span_of("\xff\xff\xff\xff", 4), error);
    assert_string_equal(error, "ERR_TOO_LARGE");
    raw_call(&d, span_of("\0\0\0\0", 4), error);
    assert_string_equal(error, "ERR_FORMAT");
    raw_call(&d, span_of("\0\0\0\6\0\0\0\3{}", 10), error);
    assert_string_equal(error, "ERR_TRUNCATED");
    raw_call(&d, span_of("\0\0\0\6\0\0\0\2[]", 10), error);
    assert_string_equal(error, "ERR_FORMAT");
    raw_call(&d, span_of("\0\0\0\21\0\0\0\15{\"a\":1,\"a\":2}", 21), error);
    assert_string_equal(error, "ERR_FORMAT");
    assert_int_equal(d.requests, 0);
    desk_close(&d);
}

static void requests_over_the_limit_are_not_sent(void **state)
{
    (void)state;
    struct desk d;
    struct ipc_client *c;
    json_t *reply, *request = json_object();
    uint8_t *bytes = calloc(1, IPC_MAX_BYTES);
    desk_open(&d, 0600);
    assert_int_equal(ipc_connect(&c, d.path, 5000), OK);
    assert_int_equal(ipc_call(c, request, span_of(bytes, IPC_MAX_BYTES), &reply, NULL),
                     ERR_TOO_LARGE);
    ipc_disconnect(c);
    free(bytes);
    json_decref(request);
    desk_close(&d);
}

static void a_daemon_that_is_gone_or_silent_has_a_name(void **state)
{
    (void)state;
    struct desk d;
    struct ipc_client *c;
    json_t *reply, *request = json_pack("{s:s}", "op", "echo");
    desk_open(&d, 0600);
    d.hold = true;
    assert_int_equal(ipc_connect(&c, d.path, 100), OK);
    assert_int_equal(ipc_call(c, request, span_of("x", 1), &reply, NULL), ERR_TIMEOUT);
    ipc_disconnect(c);
    pthread_mutex_lock(&d.lock);
    while (d.requests == 0)
        pthread_cond_wait(&d.changed, &d.lock);
    ipc_request_clear(&d.request);
    pthread_mutex_unlock(&d.lock);
    assert_int_equal(ipc_connect(&c, d.path, 5000), OK);
    ipc_close(d.server);
    assert_int_equal(ipc_call(c, request, span_of("x", 1), &reply, NULL), ERR_CLOSED);
    ipc_disconnect(c);
    assert_int_equal(ipc_connect(&c, d.path, 5000), ERR_NOTFOUND);
    json_decref(request);
    scratch_remove(d.folder);
}

static void a_socket_left_by_a_killed_daemon_is_taken_over_but_not_a_live_one(void **state)
{
    (void)state;
    struct desk d;
    struct ipc_server *second;
    const struct ipc_handler h = {&d, on_request};
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    desk_open(&d, 0600);
    assert_int_equal(ipc_listen(&second, d.path, 0600, &h), ERR_EXISTS);
    ipc_close(d.server);
    memcpy(at.sun_path, d.path, strlen(d.path));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    close(fd);
    assert_int_equal(ipc_listen(&d.server, d.path, 0600, &h), OK);
    desk_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_with_its_blob_is_answered_with_one),
        cmocka_unit_test(the_socket_has_the_mode_that_was_asked_for),
        cmocka_unit_test(a_full_queue_is_told_and_the_connection_lives_on),
        cmocka_unit_test(bad_requests_are_told_why_before_the_line_is_cut),
        cmocka_unit_test(requests_over_the_limit_are_not_sent),
        cmocka_unit_test(a_daemon_that_is_gone_or_silent_has_a_name),
        cmocka_unit_test(a_socket_left_by_a_killed_daemon_is_taken_over_but_not_a_live_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
