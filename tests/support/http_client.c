#include "tests/support/http_client.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/keys.h"

enum { GET_MS = 20000, FIRST_PORT = 12000, PORTS = 8000, PORT_TRIES = 1000 };

static struct sockaddr_in loopback(unsigned port)
{
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
}

/* Below the ports that the kernel gives to outgoing connections. */
unsigned http_port_free(void)
{
    for (unsigned i = 0; i < PORT_TRIES; i++) {
        uint16_t noise;
        random_bytes(&noise, sizeof noise);
        unsigned port = FIRST_PORT + noise % PORTS;
        const struct sockaddr_in at = loopback(port);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool free_now = bind(fd, (const struct sockaddr *)&at, sizeof at) == 0;
        close(fd);
        if (free_now)
            return port;
    }
    abort();
}

int http_connect(unsigned port)
{
    const struct sockaddr_in at = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof at) == 0)
        return fd;
    close(fd);
    return -1;
}

static void read_all(int fd, unsigned ms, struct buffer *out)
{
    char bytes[4096];
    struct pollfd p = {.fd = fd, .events = POLLIN};
    ssize_t n = 1;
    while (n > 0 && poll(&p, 1, (int)ms) == 1) {
        n = read(fd, bytes, sizeof bytes);
        if (n > 0 && buffer_put(out, bytes, (size_t)n) != OK)
            abort();
    }
    if (buffer_put_u8(out, 0) != OK)
        abort();
}

unsigned http_send(unsigned port, const char *request, unsigned ms, struct buffer *answer)
{
    struct buffer own = {0};
    unsigned status = 0;
    int fd = http_connect(port);
    if (fd < 0)
        return 0;
    for (size_t at = 0, len = strlen(request); at < len;) {
        ssize_t n = send(fd, request + at, len - at, MSG_NOSIGNAL);
        if (n <= 0)
            break;
        at += (size_t)n;
    }
    read_all(fd, ms, &own);
    close(fd);
    if (sscanf((const char *)own.data, "HTTP/1.1 %u ", &status) != 1)
        status = 0;
    if (answer != NULL) {
        buffer_clear(answer);
        *answer = own;
    } else {
        buffer_clear(&own);
    }
    return status;
}

unsigned http_get(unsigned port, const char *path, struct buffer *answer)
{
    char request[512];
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", path,
             port);
    return http_send(port, request, GET_MS, answer);
}

const char *http_body(const struct buffer *answer)
{
    const char *end = strstr((const char *)answer->data, "\r\n\r\n");
    return end == NULL ? "" : end + 4;
}
