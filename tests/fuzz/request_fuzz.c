#include <stdlib.h>
#include <string.h>

#include "ledger/roster/member.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct admission a;
    struct hash ledger;
    struct buffer bytes = {0};
    if (request_decode(&a, &ledger, span_of(data, len)) != OK)
        return 0;
    demand(request_encode(&a, &ledger, &bytes) == OK);
    demand(bytes.len == len && memcmp(bytes.data, data, len) == 0);
    buffer_clear(&bytes);
    return 0;
}
