#include <string.h>

#include "net/receipt.h"
#include "node/ops.h"

static enum err holder_of(const struct node *n, const char *id, struct member_no *out)
{
    const struct member *m = id == NULL ? NULL : roster_by_log(ledger_roster(n->ledger), id);
    out->v = m == NULL ? (uint16_t)MEMBER_NONE : m->no.v;
    return id != NULL && m == NULL ? ERR_UNKNOWN_MEMBER : OK;
}

enum err ops_receipt(struct node *n, const struct ipc_request *request, struct answer *answer)
{
    const char *hex = ops_text(request, "id");
    struct member_no by;
    struct position at;
    struct hash id;
    size_t len = 0;
    enum err err = hex == NULL ? ERR_FORMAT
                               : hex_decode(id.b, HASH_BYTES, hex, strlen(hex), &len);
    if (err == OK && len != HASH_BYTES) {
        err = ERR_FORMAT;
    }
    if (err == OK) {
        err = holder_of(n, ops_text(request, "member"), &by);
    }
    if (err == OK) {
        err = ledger_find_id(n->ledger, &id, &at);
    }
    if (err == OK) {
        err = receipt_build(n->ledger, at, by, &answer->blob);
    }
    answer->reply = err == OK ? json_object() : NULL;
    return err;
}
