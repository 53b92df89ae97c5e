/* What a peer sends as a part: any that decodes encodes to the same bytes. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/log/part_card.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct part_carried *part = malloc(sizeof *part);
    struct buffer again = {0};
    assert(part != NULL);
    if (part_carried_decode(part, span_of(data, size)) == OK) {
        assert(part_carried_encode(&part->card, part->salt, part->bytes, &again) == OK);
        assert(again.len == size && memcmp(again.data, data, size) == 0);
    }
    buffer_clear(&again);
    free(part);
    return 0;
}
