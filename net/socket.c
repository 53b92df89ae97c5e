#include "net/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "net/address.h"

enum err socket_err(int errno_value)
{
    switch (errno_value) {
    case ENOENT:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ECONNREFUSED: return ERR_NOTFOUND;
    case ETIMEDOUT:
    case EAGAIN:
    case EINPROGRESS: return ERR_TIMEOUT;
    case EPIPE:
    case ECONNRESET: return ERR_CLOSED;
    default: return err_from_errno(errno_value);
    }
}

enum err socket_timeout(int fd, unsigned timeout_ms)
{
    const struct timeval t = {timeout_ms / 1000, (suseconds_t)(timeout_ms % 1000) * 1000};
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t) != 0)
        return socket_err(errno);
    return OK;
}

enum err socket_send(int fd, struct span bytes)
{
    while (bytes.len > 0) {
        ssize_t n = send(fd, bytes.data, bytes.len, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            return socket_err(errno);
        if (n > 0)
            bytes = span_of(bytes.data + n, bytes.len - (size_t)n);
    }
    return OK;
}

enum err socket_receive(int fd, uint8_t *out, size_t room, size_t *len)
{
    ssize_t n;
    do {
        n = recv(fd, out, room, 0);
    } while (n < 0 && errno == EINTR);
    if (n <= 0)
        return n < 0 ? socket_err(errno) : ERR_CLOSED;
    *len = (size_t)n;
    return OK;
}

bool socket_ended(int fd)
{
    uint8_t byte;
    ssize_t n;
    do {
        n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

/* Length of the address put into *out. */
static socklen_t sockaddr_make(struct sockaddr_storage *out, const char *address)
{
    char host[ADDRESS_MAX_BYTES + 1];
    const char *colon = strrchr(address, ':');
    bool six = address[0] == '[';
    size_t len = (size_t)(colon - address) - (six ? 2 : 0);
    uint16_t port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    memcpy(host, address + (six ? 1 : 0), len);
    host[len] = '\0';
    *out = (struct sockaddr_storage){.ss_family = six ? AF_INET6 : AF_INET};
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    if (inet_pton(out->ss_family, host, six ? (void *)&v6->sin6_addr : &v4->sin_addr) != 1)
        return 0;
    if (six)
        v6->sin6_port = port;
    else
        v4->sin_port = port;
    return six ? sizeof *v6 : sizeof *v4;
}

enum err socket_connect(const char *address, unsigned timeout_ms, int *fd)
{
    struct sockaddr_storage at;
    enum err err = address_check(address);
    socklen_t len = err == OK ? sockaddr_make(&at, address) : 0;
    if (len == 0)
        return ERR_CONFIG;
    int s = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s < 0)
        return socket_err(errno);
    err = socket_timeout(s, timeout_ms);
    if (err == OK && connect(s, (const struct sockaddr *)&at, len) != 0)
        err = socket_err(errno);
    if (err != OK)
        close(s);
    else
        *fd = s;
    return err;
}
