#include "net/bundle_file.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/sha256.h"
#include "ledger/log/home.h"

enum { SYNC_BYTES = 8 * 1024 * 1024 };    /* so that the last flush of a large file is short */

void bundle_chain_start(struct hash *h)
{
    sha256(span_of(BUNDLE_MAGIC, strlen(BUNDLE_MAGIC)), h);
}

void bundle_chain_add(struct hash *h, struct span frame)
{
    uint8_t length[4];
    store_u32(length, (uint32_t)frame.len);
    const struct span all[] = {span_of(h->b, HASH_BYTES), span_of(length, 4), frame};
    struct hash next;
    sha256_spans(all, 3, &next);
    *h = next;
}

static enum err bytes_write(struct bundle_file *f, const void *bytes, size_t len)
{
    return fwrite(bytes, 1, len, f->file) == len ? OK : err_from_errno(errno);
}

enum err bundle_file_open(struct bundle_file *f, const char *path)
{
    *f = (struct bundle_file){.path = strdup(path)};
    if (f->path == NULL || asprintf(&f->temporary, "%s.XXXXXX", path) < 0) {
        free(f->path);
        *f = (struct bundle_file){0};
        return ERR_NOMEM;
    }
    bundle_chain_start(&f->chain);
    int fd = mkstemp(f->temporary);
    if (fd >= 0 && (f->file = fdopen(fd, "wb")) == NULL)
        close(fd);
    enum err err = f->file == NULL ? err_from_errno(errno)
                                   : bytes_write(f, BUNDLE_MAGIC, strlen(BUNDLE_MAGIC));
    if (err != OK)
        bundle_file_drop(f);
    return err;
}

enum err bundle_file_put(struct bundle_file *f, struct span frame)
{
    uint8_t length[4];
    store_u32(length, (uint32_t)frame.len);
    enum err err = bytes_write(f, length, sizeof length);
    if (err == OK)
        err = bytes_write(f, frame.data, frame.len);
    f->unsynced += frame.len;
    if (err == OK && f->unsynced >= SYNC_BYTES) {
        f->unsynced = 0;
        if (fflush(f->file) != 0 || fdatasync(fileno(f->file)) != 0)
            err = err_from_errno(errno);
    }
    bundle_chain_add(&f->chain, frame);
    return err;
}

static enum err finish(struct bundle_file *f)
{
    uint8_t end[4 + HASH_BYTES] = {0};
    memcpy(end + 4, f->chain.b, HASH_BYTES);
    enum err err = bytes_write(f, end, sizeof end);
    if (err == OK && (fflush(f->file) != 0 || fsync(fileno(f->file)) != 0))
        err = err_from_errno(errno);
    return err;
}

static void file_clear(struct bundle_file *f)
{
    free(f->path);
    free(f->temporary);
    *f = (struct bundle_file){0};
}

void bundle_file_drop(struct bundle_file *f)
{
    if (f->file != NULL)
        fclose(f->file);
    unlink(f->temporary);
    file_clear(f);
}

enum err bundle_file_close(struct bundle_file *f)
{
    enum err err = finish(f);
    if (fclose(f->file) != 0 && err == OK)
        err = err_from_errno(errno);
    f->file = NULL;
    if (err == OK && rename(f->temporary, f->path) != 0)
        err = err_from_errno(errno);
    if (err != OK) {
        bundle_file_drop(f);
        return err;
    }
    err = folder_sync(dirname(f->path));
    file_clear(f);
    return err;
}
