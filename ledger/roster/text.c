#include "ledger/roster/text.h"

#include <string.h>

#include "ledger/log/member_id.h"

bool text_check(const char *text)
{
    for (const char *at = text; *at != 0; at++) {
        uint8_t byte = (uint8_t)*at;
        if (byte < 0x20 || byte == 0x7f)
            return false;
    }
    return text[0] != 0;
}

void text_decode(struct cbor *c, char *out, size_t out_bytes)
{
    cbor_string(c, out, out_bytes);
    if (!text_check(out))
        cbor_fail(c, ERR_RANGE);
}

void text_decode_id(struct cbor *c, char *out, size_t out_bytes)
{
    cbor_string(c, out, out_bytes);
    if (!member_id_valid(span_of(out, strlen(out))))
        cbor_fail(c, ERR_RANGE);
}

void map_expect(struct cbor *c, int64_t *previous, uint64_t key)
{
    if (cbor_key(c, previous) != key)
        cbor_fail(c, ERR_FORMAT);
}
