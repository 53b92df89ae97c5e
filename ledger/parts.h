/* The parts of the acts that are held: who may read them, opening, sharing with new readers, and
 * taking what a peer or a bundle brought. Sealing keys are read from the home when they are needed
 * and wiped again. */
#ifndef JIELI_LEDGER_PARTS_H
#define JIELI_LEDGER_PARTS_H

#include "ledger/ledger.h"
#include "ledger/log/part_card.h"

/* An act and the part of it that is meant; borrowed. */
struct part_place { const struct entry *entry; const struct part_ref *ref; };

/* The entry `id`, into *e, and its part `commitment`; both borrow from the read transaction of now.
 * ERR_NOTFOUND: no such entry is held, or it names no such part. */
MUST_CHECK enum err ledger_part_find(struct ledger *l, const struct hash *id,
                                     const struct hash *commitment, struct entry *e,
                                     struct part_place *out);
/* The same by the card of a part that is held here. */
MUST_CHECK enum err ledger_part_held(struct ledger *l, const struct hash *commitment,
                                     struct entry *e, struct part_place *out);

/* Whether member `m` may read that part now; open ones everybody may. */
bool ledger_part_may(struct ledger *l, const struct part_place *at, struct member_no m);

/* Its plaintext; *plain is overwritten. ERR_NOTFOUND: not held; ERR_CORRUPT: its file is spoilt;
 * ERR_KEY: sealed, and to none of our keys; ERR_UNAUTHENTIC and others of seal_open: sealed for
 * another act. */
MUST_CHECK enum err ledger_part_open(struct ledger *l, const struct part_place *at,
                                     struct buffer *plain);

/* A part as it travels: card ‖ salt ‖ bytes. A sealed one is wrapped for the key that `m` certifies
 * now, or, with MEMBER_NONE, for every present reader's: whoever holds a part shares it with new
 * readers by serving it, or by making a bundle. ERR_NOTFOUND, ERR_CORRUPT, ERR_KEY (not ours to
 * share, or `m` has no certificate). */
MUST_CHECK enum err ledger_part_carry(struct ledger *l, const struct part_place *at,
                                      struct member_no m, struct buffer *out);
/* Stores a part of an act, which may not be in the log yet, unless it is there already: `bytes` as
 * stored must fit the reference (ERR_PROOF) and, sealed, open with a key of ours (ERR_KEY,
 * ERR_UNAUTHENTIC …); of the wraps ours alone is kept. ERR_NOTFOUND: it was erased here by order.
 * Store errors. */
MUST_CHECK enum err ledger_part_put(struct ledger *l, const struct part_place *at,
                                    struct part_wraps *wraps, const uint8_t salt[SALT_BYTES],
                                    struct span bytes);
/* Stores a part as it travelled, as above. ERR_NOTFOUND: the act is not held, or does not name it.
 * Errors of part_carried_decode. */
MUST_CHECK enum err ledger_part_take(struct ledger *l, const struct hash *commitment,
                                     struct span whole);
#endif
