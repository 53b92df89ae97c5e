/* The http face: a table of routes on a loopback address, each an exact name. One thread of its
 * own; the ledger thread is never waited for. The only file that knows libmicrohttpd.
 *
 * Answered is a GET or HEAD of a name in the table, whose Host is this address (or localhost with
 * its port), whose Origin, if any, is http:// and that Host, and which has no query and no body.
 * The rest: 405 method, 400 no Host or a body, 403 another Host or Origin, 404 name, 431 headers
 * over HTTP_CONNECTION_BYTES. Each answer ends its connection. */
#ifndef JIELI_NODE_HTTP_H
#define JIELI_NODE_HTTP_H

#include "crypto/bytes.h"

enum { HTTP_OK = 200, HTTP_UNAVAILABLE = 503 };
enum {
    HTTP_MAX_CONNECTIONS = 256,
    HTTP_CONNECTION_BYTES = 6 * 1024,   /* what a connection may make us hold of its request */
    HTTP_IDLE_S = 3,
};

struct http;

/* Called on the http thread: appends the body to out and returns the status, HTTP_OK or
 * HTTP_UNAVAILABLE. */
typedef unsigned http_render(void *ctx, struct buffer *out);
struct http_route { const char *path, *content_type; http_render *render; };

/* `address` as checked by address_check; routes and ctx are borrowed until http_close. ERR_EXISTS:
 * somebody listens there. ERR_CONFIG, ERR_NOMEM, ERR_IO. */
MUST_CHECK enum err http_open(struct http **out, const char *address,
                              const struct http_route *routes, unsigned route_count, void *ctx);
/* No render runs after it returns. NULL is fine. */
void http_close(struct http *h);

#endif
