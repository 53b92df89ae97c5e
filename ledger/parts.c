#include "ledger/parts.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/cases/readers.h"
#include "ledger/log/part.h"
#include "ledger/log/part_erase.h"
#include "ledger/log/part_seal.h"

static const struct part_ref *ref_of(const struct entry *e, const struct hash *commitment)
{
    for (unsigned i = 0; i < e->part_count; i++) {
        if (hash_equal(&e->parts[i].commitment, commitment))
            return &e->parts[i];
    }
    return NULL;
}

static enum err entry_at(struct ledger *l, struct position at, struct entry *out)
{
    struct span bytes;
    struct txn *t = ledger_txn(l);
    enum err err = t == NULL ? ERR_IO : log_read(t, at.log, at.index, &bytes);
    return err == OK ? entry_decode(out, bytes) : err;
}

enum err ledger_part_find(struct ledger *l, const struct hash *id, const struct hash *commitment,
                          struct entry *e, struct part_place *out)
{
    struct position at;
    enum err err = ledger_find_id(l, id, &at);
    if (err == OK)
        err = entry_at(l, at, e);
    if (err != OK)
        return err;
    *out = (struct part_place){e, ref_of(e, commitment)};
    return out->ref == NULL ? ERR_NOTFOUND : OK;
}

enum err ledger_part_held(struct ledger *l, const struct hash *commitment, struct entry *e,
                          struct part_place *out)
{
    struct part_card *card = malloc(sizeof *card);
    enum err err = card == NULL ? ERR_NOMEM : OK;
    if (err == OK && !part_held(ledger_home(l), commitment))
        err = ERR_NOTFOUND;
    if (err == OK)
        err = part_card_read(ledger_home(l), commitment, card);
    if (err == OK)
        err = ledger_part_find(l, &card->entry, commitment, e, out);
    free(card);
    return err;
}

static const struct hash *case_of(const struct entry *e)
{
    return e->has_case ? &e->case_id : &e->id;
}

/* Its own node reads on what it has; the others give it nothing more. */
static bool shut_out(struct ledger *l, struct member_no m)
{
    const struct member *member = roster_member(ledger_roster(l), m);
    return member != NULL && member->suspended && m.v != ledger_self(l).v;
}

bool ledger_part_may(struct ledger *l, const struct part_place *at, struct member_no m)
{
    struct case_state *s = malloc(sizeof *s);
    bool may = at->ref->mode == PART_OPEN;
    if (s != NULL && !may && !shut_out(l, m)) {
        if (ledger_state(l, case_of(at->entry), s) != OK)
            case_state_init(s, case_of(at->entry));
        may = reader_may(ledger_roster(l), s, at->entry, at->ref->role, m);
    }
    free(s);
    return may;
}

/* Salt and bytes as stored, and the card of a sealed part. */
struct stored {
    struct part_card card;
    struct buffer bytes;
    uint8_t salt[SALT_BYTES];
};

static enum err stored_read(struct ledger *l, const struct part_place *at, struct stored *out)
{
    const struct hash *commitment = &at->ref->commitment;
    memset(out, 0, sizeof *out);
    enum err err = part_read(ledger_home(l), commitment, out->salt, &out->bytes);
    if (err == OK && at->ref->mode == PART_SEALED)
        err = part_card_read(ledger_home(l), commitment, &out->card);
    out->card.entry = at->entry->id;
    return err == ERR_NOTFOUND || err == ERR_CORRUPT || err == OK ? err : ERR_CORRUPT;
}

static enum err unseal(struct ledger *l, const struct part_place *at,
                       const struct part_wraps *wraps, struct span bytes, struct buffer *plain)
{
    struct keyring ring;
    const struct part_context ctx = part_context_of(at->entry, at->ref);
    enum err err = keyring_load(ledger_home(l), &ring);
    if (err == OK)
        err = part_unseal(&ring, &ctx, at->ref, wraps, bytes, plain);
    keyring_clear(&ring);
    return err;
}

enum err ledger_part_open(struct ledger *l, const struct part_place *at, struct buffer *plain)
{
    struct stored *s = malloc(sizeof *s);
    buffer_reset(plain);
    if (s == NULL)
        return ERR_NOMEM;
    enum err err = stored_read(l, at, s);
    if (err == OK && at->ref->mode == PART_SEALED)
        err = unseal(l, at, &s->card.wraps, buffer_span(&s->bytes), plain);
    else if (err == OK)
        err = buffer_put(plain, s->bytes.data, s->bytes.len);
    buffer_clear(&s->bytes);
    free(s);
    return err;
}

/* Adds a wrap for the key that `m` certifies now. */
static enum err share_with(struct ledger *l, const struct keyring *ring,
                           const struct part_place *at, struct member_no m,
                           struct part_wraps *wraps)
{
    bool added;
    const struct certificate *c = roster_certificate(ledger_roster(l), m);
    return c == NULL ? ERR_KEY
                     : part_share(ring, &at->entry->ledger, &at->ref->commitment, &c->sealing,
                                  wraps, &added);
}

