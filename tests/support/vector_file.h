/* Files of the folder of vectors: $JIELI_VECTORS, else ../shared/vectors below the working
 * folder. */
#ifndef JIELI_TESTS_VECTOR_FILE_H
#define JIELI_TESTS_VECTOR_FILE_H

#include "crypto/bytes.h"

/* Skips the running test, with a printed message, where `name` is absent. */
void vector_require(const char *name);
/* Path of `name`; aborts when it does not fit. */
void vector_path(char *out, size_t out_bytes, const char *name);
/* Reads a whole file, NUL-terminated beyond out->len. False where it cannot be read. */
bool vector_read(struct buffer *out, const char *name);

#endif
