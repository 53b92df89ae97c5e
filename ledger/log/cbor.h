/* The strict subset of CBOR that Jieli speaks: deterministic encoding of RFC 8949 §4.2.1 only
 * (shortest heads, definite lengths, map keys in bytewise order, no duplicates), unsigned and
 * negative integers, byte and text strings (UTF-8 checked), arrays, maps, tags, true and false.
 * No floats, no null, no other simple values; map keys are integers or strings. Arrays, maps and
 * tags nest at most CBOR_MAX_DEPTH deep within one item, empty ones counted. */
#ifndef JIELI_LEDGER_LOG_CBOR_H
#define JIELI_LEDGER_LOG_CBOR_H

#include "crypto/bytes.h"

enum cbor_type { CBOR_UINT, CBOR_NEGINT, CBOR_BYTES, CBOR_TEXT, CBOR_ARRAY, CBOR_MAP, CBOR_TAG,
                 CBOR_BOOL };

/* Decoder over borrowed bytes. The first failure sticks in `err`; later reads return zeros. */
struct cbor { struct reader r; enum err err; };

void cbor_init(struct cbor *c, struct span bytes);
/* Type of the next item without consuming it; false at the end or after a failure. */
bool cbor_peek(struct cbor *c, enum cbor_type *type);
uint64_t cbor_uint(struct cbor *c);
int64_t cbor_int(struct cbor *c);                   /* either sign */
bool cbor_bool(struct cbor *c);
struct span cbor_bytes(struct cbor *c);
struct span cbor_text(struct cbor *c);              /* valid UTF-8, may hold no NUL */
uint64_t cbor_array(struct cbor *c, uint64_t max);  /* count; fails over max */
uint64_t cbor_map(struct cbor *c, uint64_t max);    /* pair count; fails over max */
uint64_t cbor_tag(struct cbor *c);
/* Consumes one whole item, checking all of it (nested maps' key order too); its bytes. */
struct span cbor_item(struct cbor *c);
/* The integer key of the next pair of a map whose keys are all unsigned integers: fails unless
 * greater than *previous (start with -1). */
uint64_t cbor_key(struct cbor *c, int64_t *previous);
/* OK when everything was read and nothing failed; else the first error, or ERR_FORMAT for bytes
 * left over. */
MUST_CHECK enum err cbor_end(const struct cbor *c);
static inline bool cbor_ok(const struct cbor *c) { return c->err == OK; }
void cbor_fail(struct cbor *c, enum err err);       /* keeps the first failure */
/* Copies a text item as a C string. ERR_TOO_LARGE sticks when it does not fit. */
void cbor_string(struct cbor *c, char *out, size_t out_bytes);
/* A byte string of `alg` and 32 bytes. ERR_FORMAT sticks for another length, ERR_UNSUPPORTED for
 * another algorithm. */
void cbor_tagged(struct cbor *c, uint8_t alg, uint8_t out[32]);
void cbor_fixed(struct cbor *c, void *out, size_t len);  /* byte string of exactly len */

/* Whether a text may stand in a text string: UTF-8 without NUL. */
bool cbor_text_valid(struct span text);

/* One whole well-formed deterministic item and nothing after it. */
MUST_CHECK enum err cbor_check(struct span bytes);

/* Encoder: appends to `out`; the first failure (ERR_NOMEM; ERR_FORMAT for text that is not UTF-8 or
 * holds a NUL) sticks in `err`. */
struct cbor_out { struct buffer *out; enum err err; };
void cbor_out_init(struct cbor_out *w, struct buffer *out);
void cbor_put_uint(struct cbor_out *w, uint64_t v);
void cbor_put_int(struct cbor_out *w, int64_t v);
void cbor_put_bool(struct cbor_out *w, bool v);
void cbor_put_bytes(struct cbor_out *w, struct span v);
void cbor_put_text(struct cbor_out *w, const char *v);
void cbor_put_text_span(struct cbor_out *w, struct span v);
void cbor_put_array(struct cbor_out *w, uint64_t count);
void cbor_put_map(struct cbor_out *w, uint64_t pairs);   /* caller writes keys in order */
void cbor_put_tag(struct cbor_out *w, uint64_t tag);
void cbor_put_item(struct cbor_out *w, struct span encoded);  /* an item already encoded */
void cbor_put_tagged(struct cbor_out *w, uint8_t alg, const uint8_t bytes[32]);

#endif
