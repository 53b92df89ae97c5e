/* Short texts of the roster (names, posts, person numbers, codes) as they stand in CBOR. */
#ifndef JIELI_LEDGER_ROSTER_TEXT_H
#define JIELI_LEDGER_ROSTER_TEXT_H

#include "ledger/log/cbor.h"

/* Not empty, no control characters (below 0x20, 0x7f). */
bool text_check(const char *text);
/* Reads a text that passes text_check into `out`; else ERR_RANGE or ERR_TOO_LARGE sticks in c. */
void text_decode(struct cbor *c, char *out, size_t out_bytes);
/* Reads a text of the alphabet of member ids; else ERR_RANGE sticks. */
void text_decode_id(struct cbor *c, char *out, size_t out_bytes);
/* The next key of a map whose keys are all required; else ERR_FORMAT sticks. */
void map_expect(struct cbor *c, int64_t *previous, uint64_t key);

#endif