/* A reader whose node has no certificate yet gets its wrap when it asks. */
static enum err share_with_readers(struct ledger *l, const struct keyring *ring,
                                   const struct part_place *at, struct part_wraps *wraps)
{
    const unsigned count = roster_member_count(ledger_roster(l));
    enum err err = OK;
    for (unsigned i = 0; err == OK && i < count; i++) {
        const struct member_no m = {(uint16_t)i};
        if (roster_certificate(ledger_roster(l), m) != NULL && ledger_part_may(l, at, m))
            err = share_with(l, ring, at, m, wraps);
    }
    return err;
}

static enum err share(struct ledger *l, const struct part_place *at, struct member_no m,
                      struct part_wraps *wraps)
{
    struct keyring ring;
    if (at->ref->mode == PART_OPEN)
        return OK;
    enum err err = keyring_load(ledger_home(l), &ring);
    if (err == OK)
        err = m.v == MEMBER_NONE ? share_with_readers(l, &ring, at, wraps)
                                 : share_with(l, &ring, at, m, wraps);
    keyring_clear(&ring);
    return err;
}

enum err ledger_part_carry(struct ledger *l, const struct part_place *at, struct member_no m,
                           struct buffer *out)
{
    struct stored *s = malloc(sizeof *s);
    if (s == NULL)
        return ERR_NOMEM;
    enum err err = stored_read(l, at, s);
    if (err == OK)
        err = share(l, at, m, &s->card.wraps);
    if (err == OK)
        err = part_carried_encode(&s->card, s->salt, buffer_span(&s->bytes), out);
    buffer_clear(&s->bytes);
    free(s);
    return err;
}

/* Keeps of the wraps the one for our present key alone, made from what opened. */
static enum err keep_own(struct ledger *l, const struct part_place *at, struct part_wraps *wraps)
{
    struct keyring ring;
    struct part_wraps *own = calloc(1, sizeof *own);
    bool added;
    enum err err = keyring_load(ledger_home(l), &ring);
    if (err == OK && own == NULL)
        err = ERR_NOMEM;
    if (err == OK)
        err = part_share(&ring, &at->entry->ledger, &at->ref->commitment, &ring.keys[0].pub, wraps,
                         &added);
    const struct part_wrap *one =
        err == OK ? part_wraps_find(wraps, &ring.keys[0].pub) : NULL;
    if (one != NULL)
        err = part_wraps_put(own, one);
    if (err == OK)
        *wraps = *own;
    free(own);
    keyring_clear(&ring);
    return err;
}

static enum err put_sealed(struct ledger *l, const struct part_place *at,
                           struct part_wraps *wraps, struct span bytes)
{
    struct buffer plain = {0};
    enum err err = unseal(l, at, wraps, bytes, &plain);
    if (plain.len > 0)
        wipe(plain.data, plain.len);
    buffer_clear(&plain);
    return err == OK ? keep_own(l, at, wraps) : err;
}

static enum err card_put(struct ledger *l, const struct part_place *at,
                         const struct part_wraps *wraps)
{
    struct part_card *card = calloc(1, sizeof *card);
    if (card == NULL)
        return ERR_NOMEM;
    card->entry = at->entry->id;
    if (at->ref->mode == PART_SEALED)
        card->wraps = *wraps;
    enum err err = part_card_write(ledger_home(l), &at->ref->commitment, card);
    free(card);
    return err;
}

enum err ledger_part_put(struct ledger *l, const struct part_place *at, struct part_wraps *wraps,
                         const uint8_t salt[SALT_BYTES], struct span bytes)
{
    struct hash found;
    enum err err = OK;
    part_commitment(salt, bytes, &found);
    if (!hash_equal(&found, &at->ref->commitment) || bytes.len != at->ref->padded_bytes)
        return ERR_PROOF;
    if (part_erased(ledger_home(l), &at->ref->commitment, NULL))
        return ERR_NOTFOUND;
    if (at->ref->mode == PART_SEALED)
        err = put_sealed(l, at, wraps, bytes);
    if (err == OK)
        err = card_put(l, at, wraps);
    return err == OK ? part_store(ledger_home(l), salt, bytes, &found) : err;
}

enum err ledger_part_take(struct ledger *l, const struct hash *commitment, struct span whole)
{
    struct part_carried *part = malloc(sizeof *part);
    struct entry *e = malloc(sizeof *e);
    struct part_place at;
    enum err err = part == NULL || e == NULL ? ERR_NOMEM : part_carried_decode(part, whole);
    if (err == OK)
        err = ledger_part_find(l, &part->card.entry, commitment, e, &at);
    if (err == OK)
        err = ledger_part_put(l, &at, &part->card.wraps, part->salt, part->bytes);
    free(part);
    free(e);
    return err;
}
