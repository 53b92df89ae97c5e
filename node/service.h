/* The service manager that started us, by the protocol of sd_notify(3): datagrams to the unix
 * socket that NOTIFY_SOCKET names, a path or "@name". Without one nothing is sent. */
#ifndef JIELI_NODE_SERVICE_H
#define JIELI_NODE_SERVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct service {
    bool named;
    struct sockaddr_un address;
    socklen_t address_len;
    uint64_t ping_ms;              /* WATCHDOG=1 is owed this often; 0: not asked for */
    uint64_t next_ping_ms;
};

/* Reads NOTIFY_SOCKET, and WATCHDOG_USEC unless WATCHDOG_PID names another process; a ping is sent
 * in a third of that time. */
void service_init(struct service *s);
/* Lines such as "READY=1\nSTATUS=…". Lost where nobody listens. */
void service_tell(const struct service *s, const char *state);
/* Sends WATCHDOG=1 when it is due: for the thread whose life it tells of. */
void service_ping(struct service *s, uint64_t now_ms);

#endif
