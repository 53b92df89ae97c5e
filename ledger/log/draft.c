#include "ledger/log/draft.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/log/cose.h"
#include "ledger/log/part.h"
#include "ledger/log/part_card.h"

enum { DRAFT_FORMAT = 1, DRAFT_FIELDS = 6 };

static enum err put_signer(struct cbor_out *w, const struct signer *s)
{
    struct buffer head = {0};
    enum err err = cose_signer_check(s);
    if (err == OK)
        err = cose_protected_encode(s, &head);
    if (err == OK) {
        cbor_put_array(w, 2);
        cbor_put_bytes(w, buffer_span(&head));
        cbor_put_bytes(w, span_of(s->sig.b, SIG_BYTES));
    }
    buffer_clear(&head);
    return err;
}

static enum err put_fields(struct cbor_out *w, const struct draft *d)
{
    enum err err = OK;
    cbor_put_array(w, DRAFT_FIELDS);
    cbor_put_uint(w, DRAFT_FORMAT);
    cbor_put_bytes(w, d->payload);
    cbor_put_array(w, d->signer_count);
    for (unsigned i = 0; err == OK && i < d->signer_count; i++)
        err = put_signer(w, &d->signers[i]);
    cbor_put_uint(w, d->needed);
    cbor_put_array(w, d->part_count);
    for (unsigned i = 0; i < d->part_count; i++) {
        cbor_put_array(w, 3);
        cbor_put_bytes(w, span_of(d->parts[i].salt, SALT_BYTES));
        cbor_put_bytes(w, d->parts[i].bytes);
        cbor_put_bytes(w, d->parts[i].wraps);
    }
    cbor_put_uint(w, d->created_s);
    return err == OK ? w->err : err;
}

static bool numbers_fit(const struct draft *d)
{
    return d->needed >= 1 && d->needed <= ENTRY_MAX_SIGNERS && d->signer_count >= 1 &&
           d->signer_count <= ENTRY_MAX_SIGNERS && d->part_count <= ENTRY_MAX_PARTS;
}

enum err draft_encode(const struct draft *d, struct buffer *out)
{
    struct cbor_out w;
    size_t before = out->len;
    if (!numbers_fit(d))
        return ERR_RANGE;
    cbor_out_init(&w, out);
    enum err err = put_fields(&w, d);
    if (err != OK)
        out->len = before;
    return err;
}

static void take_signer(struct cbor *c, struct signer *s)
{
    if (cbor_array(c, 2) != 2)
        cbor_fail(c, ERR_FORMAT);
    struct span head = cbor_bytes(c);
    cbor_fixed(c, s->sig.b, SIG_BYTES);
    if (!cbor_ok(c))
        return;
    enum err err = cose_protected_decode(s, head);
    if (err != OK)
        cbor_fail(c, err);
    s->protected_bytes = head;
}

static void take_part(struct cbor *c, struct draft_part *p)
{
    if (cbor_array(c, 3) != 3)
        cbor_fail(c, ERR_FORMAT);
    cbor_fixed(c, p->salt, SALT_BYTES);
    p->bytes = cbor_bytes(c);
    p->wraps = cbor_bytes(c);
    if (p->bytes.len > PART_MAX_BYTES || p->wraps.len > PART_WRAPS_MAX_BYTES)
        cbor_fail(c, ERR_TOO_LARGE);
}

enum err draft_decode(struct draft *out, struct span bytes)
{
    struct cbor c;
    memset(out, 0, sizeof *out);
    cbor_init(&c, bytes);
    if (cbor_array(&c, DRAFT_FIELDS) != DRAFT_FIELDS)
        cbor_fail(&c, ERR_FORMAT);
    if (cbor_uint(&c) != DRAFT_FORMAT)
        cbor_fail(&c, ERR_UNSUPPORTED);
    out->payload = cbor_bytes(&c);
    out->signer_count = (unsigned)cbor_array(&c, ENTRY_MAX_SIGNERS);
    for (unsigned i = 0; i < out->signer_count && cbor_ok(&c); i++)
        take_signer(&c, &out->signers[i]);
    uint64_t needed = cbor_uint(&c);
    out->needed = needed > ENTRY_MAX_SIGNERS ? 0 : (unsigned)needed;
    out->part_count = (unsigned)cbor_array(&c, ENTRY_MAX_PARTS);
    for (unsigned i = 0; i < out->part_count && cbor_ok(&c); i++)
        take_part(&c, &out->parts[i]);
    out->created_s = cbor_uint(&c);
    enum err err = cbor_end(&c);
    return err == OK && !numbers_fit(out) ? ERR_RANGE : err;
}

static enum err verify_parts(const struct draft *d, const struct entry *e)
{
    if (d->part_count != e->part_count)
        return ERR_CORRUPT;
    for (unsigned i = 0; i < d->part_count; i++) {
        struct hash commitment;
        part_commitment(d->parts[i].salt, d->parts[i].bytes, &commitment);
        if (!hash_equal(&commitment, &e->parts[i].commitment))
            return ERR_CORRUPT;
    }
    return OK;
}

enum err draft_verify(const struct draft *d, const struct hash *ledger)
{
    struct buffer bytes = {0};
    struct entry *e = calloc(1, sizeof *e);
    enum err err = e == NULL ? ERR_NOMEM : OK;
    if (err == OK)
        err = entry_encode(d->payload, d->signers, d->signer_count, &bytes);
    if (err == OK)
        err = entry_decode(e, buffer_span(&bytes));
    if (err == OK)
        err = entry_verify(e, ledger);
    if (err == OK)
        err = verify_parts(d, e);
    free(e);
    buffer_clear(&bytes);
    return err;
}

bool draft_outdated(const struct draft *d, uint64_t now_s)
{
    return now_s > d->created_s && now_s - d->created_s > DRAFT_MAX_AGE_S;
}
