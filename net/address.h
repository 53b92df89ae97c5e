/* Numeric "host:port" addresses. */
#ifndef JIELI_NET_ADDRESS_H
#define JIELI_NET_ADDRESS_H

#include "crypto/err.h"

enum { ADDRESS_MAX_BYTES = 63 };

/* "127.0.0.1:7311" or "[::1]:7311", port 1 to 65535, no names. ERR_CONFIG for another shape,
 * ERR_PERMISSION for a good address beyond loopback. */
MUST_CHECK enum err address_check_loopback(const char *address);

#endif
