#include "node/service.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void take_address(struct service *s, const char *name)
{
    size_t len = name == NULL ? 0 : strlen(name);
    if (len < 2 || len >= sizeof s->address.sun_path || (name[0] != '/' && name[0] != '@')) {
        return;
    }
    s->named = true;
    s->address.sun_family = AF_UNIX;
    memcpy(s->address.sun_path, name, len);
    if (name[0] == '@') {
        s->address.sun_path[0] = '\0';
    }
    s->address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

static void take_watchdog(struct service *s, const char *usec, const char *pid)
{
    bool ours = pid == NULL || strtoull(pid, NULL, 10) == (unsigned long long)getpid();
    if (s->named && ours && usec != NULL) {
        s->ping_ms = strtoull(usec, NULL, 10) / 1000 / 3;
    }
}

void service_init(struct service *s)
{
    *s = (struct service){0};
    take_address(s, getenv("NOTIFY_SOCKET"));
    take_watchdog(s, getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
}

void service_tell(const struct service *s, const char *state)
{
    int fd = s->named ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;
    if (fd >= 0) {
        ssize_t sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL,
                              (const struct sockaddr *)&s->address, s->address_len);
        (void)sent;
        close(fd);
    }
}

void service_ping(struct service *s, uint64_t now_ms)
{
    if (s->ping_ms > 0 && now_ms >= s->next_ping_ms) {
        service_tell(s, "WATCHDOG=1");
        s->next_ping_ms = now_ms + s->ping_ms;
    }
}
