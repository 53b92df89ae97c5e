#include "node/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/http_client.h"

enum { IDLE = 300, WAIT_MS = 10000 };

struct bench { struct http *http; unsigned port; unsigned asked; };

static unsigned render_text(void *ctx, struct buffer *out)
{
    struct bench *b = ctx;
    b->asked++;
    return buffer_put(out, "hello\n", 6) == OK ? HTTP_OK : HTTP_UNAVAILABLE;
}

static unsigned render_ill(void *ctx, struct buffer *out)
{
    (void)ctx;
    return buffer_put(out, "ill\n", 4) == OK ? HTTP_UNAVAILABLE : HTTP_OK;
}

static const struct http_route ROUTES[] = {
    {"/text", "text/plain; charset=utf-8", render_text},
    {"/ill", "text/plain; charset=utf-8", render_ill},
};

static enum err open_at(struct bench *b, const char *format)
{
    char address[64];
    snprintf(address, sizeof address, format, b->port);
    return http_open(&b->http, address, ROUTES, 2, b);
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    assert_non_null(b);
    b->port = http_port_free();
    *state = b;
    return open_at(b, "127.0.0.1:%u") == OK ? 0 : -1;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    http_close(b->http);
    free(b);
    return 0;
}

/* The request with every "PORT" replaced. */
static unsigned ask(struct bench *b, const char *request, struct buffer *answer)
{
    char text[1024], port[8];
    size_t n = 0;
    snprintf(port, sizeof port, "%u", b->port);
    for (const char *c = request; *c != '\0';) {
        bool here = strncmp(c, "PORT", 4) == 0;
        n += (size_t)snprintf(text + n, sizeof text - n, here ? "%s" : "%.1s", here ? port : c);
        c += here ? 4 : 1;
    }
    return http_send(b->port, text, WAIT_MS, answer);
}

static void names_of_the_table_are_answered(void **state)
{
    struct bench *b = *state;
    struct buffer answer = {0};
    assert_int_equal(http_get(b->port, "/text", &answer), 200);
    assert_string_equal(http_body(&answer), "hello\n");
    assert_non_null(strstr((char *)answer.data, "Content-Type: text/plain; charset=utf-8\r\n"));
    assert_non_null(strstr((char *)answer.data, "Connection: close\r\n"));
    assert_non_null(strstr((char *)answer.data, "X-Content-Type-Options: nosniff\r\n"));
    assert_int_equal(http_get(b->port, "/ill", &answer), 503);
    assert_string_equal(http_body(&answer), "ill\n");
    assert_int_equal(ask(b, "HEAD /text HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n", &answer), 200);
    assert_string_equal(http_body(&answer), "");
    buffer_clear(&answer);
}

static void other_names_are_not(void **state)
{
    struct bench *b = *state;
    const char *const names[] = {
        "/", "/text/", "//text", "/Text", "/tex", "/textt", "/%74ext", "/text%00", "/text?x=1",
        "/./text", "/x/../text", "/ui/../../etc/hostname", "/../../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/hostname", "http://127.0.0.1/text", "*",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct buffer answer = {0};
        unsigned status = http_get(b->port, names[i], &answer);
        if (status != 404 && status != 400) {
            print_error("%s: %u\n", names[i], status);
        }
        assert_true(status == 404 || status == 400);
        buffer_clear(&answer);
    }
}

static void foreign_host_is_refused(void **state)
{
    struct bench *b = *state;
    assert_int_equal(ask(b, "GET /text HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n", NULL), 200);
    assert_int_equal(ask(b, "GET /text HTTP/1.1\r\nHost: LOCALHOST:PORT\r\n\r\n", NULL), 200);
    const char *const hosts[] = {"evil.example", "evil.example:PORT", "127.0.0.1", "127.0.0.1:1",
                                 "127.0.0.1:PORT0", "localhost", "127.0.0.1:PORT.evil.example",
                                 "[::1]:PORT"};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        char request[256];
        snprintf(request, sizeof request, "GET /text HTTP/1.1\r\nHost: %s\r\n\r\n", hosts[i]);
        assert_int_equal(ask(b, request, NULL), 403);
    }
    assert_int_equal(ask(b, "GET /text HTTP/1.1\r\n\r\n", NULL), 400);
    assert_int_equal(ask(b, "GET /text HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n"
                            "Host: evil.example\r\n\r\n", NULL), 400);
    assert_int_equal(ask(b, "GET /text HTTP/1.0\r\n\r\n", NULL), 400);
    assert_int_equal(b->asked, 2);
}

