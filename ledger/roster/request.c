#include "ledger/roster/member.h"
#include "ledger/roster/text.h"

enum { REQUEST_KEYS = 8 };

enum err request_encode(const struct admission *a, const struct hash *ledger, struct buffer *out)
{
    struct cbor_out w;
    cbor_out_init(&w, out);
    cbor_put_map(&w, REQUEST_KEYS);
    cbor_put_uint(&w, 1);
    cbor_put_tagged(&w, ALG_SHA256, ledger->b);
    cbor_put_uint(&w, 2);
    cbor_put_text(&w, a->id);
    cbor_put_uint(&w, 3);
    cbor_put_tagged(&w, ALG_ED25519, a->node_key.b);
    cbor_put_uint(&w, 4);
    cbor_put_bytes(&w, span_of(a->node_proof.b, SIG_BYTES));
    cbor_put_uint(&w, 5);
    cbor_put_tagged(&w, ALG_ED25519, a->admin_key.b);
    cbor_put_uint(&w, 6);
    cbor_put_text(&w, a->admin_post);
    cbor_put_uint(&w, 7);
    cbor_put_text(&w, a->admin_person);
    cbor_put_uint(&w, 8);
    cbor_put_bytes(&w, span_of(a->admin_proof.b, SIG_BYTES));
    return w.err;
}

static void request_field(struct admission *a, struct hash *ledger, struct cbor *c, uint64_t key)
{
    switch (key) {
    case 1: cbor_tagged(c, ALG_SHA256, ledger->b); break;
    case 2: text_decode_id(c, a->id, sizeof a->id); break;
    case 3: cbor_tagged(c, ALG_ED25519, a->node_key.b); break;
    case 4: cbor_fixed(c, a->node_proof.b, SIG_BYTES); break;
    case 5: cbor_tagged(c, ALG_ED25519, a->admin_key.b); break;
    case 6: text_decode(c, a->admin_post, sizeof a->admin_post); break;
    case 7: text_decode(c, a->admin_person, sizeof a->admin_person); break;
    default: cbor_fixed(c, a->admin_proof.b, SIG_BYTES); break;
    }
}

enum err request_decode(struct admission *a, struct hash *ledger, struct span bytes)
{
    struct cbor c;
    int64_t previous = -1;
    *a = (struct admission){0};
    cbor_init(&c, bytes);
    if (cbor_map(&c, REQUEST_KEYS) != REQUEST_KEYS)
        cbor_fail(&c, ERR_FORMAT);
    for (uint64_t key = 1; key <= REQUEST_KEYS && cbor_ok(&c); key++) {
        map_expect(&c, &previous, key);
        request_field(a, ledger, &c, key);
    }
    return cbor_end(&c);
}
