/* A client of the http face, byte by byte: what browsers and scrapers would not send, it sends. */
#ifndef JIELI_TESTS_SUPPORT_HTTP_CLIENT_H
#define JIELI_TESTS_SUPPORT_HTTP_CLIENT_H

#include "crypto/bytes.h"

/* A port of 127.0.0.1 at which nobody listens just now. */
unsigned http_port_free(void);
/* A connection to 127.0.0.1:port; -1: refused. */
int http_connect(unsigned port);
/* Sends the bytes and reads until the other side closes, at most `ms`; the status of the answer, 0
 * where there was none. `answer` (may be NULL) gets all of it, NUL-terminated. */
unsigned http_send(unsigned port, const char *request, unsigned ms, struct buffer *answer);
/* A plain GET of `path`. */
unsigned http_get(unsigned port, const char *path, struct buffer *answer);
/* Where the body of an answer begins. */
const char *http_body(const struct buffer *answer);

#endif
