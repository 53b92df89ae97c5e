/* Plain blocking sockets with a timeout, for commands: no library threads. */
#ifndef JIELI_NET_SOCKET_H
#define JIELI_NET_SOCKET_H

#include "crypto/bytes.h"

/* errno of a socket call: ERR_NOTFOUND nobody listens there, ERR_TIMEOUT, ERR_CLOSED, and those of
 * err_from_errno. */
enum err socket_err(int errno_value);
/* For connecting, each send and each receive. */
MUST_CHECK enum err socket_timeout(int fd, unsigned timeout_ms);
MUST_CHECK enum err socket_send(int fd, struct span bytes);
/* At least one byte, at most `room`; the rest may still come. ERR_CLOSED at the end. */
MUST_CHECK enum err socket_receive(int fd, uint8_t *out, size_t room, size_t *len);
/* Whether the other side has ended it, or it broke; false also while something can be read. */
bool socket_ended(int fd);
/* A numeric address (net/address.h). *fd is the caller's. ERR_CONFIG for another shape. */
MUST_CHECK enum err socket_connect(const char *address, unsigned timeout_ms, int *fd);

#endif
