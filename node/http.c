#include "node/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/address.h"

enum { HOST_BYTES = ADDRESS_MAX_BYTES + 1, BACKLOG = 64 };

struct http {
    struct MHD_Daemon *daemon;
    const struct http_route *routes;
    unsigned route_count;
    void *ctx;
    char host[HOST_BYTES];         /* the Host that is meant for us: the address itself */
    char local[HOST_BYTES];        /* or localhost:port */
};

union endpoint { struct sockaddr any; struct sockaddr_in v4; struct sockaddr_in6 v6; };

static enum MHD_Result answer(struct MHD_Connection *c, unsigned status, const char *content_type,
                              const void *body, size_t len)
{
    enum MHD_Result queued = MHD_NO;
    struct MHD_Response *r =
        MHD_create_response_from_buffer(len, (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);
    if (r == NULL) {
        return MHD_NO;
    }
    if (MHD_add_response_header(r, "Content-Type", content_type) == MHD_YES &&
        MHD_add_response_header(r, "Cache-Control", "no-store") == MHD_YES &&
        MHD_add_response_header(r, "X-Content-Type-Options", "nosniff") == MHD_YES &&
        MHD_add_response_header(r, "Connection", "close") == MHD_YES &&
        (status != MHD_HTTP_METHOD_NOT_ALLOWED ||
         MHD_add_response_header(r, "Allow", "GET, HEAD") == MHD_YES)) {
        queued = MHD_queue_response(c, status, r);
    }
    MHD_destroy_response(r);
    return queued;
}

static enum MHD_Result refuse(struct MHD_Connection *c, unsigned status, const char *why)
{
    return answer(c, status, "text/plain; charset=utf-8", why, strlen(why));
}

/* A header's value and how often it stands there. */
struct header { const char *name, *value; unsigned count; };

static enum MHD_Result see_header(void *arg, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    struct header *h = arg;
    (void)kind;
    if (strcasecmp(name, h->name) == 0) {
        h->value = value == NULL ? "" : value;
        h->count++;
    }
    return MHD_YES;
}

static struct header header_of(struct MHD_Connection *c, const char *name)
{
    struct header h = {.name = name, .value = ""};
    MHD_get_connection_values(c, MHD_HEADER_KIND, see_header, &h);
    return h;
}

static bool host_is_ours(const struct http *h, const char *host)
{
    return strcmp(host, h->host) == 0 || strcasecmp(host, h->local) == 0;
}

static bool origin_is_ours(const struct http *h, const char *origin)
{
    return strncmp(origin, "http://", 7) == 0 && host_is_ours(h, origin + 7);
}

/* 0: may be answered; else the status to refuse with. */
static unsigned judge(const struct http *h, struct MHD_Connection *c, const char *method,
                      const char **why)
{
    const struct header host = header_of(c, "Host"), origin = header_of(c, "Origin");
    *why = "only GET and HEAD\n";
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        return MHD_HTTP_METHOD_NOT_ALLOWED;
    }
    *why = "one Host is needed, and no body\n";
    if (host.count != 1 || origin.count > 1 || header_of(c, "Content-Length").count > 0 ||
        header_of(c, "Transfer-Encoding").count > 0) {
        return MHD_HTTP_BAD_REQUEST;
    }
    *why = "asked for under another name\n";
    if (!host_is_ours(h, host.value) ||
        (origin.count == 1 && !origin_is_ours(h, origin.value))) {
        return MHD_HTTP_FORBIDDEN;
    }
    return 0;
}

static enum MHD_Result serve(const struct http *h, struct MHD_Connection *c, const char *path)
{
    for (unsigned i = 0; i < h->route_count; i++) {
        struct buffer body = {0};
        if (strcmp(path, h->routes[i].path) != 0) {
            continue;
        }
        unsigned status = h->routes[i].render(h->ctx, &body);
        enum MHD_Result done = answer(c, status, h->routes[i].content_type, body.data, body.len);
        buffer_clear(&body);
        return done;
    }
    return refuse(c, MHD_HTTP_NOT_FOUND, "no such name\n");
}

static enum MHD_Result see_query(void *arg, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    (void)kind;
    (void)name;
    (void)value;
    *(bool *)arg = true;
    return MHD_NO;
}

/* Called first when the headers are there, then when the request is: what is refused is refused at
 * once, so that nobody sends us a body. */
static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *path,
                                  const char *method, const char *version, const char *body,
                                  size_t *body_len, void **seen)
{
    struct http *h = ctx;
    const char *why = "";
    bool query = false;
    (void)version;
    (void)body;
    (void)body_len;
    unsigned status = judge(h, c, method, &why);
    if (status != 0) {
        return refuse(c, status, why);
    }
    if (*seen == NULL) {
        *seen = h;
        return MHD_YES;
    }
    MHD_get_connection_values(c, MHD_GET_ARGUMENT_KIND, see_query, &query);
    return query ? refuse(c, MHD_HTTP_NOT_FOUND, "no such name\n") : serve(h, c, path);
}

/* Names are compared as they came: %41 is no A. */
static size_t keep_escapes(void *ctx, struct MHD_Connection *c, char *text)
{
    (void)ctx;
    (void)c;
    return strlen(text);
}

static enum err endpoint_of(const char *address, union endpoint *out, struct http *h)
{
    char host[HOST_BYTES];
    const char *colon = strrchr(address, ':');
    if (address_check(address) != OK || !address_is_loopback(address)) {
        return ERR_CONFIG;
    }
    bool six = address[0] == '[';
    uint16_t port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    *out = (union endpoint){0};
    snprintf(host, sizeof host, "%.*s", (int)(colon - address) - 2 * six, address + six);
    snprintf(h->host, sizeof h->host, "%s", address);
    snprintf(h->local, sizeof h->local, "localhost%s", colon);
    if (six) {
        out->v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = port};
        return inet_pton(AF_INET6, host, &out->v6.sin6_addr) == 1 ? OK : ERR_CONFIG;
    }
    out->v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = port};
    return inet_pton(AF_INET, host, &out->v4.sin_addr) == 1 ? OK : ERR_CONFIG;
}

static enum err start(struct http *h, const union endpoint *at)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD;
    if (at->any.sa_family == AF_INET6) {
        flags |= MHD_USE_IPv6;
    }
    errno = 0;
    h->daemon = MHD_start_daemon(
        flags, ntohs(at->v4.sin_port), NULL, NULL, on_request, h,
        MHD_OPTION_SOCK_ADDR, &at->any,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_MAX_CONNECTIONS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_CONNECTION_BYTES,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_IDLE_S,
        MHD_OPTION_LISTEN_BACKLOG_SIZE, (unsigned)BACKLOG,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
        MHD_OPTION_END);
    if (h->daemon != NULL) {
        return OK;
    }
    return errno == EADDRINUSE ? ERR_EXISTS : errno == 0 ? ERR_IO : err_from_errno(errno);
}

enum err http_open(struct http **out, const char *address, const struct http_route *routes,
                   unsigned route_count, void *ctx)
{
    union endpoint at;
    struct http *h = calloc(1, sizeof *h);
    if (h == NULL) {
        return ERR_NOMEM;
    }
    h->routes = routes;
    h->route_count = route_count;
    h->ctx = ctx;
    enum err err = endpoint_of(address, &at, h);
    if (err == OK) {
        err = start(h, &at);
    }
    if (err != OK) {
        free(h);
        return err;
    }
    *out = h;
    return OK;
}

void http_close(struct http *h)
{
    if (h == NULL) {
        return;
    }
    MHD_stop_daemon(h->daemon);
    free(h);
}
