/* One request or answer of the local face: u32 length of all that follows ‖ u32 length of the
 * head ‖ JSON object ‖ blob. */
#ifndef JIELI_NET_IPC_FRAME_H
#define JIELI_NET_IPC_FRAME_H

#include "net/ipc.h"

/* Appends a whole frame, its length first. ERR_TOO_LARGE over IPC_MAX_BYTES, ERR_NOMEM. */
MUST_CHECK enum err ipc_frame_encode(const json_t *head, struct span blob, struct buffer *out);
/* Appends what follows the first length. Errors as above. */
MUST_CHECK enum err ipc_body_encode(const json_t *head, struct span blob, struct buffer *out);
/* `body` is what follows the first length. *head is a new reference, *blob borrows. ERR_TRUNCATED,
 * ERR_FORMAT (no JSON object, a name twice). */
MUST_CHECK enum err ipc_frame_decode(struct span body, json_t **head, struct span *blob);

#endif
