#include "ledger/log/cose.h"

enum err entry_verify(const struct entry *e, const struct hash *ledger)
{
    uint8_t room[SIG_STRUCTURE_MAX_BYTES];
    struct buffer structure = {room, 0, sizeof room};
    if (!hash_equal(&e->ledger, ledger))
        return ERR_WRONG_LEDGER;
    enum err result = e->signer_count > 0 ? OK : ERR_SIGNATURE;
    for (unsigned i = 0; result == OK && i < e->signer_count; i++) {
        const struct signer *s = &e->signers[i];
        result = cose_entry_structure(e->payload, s->protected_bytes, ledger, &structure);
        if (result == OK)
            result = verify_raw(&s->key, buffer_span(&structure), &s->sig);
    }
    return result;
}

static enum err payload_check(struct span payload, const struct hash *ledger)
{
    struct entry decoded;
    enum err e = entry_payload_decode(&decoded, payload);
    if (e != OK)
        return e;
    return hash_equal(&decoded.ledger, ledger) ? OK : ERR_WRONG_LEDGER;
}

enum err entry_sign_structure(struct span payload, const struct hash *ledger,
                              const struct pubkey *key, struct signer *signer, struct buffer *out)
{
    uint8_t header_room[PROTECTED_MAX_BYTES], room[SIG_STRUCTURE_MAX_BYTES];
    struct buffer header = {header_room, 0, sizeof header_room};
    struct buffer structure = {room, 0, sizeof room};
    enum err e = payload_check(payload, ledger);
    if (e == OK)
        e = cose_signer_check(signer);
    if (e != OK)
        return e;
    signer->key = *key;
    e = cose_protected_encode(signer, &header);
    if (e == OK)
        e = cose_entry_structure(payload, buffer_span(&header), ledger, &structure);
    return e == OK ? buffer_put(out, structure.data, structure.len) : e;
}

enum err entry_sign(struct span payload, const struct hash *ledger, const struct signkey *key,
                    struct signer *signer)
{
    struct buffer structure = {0};
    enum err e = entry_sign_structure(payload, ledger, signkey_public(key), signer, &structure);
    if (e == OK)
        sign_raw(key, buffer_span(&structure), &signer->sig);
    buffer_clear(&structure);
    return e;
}
