/* Messages between peers, each one frame: u8 type ‖ body. Every decoder is strict; integers are
 * big-endian; `log` = u8 length ‖ member ‖ u32 epoch. The same messages make up bundles.
 *
 *   HELLO    1: u16 version (1) ‖ ledger id (33) ‖ u8 length ‖ member
 *   HEADS    2: u8 complete ‖ u16 count ‖ (u32 length ‖ signed note)*
 *   WANT     3: u32 request ‖ log ‖ u64 from ‖ u64 tree size ‖ u8 packages (1..32)
 *   PACKAGES 4: u32 request ‖ u32 length ‖ signed note ‖ u8 proof count ‖ hash* (consistency from
 *               `from` to the note's size; none when from = 0) ‖ u8 count ‖ (u32 length ‖ package)*
 *   REFUSE   5: u32 request ‖ u8 code
 *   PART_WANT 6: u32 request ‖ commitment (33)
 *   PART     7: u32 request ‖ commitment (33) ‖ u32 offset ‖ u32 total ‖ bytes (<= 1 MiB);
 *               the whole is card ‖ salt[32] ‖ bytes as stored (ledger/log/part_card.h)
 *   PING     8: u64 token      PONG 9: u64 token
 *   BUNDLE  10: u8 flags (1 since, 2 one case, 4 parts) ‖ case id (33, with flag 2 only) ‖
 *               u32 length ‖ genesis bytes: the first frame of a bundle file, never sent to a peer
 *   COSIGN  11: u8 flags (1 neighbours) ‖ [u8 count ‖ (u8 length ‖ member)*] ‖ u16 count (<= 64) ‖
 *               (u32 length ‖ cosigned head)*
 *   PROVEN  12: an entry of governance with its place (net/proven.h)
 *   CONSISTENCY 13: log ‖ u64 from ‖ u64 to ‖ u8 proof count ‖ hash*: two sizes of one tree
 *   12 and 13 stand in bundles of one case alone, never sent to a peer.
 *
 * `complete` is set on the last HEADS of a full exchange. Hashes of proofs are 32 bytes, ids and
 * commitments 33 with their algorithm's byte. Packages are never empty, a PART is never empty. */
#ifndef JIELI_NET_MESSAGE_H
#define JIELI_NET_MESSAGE_H

#include "ledger/log/package.h"
#include "ledger/log/part_card.h"

enum message_type { MSG_HELLO = 1, MSG_HEADS = 2, MSG_WANT = 3, MSG_PACKAGES = 4, MSG_REFUSE = 5,
                    MSG_PART_WANT = 6, MSG_PART = 7, MSG_PING = 8, MSG_PONG = 9, MSG_BUNDLE = 10,
                    MSG_COSIGN = 11, MSG_PROVEN = 12, MSG_CONSISTENCY = 13 };
enum { MESSAGE_TYPES = MSG_CONSISTENCY + 1 };
enum { MESSAGE_VERSION = 1, MESSAGE_MAX_PACKAGES = 32, MESSAGE_MAX_HEADS = 512,
       MESSAGE_MAX_COSIGNED = 64, COSIGNED_MAX_BYTES = 2048, MESSAGE_MAX_NEIGHBOURS = 255,
       PROVEN_MAX_BYTES = 32 * 1024, PART_CHUNK_BYTES = 1024 * 1024,
       MESSAGE_TARGET_BYTES = 256 * 1024 };
enum refuse_code { REFUSE_UNKNOWN_LOG = 1, REFUSE_NOT_HELD = 2, REFUSE_BUSY = 3,
                   REFUSE_NOT_READER = 4, REFUSE_WRONG_LEDGER = 5 };

enum bundle_flag { BUNDLE_SINCE = 1, BUNDLE_ONE_CASE = 2, BUNDLE_PARTS = 4 };

struct log_name { char member[ID_MAX_BYTES + 1]; uint32_t epoch; };

struct message {
    enum message_type type;
    union {
        struct { uint16_t version; struct hash ledger; char member[ID_MAX_BYTES + 1]; } hello;
        struct { bool complete; unsigned count; struct span notes[MESSAGE_MAX_HEADS]; } heads;
        struct { uint32_t request; struct log_name log; uint64_t from, tree_size;
                 uint8_t packages; } want;
        struct { uint32_t request; struct span note; struct proof consistency; unsigned count;
                 struct span packages[MESSAGE_MAX_PACKAGES]; } packages;
        struct { uint32_t request; uint8_t code; } refuse;
        struct { uint32_t request; struct hash commitment; uint32_t offset, total;
                 struct span bytes; } part;     /* PART_WANT and PART */
        struct { bool neighbours; unsigned neighbour_count, count;
                 char neighbour[MESSAGE_MAX_NEIGHBOURS][ID_MAX_BYTES + 1];
                 struct span notes[MESSAGE_MAX_COSIGNED]; } cosign;
        struct { uint64_t token; } ping;        /* PING and PONG */
        struct { uint8_t flags; struct hash case_id; struct span genesis; } bundle;
        struct { struct span entry; } proven;
        struct { struct log_name log; uint64_t from, to; struct proof proof; } consistency;
    } u;
};

/* Strict; spans borrow. ERR_FORMAT, ERR_TRUNCATED, ERR_TOO_LARGE, ERR_UNSUPPORTED (type). */
MUST_CHECK enum err message_decode(struct message *out, struct span frame);
/* Appends the one allowed encoding. ERR_TOO_LARGE over a limit above; ERR_NOMEM. */
MUST_CHECK enum err message_encode(const struct message *m, struct buffer *out);

/* Appends a PACKAGES message built from the store: up to `packages` of them, not much beyond
 * MESSAGE_TARGET_BYTES, under the newest head held. ERR_NOTFOUND: nothing held at `from`, or no
 * head that covers what is held (a log still being fetched cannot be served). *end: the entry after
 * the last in it. */
MUST_CHECK enum err message_packages_build(struct txn *t, const struct log *log, uint32_t request,
                                           uint64_t from, unsigned packages, struct buffer *out,
                                           uint64_t *end);

#endif
