/* SHA-256 by libcrypto (SHA-NI where the machine has it). The one file that includes OpenSSL. */
#ifndef JIELI_CRYPTO_SHA256_H
#define JIELI_CRYPTO_SHA256_H

#include "crypto/types.h"

void sha256(struct span in, struct hash *out);
/* Hash of the concatenation of up to 8 spans. */
void sha256_spans(const struct span *spans, size_t count, struct hash *out);

#endif
