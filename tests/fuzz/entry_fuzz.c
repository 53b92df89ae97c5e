#include <stdlib.h>
#include <string.h>

#include "ledger/log/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void list_copy(const struct id_list *list, struct hash out[ENTRY_HARD_MAX_REFS])
{
    for (unsigned i = 0; i < list->count; i++) {
        id_list_get(list, i, &out[i]);
        demand(id_list_contains(list, &out[i]));
    }
}

static void draft_of(const struct entry *e, struct entry_draft *d,
                     struct hash refs[2][ENTRY_HARD_MAX_REFS])
{
    list_copy(&e->refs, refs[0]);
    list_copy(&e->other_refs, refs[1]);
    *d = (struct entry_draft){
        .ledger = e->ledger, .member = e->member, .epoch = e->epoch, .kind = e->kind,
        .has_case = e->has_case, .has_base = e->has_base, .has_other = e->has_other,
        .case_id = e->case_id, .base = e->base, .other_case = e->other_case,
        .refs = refs[0], .other_refs = refs[1], .ref_count = e->refs.count,
        .other_ref_count = e->other_refs.count, .law_epoch = e->law_epoch,
        .law_size = e->law_size, .own_size = e->own_size, .own_root = e->own_root,
        .nonce = e->nonce, .time_s = e->time_s, .facts = e->facts, .fact_count = e->fact_count,
        .parts = e->parts, .part_count = e->part_count,
    };
}

static void facts_read(const struct entry *e)
{
    char text[64];
    uint64_t number;
    struct hash hash;
    for (unsigned i = 0; i < e->fact_count; i++) {
        uint32_t id = e->facts[i].id;
        demand(entry_fact(e, id) == &e->facts[i] && cbor_check(e->facts[i].value) == OK);
        demand(entry_fact_uint(e, id, &number) + entry_fact_text(e, id, text, sizeof text) +
               entry_fact_hash(e, id, &hash) <= 1);
        unsigned count = entry_fact_list(e, id);
        if (count > 0)
            entry_fact_item(e, id, count - 1, text, sizeof text);
        demand(!entry_fact_item(e, id, count, text, sizeof text));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct hash refs[2][ENTRY_HARD_MAX_REFS];
    struct entry e, draft;
    struct entry_draft d;
    struct buffer payload = {0}, bytes = {0};
    demand(entry_payload_decode(&draft, span_of(data, len)) != OK || draft.signer_count == 0);
    if (entry_decode(&e, span_of(data, len)) != OK)
        return 0;
    demand(e.signer_count > 0 && entry_verify(&e, &e.ledger) != ERR_TOO_LARGE);
    facts_read(&e);
    draft_of(&e, &d, refs);
    demand(entry_payload_encode(&d, &payload) == OK && payload.len == e.payload.len);
    demand(memcmp(payload.data, e.payload.data, payload.len) == 0);
    demand(entry_encode(buffer_span(&payload), e.signers, e.signer_count, &bytes) == OK);
    demand(bytes.len == len && memcmp(bytes.data, data, len) == 0);
    buffer_clear(&payload);
    buffer_clear(&bytes);
    return 0;
}
