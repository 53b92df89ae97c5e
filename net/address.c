#include "net/address.h"

#include <arpa/inet.h>
#include <string.h>

static bool port_valid(const char *text)
{
    unsigned port = 0;
    size_t len = strlen(text);
    if (len < 1 || len > 5 || text[0] == '0' || strspn(text, "0123456789") != len)
        return false;
    for (size_t i = 0; i < len; i++)
        port = port * 10 + (unsigned)(text[i] - '0');
    return port <= 65535;
}

enum err address_check(const char *address)
{
    char host[ADDRESS_MAX_BYTES + 1];
    const char *colon = strrchr(address, ':');
    if (colon == NULL || strlen(address) > ADDRESS_MAX_BYTES || !port_valid(colon + 1))
        return ERR_CONFIG;
    size_t len = (size_t)(colon - address);
    bool six = len >= 2 && address[0] == '[' && address[len - 1] == ']';
    memcpy(host, address + six, len - 2 * six);
    host[len - 2 * six] = '\0';
    struct in_addr v4;
    struct in6_addr v6;
    if (six && inet_pton(AF_INET6, host, &v6) == 1)
        return OK;
    if (!six && inet_pton(AF_INET, host, &v4) == 1)
        return OK;
    return ERR_CONFIG;
}

bool address_is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strncmp(address, "[::1]:", 6) == 0;
}
