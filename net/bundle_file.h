/* The frame layer of bundle files, writing side, and its running hash. */
#ifndef JIELI_NET_BUNDLE_FILE_H
#define JIELI_NET_BUNDLE_FILE_H

#include <stdio.h>

#include "crypto/bytes.h"

#define BUNDLE_MAGIC "jieli-bundle/1\n"

/* h of net/bundle.h: over the first line, then over each frame. */
void bundle_chain_start(struct hash *h);
void bundle_chain_add(struct hash *h, struct span frame);

struct bundle_file {
    FILE *file;
    char *path, *temporary;
    struct hash chain;
    size_t unsynced;
};
/* ERR_IO, ERR_PERMISSION, ERR_NOTFOUND (folder), ERR_DISK_FULL, ERR_NOMEM, as all below. */
MUST_CHECK enum err bundle_file_open(struct bundle_file *f, const char *path);
MUST_CHECK enum err bundle_file_put(struct bundle_file *f, struct span frame);
/* Ends, flushes, renames into place and flushes the folder; closed in every case. */
MUST_CHECK enum err bundle_file_close(struct bundle_file *f);
/* Closes and removes what was written. */
void bundle_file_drop(struct bundle_file *f);

#endif
