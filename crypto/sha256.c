#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/sha256.h"

#include <assert.h>
#include <openssl/sha.h>

enum { SPANS_MAX = 8 };

void sha256(struct span in, struct hash *out)
{
    sha256_spans(&in, 1, out);
}

/* The EVP interface costs an allocation and a provider look-up per hash, which is more than the
 * hash of a tree node itself. */
void sha256_spans(const struct span *spans, size_t count, struct hash *out)
{
    SHA256_CTX state;
    assert(count <= SPANS_MAX);
    SHA256_Init(&state);
    for (size_t i = 0; i < count; i++) {
        if (spans[i].len > 0) {
            SHA256_Update(&state, spans[i].data, spans[i].len);
        }
    }
    SHA256_Final(out->b, &state);
}
