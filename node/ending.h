/* How jielid ends: an exit status for each cause, and what the people who run it should do. The
 * statuses are documented for service managers and never change their meaning. */
#ifndef JIELI_NODE_ENDING_H
#define JIELI_NODE_ENDING_H

#include "crypto/err.h"

enum exit_status {
    EXIT_STATUS_OK = 0,
    EXIT_STATUS_OTHER = 1,
    EXIT_STATUS_USAGE = 64,
    EXIT_STATUS_HOME = 66,           /* no home there, or a file of it cannot be read */
    EXIT_STATUS_WRONG_LEDGER = 67,
    EXIT_STATUS_ADDRESS = 68,        /* an address to listen on, or the socket, is not to be had */
    EXIT_STATUS_KEY = 69,
    EXIT_STATUS_UNCERTAIN = 70,      /* stored bytes are in doubt: start again, it rechecks */
    EXIT_STATUS_ROLLBACK = 71,
    EXIT_STATUS_FORK = 72,
    EXIT_STATUS_DISK_FULL = 74,
    EXIT_STATUS_LOCKED = 75,
    EXIT_STATUS_UNSUPPORTED = 76,
    EXIT_STATUS_STUCK = 77,          /* nothing that the transport began came to an end */
    EXIT_STATUS_CONFIG = 78,
};

struct ending { enum exit_status status; const char *advice; };

/* Ending for `err`; OK ends with EXIT_STATUS_OK and no advice (""). Static text. */
struct ending ending_of(enum err err);

#endif
