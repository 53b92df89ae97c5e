/* Numeric "host:port" addresses. */
#ifndef JIELI_NET_ADDRESS_H
#define JIELI_NET_ADDRESS_H

#include <stdbool.h>

#include "crypto/err.h"

enum { ADDRESS_MAX_BYTES = 63 };

/* "192.0.2.7:7311" or "[2001:db8::7]:7311", port 1 to 65535, no names. ERR_CONFIG for another
 * shape. */
MUST_CHECK enum err address_check(const char *address);
/* Whether a checked address is one that no other machine reaches: 127.0.0.0/8, ::1. */
bool address_is_loopback(const char *address);

#endif
