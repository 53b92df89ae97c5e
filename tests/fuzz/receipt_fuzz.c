/* Any receipt that is taken apart can be put together again; verifying it ends with a verdict that
 * names a link. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/log/tlog_proof.h"
#include "net/receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void proof_again(struct span text)
{
    struct tlog_proof p;
    struct buffer again = {0};
    if (tlog_proof_decode(&p, text) != OK)
        return;
    assert(tlog_proof_encode(&p, &again) == OK);
    assert(again.len == text.len && memcmp(again.data, text.data, again.len) == 0);
    buffer_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct receipt_file *file = calloc(1, sizeof *file);
    struct receipt *r = calloc(1, sizeof *r);
    enum receipt_link link;
    size_t all = strlen(RECEIPT_MAGIC);
    if (file == NULL || r == NULL || keys_start() != OK)
        abort();
    if (receipt_decode(file, span_of(data, size)) == OK) {
        for (unsigned i = 0; i < file->count; i++) {
            all += 5 + file->frames[i].body.len;
            if (file->frames[i].type == RECEIPT_HOLDING)
                proof_again(file->frames[i].body);
        }
        assert(all == size);
        enum err err = receipt_verify(file, NULL, r, &link);
        assert((err == OK) == (link == LINK_NONE));
    }
    free(r);
    free(file);
    return 0;
}
