/* Both ends of the local face of a node: a unix socket, frames of u32 total length, u32 head
 * length, JSON head, blob. The one place outside transport.c that includes <nng/...>.
 *
 * Requests have "op"; answers have "ok": true, or "error" (err_name), "message" and for a void act
 * "reason" (reason_name). Operations:
 *   query   {"query": …}                     → the answer of query_run
 *   append  blob = u32 length ‖ entry, then per part u32 length ‖ wraps ‖ salt[32] ‖ bytes
 *                                            → {"index", "id", "level": "sequenced"}
 *   receive blob = one net message (heads or packages) → {} : bundles, applied through the daemon
 *   part    {"entry", "commitment"}          → blob = the plain bytes; ERR_NOTFOUND: not here yet,
 *                                              asked of the peers; ERR_PERMISSION: not for us
 *   draft-put {"draft"?: id} blob = draft    → {"draft": id};  draft-get {"draft"} → blob
 *   draft-list {}                            → {"drafts": [...]};  draft-del {"draft"}
 *   peers   {}                               → {"peers": [...]}, see node/ops_peers.c
 *   wait    {"id", "level": "sequenced", "mirrored" or "delivered", "count"?, "timeout_ms"} →
 *           {"reached", "never", "ack"}: when reached, or after timeout_ms (15000 at most)
 *   receipt {"id", "member"?}                → blob: a receipt (net/receipt.h)
 *   stop    {}                               → ends the daemon (same uid only) */
#ifndef JIELI_NET_IPC_H
#define JIELI_NET_IPC_H

#include <jansson.h>
#include <sys/types.h>

#include "crypto/bytes.h"
#include "crypto/limits.h"

enum { IPC_MAX_BYTES = 24 * 1024 * 1024 };

/* ---- client: blocking, one request at a time ---- */
struct ipc_client;
/* ERR_NOTFOUND (no daemon listens), ERR_PERMISSION, ERR_TIMEOUT. */
MUST_CHECK enum err ipc_connect(struct ipc_client **out, const char *socket_path,
                                unsigned timeout_ms);
void ipc_disconnect(struct ipc_client *c);
/* *reply is a new reference; reply_blob may be NULL. OK means that an answer came, whatever it
 * says. */
MUST_CHECK enum err ipc_call(struct ipc_client *c, const json_t *request, struct span blob,
                             json_t **reply, struct buffer *reply_blob);

/* ---- server ---- */
struct ipc_server;
/* desk: the transport's number of an officer's session (net/desk_message.h), whose requests are
 * answered there and not by ipc_answer; 0: a client of the socket. */
struct ipc_conn { uint64_t id; uint32_t desk; };
struct ipc_request {                 /* handed over by on_request; owned by the receiver */
    struct ipc_conn conn;
    uid_t uid;
    json_t *head;
    struct buffer blob;
};
/* on_request is called on a library thread: it must only enqueue, and return false when the queue
 * is full (the client is then answered ERR_BUSY). At most one request per connection is under
 * way. */
struct ipc_handler {
    void *ctx;
    bool (*on_request)(void *ctx, struct ipc_request *request);
};
MUST_CHECK enum err ipc_listen(struct ipc_server **out, const char *socket_path, unsigned mode,
                               const struct ipc_handler *handler);
/* From any thread. Takes nothing over. */
void ipc_answer(struct ipc_server *s, struct ipc_conn conn, const json_t *reply,
                struct span blob);
void ipc_request_clear(struct ipc_request *r);
void ipc_close(struct ipc_server *s);

#endif
