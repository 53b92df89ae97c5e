/* Any certificate that decodes encodes to the same bytes. */
#include <assert.h>
#include <string.h>

#include "crypto/channel.h"
#include "net/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct peer_certificate c;
    struct buffer again = {0};
    if (size > CHANNEL_CERTIFICATE_MAX_BYTES || certificate_decode(&c, span_of(data, size)) != OK)
        return 0;
    assert(certificate_encode(&c, &again) == OK);
    assert(again.len == size && memcmp(again.data, data, size) == 0);
    buffer_clear(&again);
    return 0;
}
