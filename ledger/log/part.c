#include "ledger/log/part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/sha256.h"

enum { HEX_BYTES = 2 * HASH_BYTES + 1, FOLDER_MODE = 0700, FILE_MODE = 0600 };

/* Where a part lives: its folder below `parts` and its file name there. */
struct part_name { char folder[3], file[HEX_BYTES]; };

void part_commitment(const uint8_t salt[SALT_BYTES], struct span bytes, struct hash *out)
{
    static const char label[] = "jieli/part/v1";
    const struct span spans[] = {span_of(label, sizeof label - 1), span_of(salt, SALT_BYTES),
                                 bytes};
    sha256_spans(spans, 3, out);
}

static enum err part_error(int errno_value)
{
    if (errno_value == ELOOP || errno_value == ENOTDIR)
        return ERR_PERMISSION;
    return err_from_errno(errno_value);
}

static enum err name_init(struct part_name *out, const struct hash *commitment)
{
    enum err e = hex_encode(out->file, sizeof out->file, span_of(commitment->b, HASH_BYTES));
    memcpy(out->folder, out->file, 2);
    out->folder[2] = 0;
    return e;
}

/* Opens `name` below `parent`, with `create` making it durably first. */
static enum err folder_open(int parent, const char *name, bool create, int *fd)
{
    if (create && mkdirat(parent, name, FOLDER_MODE) != 0 && errno != EEXIST)
        return part_error(errno);
    if (create && fsync(parent) != 0)
        return part_error(errno);
    *fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return *fd >= 0 ? OK : part_error(errno);
}

static enum err part_folder(const char *home, const struct part_name *name, bool create, int *fd)
{
    int parts = -1;
    int base = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (base < 0)
        return part_error(errno);
    enum err e = folder_open(base, "parts", create, &parts);
    close(base);
    if (e != OK)
        return e;
    e = folder_open(parts, name->folder, create, fd);
    close(parts);
    return e;
}

static enum err write_all(int fd, struct span bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.data, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? part_error(errno) : ERR_IO;
        bytes.data += n;
        bytes.len -= (size_t)n;
    }
    return OK;
}

static enum err read_all(int fd, uint8_t *out, size_t len)
{
    while (len > 0) {
        ssize_t n = read(fd, out, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? part_error(errno) : ERR_CORRUPT;
        out += n;
        len -= (size_t)n;
    }
    return OK;
}

static enum err temporary_name(char *out, size_t out_bytes)
{
    char hex[2 * NONCE_BYTES + 1];
    uint8_t nonce[NONCE_BYTES];
    random_bytes(nonce, sizeof nonce);
    enum err e = hex_encode(hex, sizeof hex, span_of(nonce, sizeof nonce));
    int len = snprintf(out, out_bytes, ".%s.tmp", hex);
    return len > 0 && (size_t)len < out_bytes ? e : ERR_TOO_LARGE;
}

static enum err file_fill(int fd, const uint8_t salt[SALT_BYTES], struct span bytes)
{
    enum err e = write_all(fd, span_of(salt, SALT_BYTES));
    if (e == OK)
        e = write_all(fd, bytes);
    if (e == OK && fsync(fd) != 0)
        e = part_error(errno);
    return e;
}

/* A crash before the rename leaves a temporary file that nothing reads; after it, a whole part. */
static enum err file_write(int folder, const char *name, const uint8_t salt[SALT_BYTES],
                           struct span bytes)
{
    char temporary[64];
    enum err e = temporary_name(temporary, sizeof temporary);
    if (e != OK)
        return e;
    int fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    FILE_MODE);
    if (fd < 0)
        return part_error(errno);
    e = file_fill(fd, salt, bytes);
    if (close(fd) != 0 && e == OK)
        e = part_error(errno);
    if (e == OK && renameat(folder, temporary, folder, name) != 0)
        e = part_error(errno);
    if (e != OK)
        unlinkat(folder, temporary, 0);
    else if (fsync(folder) != 0)
        e = part_error(errno);
    return e;
}

static enum err file_open(int folder, const char *name, int *fd, size_t *len)
{
    struct stat st;
    *fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (*fd < 0)
        return errno == ELOOP || errno == ENXIO ? ERR_CORRUPT : part_error(errno);
    if (fstat(*fd, &st) != 0)
        return part_error(errno);
    if (!S_ISREG(st.st_mode) || st.st_size < SALT_BYTES ||
        st.st_size > (off_t)SALT_BYTES + PART_MAX_BYTES)
        return ERR_CORRUPT;
    *len = (size_t)st.st_size - SALT_BYTES;
    return OK;
}

static enum err file_read_checked(int folder, const char *name, const struct hash *commitment,
                                  uint8_t salt[SALT_BYTES], struct buffer *bytes)
{
    int fd = -1;
    size_t len = 0;
    struct hash found;
    buffer_reset(bytes);
    enum err e = file_open(folder, name, &fd, &len);
    if (e == OK)
        e = buffer_reserve(bytes, len);
    if (e == OK)
        e = read_all(fd, salt, SALT_BYTES);
    if (e == OK)
        e = read_all(fd, bytes->data, len);
    if (e == OK) {
        part_commitment(salt, span_of(bytes->data, len), &found);
        e = hash_equal(&found, commitment) ? OK : ERR_CORRUPT;
    }
    if (e == OK)
        bytes->len = len;
    if (fd >= 0)
        close(fd);
    return e;
}

/* Whether the part is there whole; flushed again, as its first writer may have been cut short. */
static bool stored_already(int folder, const char *name, const struct hash *commitment)
{
    uint8_t salt[SALT_BYTES];
    struct buffer bytes = {0};
    bool whole = file_read_checked(folder, name, commitment, salt, &bytes) == OK;
    buffer_clear(&bytes);
    return whole && fsync(folder) == 0;
}

enum err part_store(const char *home, const uint8_t salt[SALT_BYTES], struct span bytes,
                    struct hash *commitment)
{
    struct part_name name;
    int folder = -1;
    if (bytes.len > PART_MAX_BYTES)
        return ERR_TOO_LARGE;
    part_commitment(salt, bytes, commitment);
    enum err e = name_init(&name, commitment);
    if (e == OK)
        e = part_folder(home, &name, true, &folder);
    if (e != OK)
        return e;
    if (!stored_already(folder, name.file, commitment))
        e = file_write(folder, name.file, salt, bytes);
    close(folder);
    return e;
}

enum err part_read(const char *home, const struct hash *commitment, uint8_t salt[SALT_BYTES],
                   struct buffer *bytes)
{
    struct part_name name;
    int folder = -1;
    buffer_reset(bytes);
    enum err e = name_init(&name, commitment);
    if (e == OK)
        e = part_folder(home, &name, false, &folder);
    if (e != OK)
        return e;
    e = file_read_checked(folder, name.file, commitment, salt, bytes);
    close(folder);
    return e;
}

bool part_held(const char *home, const struct hash *commitment)
{
    struct part_name name;
    struct stat st;
    int folder = -1;
    if (name_init(&name, commitment) != OK || part_folder(home, &name, false, &folder) != OK)
        return false;
    bool held = fstatat(folder, name.file, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
    close(folder);
    return held;
}
