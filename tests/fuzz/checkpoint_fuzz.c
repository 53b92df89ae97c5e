/* Any checkpoint body that parses is written back as the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "crypto/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct checkpoint c;
    struct buffer again = {0};
    if (checkpoint_parse(&c, span_of(data, size)) != OK)
        return 0;
    if (checkpoint_format(&c, &again) != OK || again.len != size ||
        memcmp(again.data, data, size) != 0)
        abort();
    buffer_clear(&again);
    return 0;
}
