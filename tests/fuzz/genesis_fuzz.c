#include <stdlib.h>
#include <string.h>

#include "ledger/roster/genesis.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

/* The admission map alone, whose proofs are not looked at. */
static void admission_try(const uint8_t *data, size_t len)
{
    struct admission a;
    struct buffer bytes = {0};
    struct cbor c;
    struct cbor_out w;
    cbor_init(&c, span_of(data, len));
    admission_decode(&a, &c);
    if (cbor_end(&c) != OK)
        return;
    cbor_out_init(&w, &bytes);
    admission_encode(&a, &w);
    demand(w.err == OK && bytes.len == len && memcmp(bytes.data, data, len) == 0);
    buffer_clear(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct genesis g, again;
    struct buffer bytes = {0};
    demand(keys_start() == OK);
    admission_try(data, len);
    if (genesis_decode(&g, span_of(data, len)) != OK)
        return 0;
    again = g;
    demand(genesis_encode(&again, &bytes) == OK);
    demand(bytes.len == len && memcmp(bytes.data, data, len) == 0);
    demand(hash_equal(&again.ledger, &g.ledger));
    buffer_clear(&bytes);
    return 0;
}
