/* Strict UTF-8 (Unicode 15, table 3-7): no overlong form, no surrogate, nothing over U+10FFFF. */
#ifndef JIELI_CRYPTO_UTF8_H
#define JIELI_CRYPTO_UTF8_H

#include "crypto/bytes.h"

/* The next code point; fails the reader on a malformed one and then returns 0. */
uint32_t utf8_read(struct reader *r);

bool utf8_check(struct span text);

#endif
