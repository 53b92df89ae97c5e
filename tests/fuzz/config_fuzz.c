#include "net/config.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What parses is written and read back as the same configuration. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config a, b;
    struct config_error error;
    struct buffer text = {0};
    if (config_parse(&a, span_of(data, size), &error) == OK &&
        config_format(&a, &text) == OK &&
        (config_parse(&b, buffer_span(&text), &error) != OK || memcmp(&a, &b, sizeof a) != 0)) {
        abort();
    }
    buffer_clear(&text);
    return 0;
}
