/* What is said on sessions that are not between peers. Integers are big-endian.
 *
 * With an officer's desk (purpose DESK); the desk asks, one request at a time:
 *   DESK_REQUEST  16: u32 length ‖ JSON head ‖ blob, as on the local socket (net/ipc.h)
 *   DESK_ANSWER   17: the same
 *
 * With who holds an invitation (purpose ENROL); after it only WANT and PACKAGES of the convenor's
 * log (net/message.h):
 *   ENROL_GENESIS 18: the genesis file; the listener's first message
 *   ENROL_REQUEST 19: the request for admission (FORMAT.md, "Request")
 *   ENROL_STATE   20: u8 state ‖ u64 size of the convenor's log as signed; the answer */
#ifndef JIELI_NET_DESK_MESSAGE_H
#define JIELI_NET_DESK_MESSAGE_H

#include <jansson.h>

#include "crypto/bytes.h"
#include "crypto/limits.h"

enum desk_message_type { DESK_REQUEST = 16, DESK_ANSWER = 17, ENROL_GENESIS = 18,
                         ENROL_REQUEST = 19, ENROL_STATE = 20 };
enum { REQUEST_MAX_BYTES = 4096 };

enum enrol_state {
    ENROL_WAITING = 1,      /* the request is kept until a root officer admits the member */
    ENROL_ADMITTED = 2,     /* the convenor's log up to `size` holds the admission */
    ENROL_USED = 3,         /* the invitation was used from another machine */
    ENROL_TAKEN = 4,        /* the member was admitted with other keys */
    ENROL_REFUSED = 5,      /* no good request of the invited member */
};

/* Appends one message. ERR_TOO_LARGE: over DESK_FRAME_MAX_BYTES; ERR_NOMEM. */
MUST_CHECK enum err desk_message_encode(enum desk_message_type type, const json_t *head,
                                        struct span blob, struct buffer *out);
/* A DESK_REQUEST or DESK_ANSWER, as `type` says. *head is a new reference, *blob borrows.
 * ERR_PROTOCOL: another type; those of ipc_frame_decode. */
MUST_CHECK enum err desk_message_decode(enum desk_message_type type, struct span frame,
                                        json_t **head, struct span *blob);

/* ENROL_GENESIS, ENROL_REQUEST: the bytes behind the type, borrowed. ERR_PROTOCOL: another type;
 * ERR_TOO_LARGE, ERR_TRUNCATED (none). */
MUST_CHECK enum err enrol_bytes_encode(enum desk_message_type type, struct span bytes,
                                       struct buffer *out);
MUST_CHECK enum err enrol_bytes_decode(enum desk_message_type type, struct span frame,
                                       struct span *bytes);
MUST_CHECK enum err enrol_state_encode(enum enrol_state state, uint64_t size, struct buffer *out);
/* ERR_PROTOCOL: another type; ERR_TRUNCATED, ERR_FORMAT, ERR_RANGE (state). */
MUST_CHECK enum err enrol_state_decode(struct span frame, enum enrol_state *state,
                                       uint64_t *size);

#endif
