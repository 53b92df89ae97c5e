/* Any package that decodes formats to the same bytes, and verifying it ends in a verdict. */
#include <assert.h>
#include <string.h>

#include "ledger/log/package.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct package p;
    struct buffer again = {0};
    struct hash root = {{0}}, before[PACKAGE_ENTRIES], leaves[PACKAGE_ENTRIES];
    if (package_decode(&p, span_of(data, size)) != OK)
        return 0;
    assert(package_format(&p, &again) == OK);
    assert(again.len == size && memcmp(again.data, data, size) == 0);
    buffer_clear(&again);
    memset(before, 0, sizeof before);
    enum err err = package_verify_alone(&p, before, &root, leaves);
    assert(err == OK || err == ERR_PROOF);
    return 0;
}
