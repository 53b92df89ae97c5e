#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/sha256.h"
#include "ledger/log/home.h"

/* Slots lie 4,096 bytes apart, so that no torn sector of a disk can spoil both. */
enum {
    SLOT_BYTES = 512,
    SLOT_STRIDE = 4096,
    SLOT_COUNT = 2,
    SLOT_SUM_AT = SLOT_BYTES - HASH_BYTES,
    FILE_BYTES = SLOT_COUNT * SLOT_STRIDE
};

static const uint8_t slot_magic[8] = {'J', 'L', 'H', 'E', 'A', 'D', '0', '1'};

struct last_head_file { int fd; };

struct slot { uint64_t sequence; bool present; struct last_head head; };

static void slot_encode(const struct slot *s, uint8_t out[SLOT_BYTES])
{
    struct hash sum;
    memset(out, 0, SLOT_BYTES);
    memcpy(out, slot_magic, 8);
    store_u64(out + 8, s->sequence);
    out[16] = s->present ? 1 : 0;
    store_u32(out + 17, s->head.epoch);
    store_u64(out + 21, s->head.size);
    out[29] = ALG_SHA256;
    memcpy(out + 30, s->head.root.b, HASH_BYTES);
    sha256(span_of(out, SLOT_SUM_AT), &sum);
    memcpy(out + SLOT_SUM_AT, sum.b, HASH_BYTES);
}

static bool slot_decode(struct slot *out, const uint8_t in[SLOT_BYTES])
{
    uint8_t again[SLOT_BYTES];
    *out = (struct slot){.sequence = load_u64(in + 8), .present = in[16] == 1};
    out->head.epoch = load_u32(in + 17);
    out->head.size = load_u64(in + 21);
    memcpy(out->head.root.b, in + 30, HASH_BYTES);
    slot_encode(out, again);
    return memcmp(in, again, SLOT_BYTES) == 0;
}

static enum err file_create(const char *path)
{
    uint8_t bytes[FILE_BYTES] = {0};
    const struct slot empty = {0};
    slot_encode(&empty, bytes);
    slot_encode(&empty, bytes + SLOT_STRIDE);
    return file_replace(path, span_of(bytes, sizeof bytes), 0600);
}

static enum err file_open(const char *path, int *out)
{
    struct stat st;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? ERR_NOTFOUND : err_from_errno(errno);
    enum err err = OK;
    if (fstat(fd, &st) != 0)
        err = err_from_errno(errno);
    else if (!S_ISREG(st.st_mode) || st.st_size != FILE_BYTES)
        err = ERR_CORRUPT;
    if (err != OK) {
        close(fd);
        return err;
    }
    *out = fd;
    return OK;
}

enum err last_head_open(struct last_head_file **out, const char *home, bool create)
{
    char path[HOME_PATH_BYTES];
    int fd = -1;
    enum err err = home_path(path, sizeof path, home, "last-head");
    if (err == OK)
        err = file_open(path, &fd);
    if (err == ERR_NOTFOUND && create) {
        err = file_create(path);
        if (err == OK)
            err = file_open(path, &fd);
    }
    if (err != OK)
        return err;
    struct last_head_file *f = calloc(1, sizeof *f);
    if (f == NULL) {
        close(fd);
        return ERR_NOMEM;
    }
    f->fd = fd;
    *out = f;
    return OK;
}

void last_head_close(struct last_head_file *f)
{
    if (f == NULL)
        return;
    close(f->fd);
    free(f);
}

static enum err slot_read(int fd, int n, struct slot *out)
{
    uint8_t bytes[SLOT_BYTES];
    ssize_t got = pread(fd, bytes, sizeof bytes, (off_t)n * SLOT_STRIDE);
    if (got < 0)
        return err_from_errno(errno);
    return got == SLOT_BYTES && slot_decode(out, bytes) ? OK : ERR_CORRUPT;
}

static enum err newest_slot(int fd, struct slot *out)
{
    struct slot slots[SLOT_COUNT];
    enum err found = ERR_CORRUPT;
    for (int i = 0; i < SLOT_COUNT; i++) {
        enum err err = slot_read(fd, i, &slots[i]);
        if (err != OK && err != ERR_CORRUPT)
            return err;
        if (err == OK && (found != OK || slots[i].sequence > out->sequence)) {
            *out = slots[i];
            found = OK;
        }
    }
    return found;
}

enum err last_head_read(struct last_head_file *f, struct last_head *out)
{
    struct slot newest = {0};
    enum err err = newest_slot(f->fd, &newest);
    if (err == OK && !newest.present)
        err = ERR_NOTFOUND;
    if (err == OK)
        *out = newest.head;
    return err;
}

enum err last_head_write(struct last_head_file *f, const struct last_head *head)
{
    struct slot newest = {0};
    uint8_t bytes[SLOT_BYTES];
    enum err err = newest_slot(f->fd, &newest);
    if (err != OK)
        return err;
    const struct slot next = {newest.sequence + 1, true, *head};
    slot_encode(&next, bytes);
    off_t at = (off_t)(next.sequence % SLOT_COUNT) * SLOT_STRIDE;
    ssize_t put = pwrite(f->fd, bytes, sizeof bytes, at);
    if (put != SLOT_BYTES)
        return put < 0 ? err_from_errno(errno) : ERR_IO;
    return fdatasync(f->fd) == 0 ? OK : err_from_errno(errno);
}
