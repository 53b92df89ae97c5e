/* Entries made from fixed seeds, nonces and times, the same in every run. */
#ifndef JIELI_TESTS_SUPPORT_ENTRY_SAMPLE_H
#define JIELI_TESTS_SUPPORT_ENTRY_SAMPLE_H

#include "ledger/log/entry.h"

enum entry_sample { SAMPLE_LEAST, SAMPLE_OFFER, SAMPLE_FULL, SAMPLE_COUNT };

const char *entry_sample_name(enum entry_sample which);
/* 32 equal bytes. */
struct hash entry_sample_hash(uint8_t byte);
struct hash entry_sample_ledger(void);
/* The key whose seed is 32 bytes `seed`; aborts without memory. */
struct signkey *entry_sample_key(uint8_t seed);
/* Appends the payload and the whole entry to their buffers; either may be NULL. */
MUST_CHECK enum err entry_sample_encode(enum entry_sample which, struct buffer *payload,
                                        struct buffer *bytes);

#endif
