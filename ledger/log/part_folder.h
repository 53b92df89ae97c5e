/* Inside the parts of a home: one folder for each first byte of a commitment, opened without ever
 * following a symlink, and the small files of one part in it, told apart by their ending:
 *   <64 hex>         salt ‖ bytes as stored (part.h)
 *   <64 hex>.card    the act that names it, and its wraps (part_card.h)
 *   <64 hex>.erased  it was erased, and by which order (part_erase.h) */
#ifndef JIELI_LEDGER_LOG_PART_FOLDER_H
#define JIELI_LEDGER_LOG_PART_FOLDER_H

#include "crypto/bytes.h"

#define CARD_ENDING ".card"
#define ERASED_ENDING ".erased"
enum { PART_NAME_BYTES = 2 * HASH_BYTES + 8 };

/* The folder of a part, made durably first with `create`, and the name of its file with `ending`
 * ("" for the part itself). The caller closes *fd. ERR_NOTFOUND, ERR_IO, ERR_DISK_FULL,
 * ERR_PERMISSION (also a symlink in the place of a folder). */
MUST_CHECK enum err part_folder_open(const char *home, const struct hash *commitment,
                                     const char *ending, bool create, int *fd,
                                     char name[PART_NAME_BYTES]);
/* Writes the spans to a temporary file there, flushes it, renames it over `name`, flushes the
 * folder. A crash before the rename leaves a temporary file that nothing reads. */
MUST_CHECK enum err part_file_write(int folder, const char *name, const struct span *spans,
                                    unsigned count);
/* Opens a plain file of that name and tells its length. ERR_NOTFOUND; ERR_CORRUPT: it is none. */
MUST_CHECK enum err part_file_open(int folder, const char *name, int *fd, size_t *len);
MUST_CHECK enum err part_file_take(int fd, uint8_t *out, size_t len);
/* The whole of a small file. ERR_CORRUPT also when it is longer than `max`. */
MUST_CHECK enum err part_file_read(int folder, const char *name, size_t max, struct buffer *out);
/* Whether a plain file of that name is there. */
bool part_file_there(int folder, const char *name);
/* Removes it durably; fine when it is not there. */
MUST_CHECK enum err part_file_remove(int folder, const char *name);

#endif
