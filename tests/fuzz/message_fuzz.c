/* Any message that decodes encodes to the same bytes. */
#include <assert.h>
#include <string.h>

#include "net/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct message m;
    struct buffer again = {0};
    memset(&m, 0, sizeof m);
    if (message_decode(&m, span_of(data, size)) != OK)
        return 0;
    assert(message_encode(&m, &again) == OK);
    assert(again.len == size && memcmp(again.data, data, size) == 0);
    buffer_clear(&again);
    return 0;
}
