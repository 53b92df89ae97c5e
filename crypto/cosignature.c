#include "crypto/note.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { HEAD_MAX_BYTES = sizeof "cosignature/v1\ntime 18446744073709551615\n", TIME_BYTES = 8 };

struct cosigned { uint8_t bytes[HEAD_MAX_BYTES + CHECKPOINT_BODY_MAX_BYTES]; size_t len; };

static void cosigned_encode(struct cosigned *out, struct span body, uint64_t time_s)
{
    int head = snprintf((char *)out->bytes, HEAD_MAX_BYTES, "cosignature/v1\ntime %" PRIu64 "\n",
                        time_s);
    out->len = (size_t)head;
    if (body.len > 0) {
        memcpy(out->bytes + out->len, body.data, body.len);
        out->len += body.len;
    }
}

void cosignature_sign(const struct signkey *key, struct span body, uint64_t time_s,
                      uint8_t out[COSIGNATURE_BYTES])
{
    struct cosigned message;
    struct sig sig;
    assert(body.len <= CHECKPOINT_BODY_MAX_BYTES && time_s <= INT64_MAX);
    cosigned_encode(&message, body, time_s);
    sign_raw(key, span_of(message.bytes, message.len), &sig);
    store_u64(out, time_s);
    memcpy(out + TIME_BYTES, sig.b, SIG_BYTES);
}

enum err cosignature_verify(const struct pubkey *key, struct span body, struct span payload,
                            uint64_t *time_s)
{
    struct cosigned message;
    struct sig sig;
    if (payload.len != COSIGNATURE_BYTES) {
        return ERR_FORMAT;
    }
    if (body.len > CHECKPOINT_BODY_MAX_BYTES) {
        return ERR_TOO_LARGE;
    }
    uint64_t claimed_s = load_u64(payload.data);
    if (claimed_s > INT64_MAX) {
        return ERR_RANGE;
    }
    cosigned_encode(&message, body, claimed_s);
    memcpy(sig.b, payload.data + TIME_BYTES, SIG_BYTES);
    enum err e = verify_raw(key, span_of(message.bytes, message.len), &sig);
    if (e == OK) {
        *time_s = claimed_s;
    }
    return e;
}
