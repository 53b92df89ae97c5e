#include "ledger/log/part_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/keys.h"

enum { FOLDER_MODE = 0700, FILE_MODE = 0600 };

static enum err part_error(int errno_value)
{
    if (errno_value == ELOOP || errno_value == ENOTDIR)
        return ERR_PERMISSION;
    return err_from_errno(errno_value);
}

static enum err folder_open(int parent, const char *name, bool create, int *fd)
{
    if (create && mkdirat(parent, name, FOLDER_MODE) != 0 && errno != EEXIST)
        return part_error(errno);
    if (create && fsync(parent) != 0)
        return part_error(errno);
    *fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return *fd >= 0 ? OK : part_error(errno);
}

enum err part_folder_open(const char *home, const struct hash *commitment, const char *ending,
                          bool create, int *fd, char name[PART_NAME_BYTES])
{
    char folder[3];
    int parts = -1;
    enum err e = hex_encode(name, PART_NAME_BYTES, span_of(commitment->b, HASH_BYTES));
    if (e != OK)
        return e;
    snprintf(folder, sizeof folder, "%.2s", name);
    snprintf(name + 2 * HASH_BYTES, PART_NAME_BYTES - 2 * HASH_BYTES, "%s", ending);
    int base = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (base < 0)
        return part_error(errno);
    e = folder_open(base, "parts", create, &parts);
    close(base);
    if (e != OK)
        return e;
    e = folder_open(parts, folder, create, fd);
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

enum err part_file_take(int fd, uint8_t *out, size_t len)
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

static enum err file_fill(int fd, const struct span *spans, unsigned count)
{
    enum err e = OK;
    for (unsigned i = 0; e == OK && i < count; i++)
        e = write_all(fd, spans[i]);
    if (e == OK && fsync(fd) != 0)
        e = part_error(errno);
    return e;
}

enum err part_file_write(int folder, const char *name, const struct span *spans, unsigned count)
{
    char temporary[64];
    enum err e = temporary_name(temporary, sizeof temporary);
    if (e != OK)
        return e;
    int fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    FILE_MODE);
    if (fd < 0)
        return part_error(errno);
    e = file_fill(fd, spans, count);
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

enum err part_file_open(int folder, const char *name, int *fd, size_t *len)
{
    struct stat st;
    *fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (*fd < 0)
        return errno == ELOOP || errno == ENXIO ? ERR_CORRUPT : part_error(errno);
    enum err e = fstat(*fd, &st) != 0 ? part_error(errno) : OK;
    if (e == OK && (!S_ISREG(st.st_mode) || st.st_size < 0))
        e = ERR_CORRUPT;
    if (e == OK)
        *len = (size_t)st.st_size;
    else
        close(*fd);
    return e;
}

enum err part_file_read(int folder, const char *name, size_t max, struct buffer *out)
{
    int fd = -1;
    size_t len = 0;
    buffer_reset(out);
    enum err e = part_file_open(folder, name, &fd, &len);
    if (e != OK)
        return e;
    e = len > max ? ERR_CORRUPT : buffer_reserve(out, len);
    if (e == OK)
        e = part_file_take(fd, out->data, len);
    if (e == OK)
        out->len = len;
    close(fd);
    return e;
}

bool part_file_there(int folder, const char *name)
{
    struct stat st;
    return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

enum err part_file_remove(int folder, const char *name)
{
    if (unlinkat(folder, name, 0) != 0 && errno != ENOENT)
        return part_error(errno);
    return fsync(folder) == 0 ? OK : part_error(errno);
}