static void foreign_origin_is_refused(void **state)
{
    struct bench *b = *state;
    const char *const good = "GET /text HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n"
                             "Origin: http://127.0.0.1:PORT\r\n\r\n";
    assert_int_equal(ask(b, good, NULL), 200);
    const char *const origins[] = {"http://evil.example", "null", "https://127.0.0.1:PORT",
                                   "http://127.0.0.1", "http://127.0.0.1:PORT.evil.example"};
    for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++) {
        char request[256];
        snprintf(request, sizeof request,
                 "GET /text HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: %s\r\n\r\n", origins[i]);
        assert_int_equal(ask(b, request, NULL), 403);
    }
    assert_int_equal(b->asked, 1);
}

static void other_methods_and_bodies_are_refused(void **state)
{
    struct bench *b = *state;
    struct buffer answer = {0};
    const char *const methods[] = {"POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE", "get"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        char request[256];
        snprintf(request, sizeof request, "%s /text HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
                 methods[i]);
        assert_int_equal(ask(b, request, &answer), 405);
        assert_non_null(strstr((char *)answer.data, "Allow: GET, HEAD\r\n"));
    }
    assert_int_equal(ask(b, "POST /text HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n"
                            "Content-Length: 1000000000\r\n\r\nx", NULL), 405);
    assert_int_equal(ask(b, "GET /text HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n"
                            "Content-Length: 5\r\n\r\nhello", NULL), 400);
    assert_int_equal(ask(b, "GET /text HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n"
                            "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", NULL), 400);
    assert_int_equal(b->asked, 0);
    buffer_clear(&answer);
}

static void huge_header_is_refused(void **state)
{
    struct bench *b = *state;
    char request[4 * HTTP_CONNECTION_BYTES];
    size_t n = (size_t)snprintf(request, sizeof request, "GET /text HTTP/1.1\r\n"
                                "Host: 127.0.0.1:%u\r\nX: ", b->port);
    memset(request + n, 'a', sizeof request - n);
    memcpy(request + sizeof request - 5, "\r\n\r\n", 5);
    unsigned status = http_send(b->port, request, WAIT_MS, NULL);
    assert_true(status == 431 || status == 413 || status == 0);
    assert_int_equal(b->asked, 0);
    assert_int_equal(http_get(b->port, "/text", NULL), 200);
}

static void idle_connections_shut_nobody_out(void **state)
{
    struct bench *b = *state;
    int idle[IDLE];
    for (unsigned i = 0; i < IDLE; i++) {
        idle[i] = http_connect(b->port);
        assert_true(idle[i] >= 0);
    }
    assert_int_equal(http_get(b->port, "/text", NULL), 200);
    for (unsigned i = 0; i < IDLE; i++) {
        close(idle[i]);
    }
}

static void only_the_loopback_is_served(void **state)
{
    struct bench *b = *state;
    struct bench other = {.port = http_port_free()};
    assert_int_equal(open_at(&other, "0.0.0.0:%u"), ERR_CONFIG);
    assert_int_equal(open_at(&other, "192.0.2.1:%u"), ERR_CONFIG);
    assert_int_equal(open_at(&other, "[::]:%u"), ERR_CONFIG);
    assert_int_equal(open_at(&other, "localhost:%u"), ERR_CONFIG);
    other.port = b->port;
    assert_int_equal(open_at(&other, "127.0.0.1:%u"), ERR_EXISTS);
    assert_null(other.http);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_of_the_table_are_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(other_names_are_not, setup, teardown),
        cmocka_unit_test_setup_teardown(foreign_host_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(foreign_origin_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(other_methods_and_bodies_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(huge_header_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(idle_connections_shut_nobody_out, setup, teardown),
        cmocka_unit_test_setup_teardown(only_the_loopback_is_served, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
