/* The folder of a node: its files, the lock that lets one writer run, the last-head store.
 *
 *   jieli.conf  genesis  node.key  cosigner.key  transport.key  sealing.key  lock
 *   db/data.mdb  last-head  parts/  folders/  jielid.sock */
#ifndef JIELI_LEDGER_LOG_HOME_H
#define JIELI_LEDGER_LOG_HOME_H

#include "crypto/note.h"

/* Room for any path of the program, its NUL included. */
enum { HOME_PATH_BYTES = 4096 };

/* Joins home and name. ERR_TOO_LARGE. */
MUST_CHECK enum err home_path(char *out, size_t out_bytes, const char *home, const char *name);
/* Takes the instance lock (open file description lock on `lock`, pid written for people).
 * ERR_LOCKED when another process has it. *fd is closed by the caller to release. */
MUST_CHECK enum err home_lock(const char *home, int *fd);
/* Whole file into out (what it held is dropped), at most max bytes. ERR_TOO_LARGE over that. */
MUST_CHECK enum err file_read(const char *path, size_t max, struct buffer *out);
/* Temporary file in the same folder, flush, rename, flush the folder. */
MUST_CHECK enum err file_replace(const char *path, struct span bytes, unsigned mode);
MUST_CHECK enum err folder_create(const char *path, unsigned mode);   /* fine if there */
MUST_CHECK enum err folder_sync(const char *path);   /* makes its names durable */

/* The last head that was published, in a file of two 512-byte slots, 4,096 bytes apart, written in
 * turn, each with its sequence number and SHA-256, in place and with one fdatasync. A torn write
 * spoils only the slot being written, whose head was not yet published. No backup or restore
 * touches the file. */
struct last_head { uint32_t epoch; uint64_t size; struct hash root; };
struct last_head_file;
/* ERR_NOTFOUND without `create`; ERR_CORRUPT for a file of another size. */
MUST_CHECK enum err last_head_open(struct last_head_file **out, const char *home, bool create);
void last_head_close(struct last_head_file *f);
/* ERR_NOTFOUND when nothing was ever published; ERR_CORRUPT when neither slot holds. */
MUST_CHECK enum err last_head_read(struct last_head_file *f, struct last_head *out);
MUST_CHECK enum err last_head_write(struct last_head_file *f, const struct last_head *head);

#endif
