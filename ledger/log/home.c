#include "ledger/log/home.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum err home_path(char *out, size_t out_bytes, const char *home, const char *name)
{
    int n = snprintf(out, out_bytes, "%s/%s", home, name);
    return n < 0 || (size_t)n >= out_bytes ? ERR_TOO_LARGE : OK;
}

static enum err pid_write(int fd)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n)
        return err_from_errno(errno);
    return OK;
}

enum err home_lock(const char *home, int *fd)
{
    char path[HOME_PATH_BYTES];
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    enum err err = home_path(path, sizeof path, home, "lock");
    if (err != OK)
        return err;
    int opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (opened < 0)
        return err_from_errno(errno);
    if (fcntl(opened, F_OFD_SETLK, &whole) != 0)
        err = errno == EAGAIN || errno == EACCES ? ERR_LOCKED : err_from_errno(errno);
    if (err == OK)
        err = pid_write(opened);
    if (err != OK) {
        close(opened);
        return err;
    }
    *fd = opened;
    return OK;
}

static enum err fd_read_all(int fd, size_t max, struct buffer *out)
{
    for (;;) {
        enum err err = buffer_reserve(out, 4096);
        if (err != OK)
            return err;
        ssize_t n = read(fd, out->data + out->len, out->cap - out->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_from_errno(errno);
        if (n == 0)
            return OK;
        out->len += (size_t)n;
        if (out->len > max)
            return ERR_TOO_LARGE;
    }
}

enum err file_read(const char *path, size_t max, struct buffer *out)
{
    buffer_reset(out);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_from_errno(errno);
    enum err err = fd_read_all(fd, max, out);
    close(fd);
    if (err != OK)
        buffer_reset(out);
    return err;
}

static enum err fd_write_all(int fd, struct span bytes)
{
    while (bytes.len != 0) {
        ssize_t n = write(fd, bytes.data, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_from_errno(errno);
        bytes.data += n;
        bytes.len -= (size_t)n;
    }
    return OK;
}

enum err folder_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_from_errno(errno);
    enum err err = fsync(fd) == 0 ? OK : err_from_errno(errno);
    close(fd);
    return err;
}

static enum err parent_sync(const char *path)
{
    char folder[HOME_PATH_BYTES];
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return folder_sync(".");
    size_t len = slash == path ? 1 : (size_t)(slash - path);
    if (len >= sizeof folder)
        return ERR_TOO_LARGE;
    memcpy(folder, path, len);
    folder[len] = '\0';
    return folder_sync(folder);
}

static enum err file_fill(int fd, struct span bytes, unsigned mode)
{
    enum err err = fchmod(fd, (mode_t)mode) == 0 ? OK : err_from_errno(errno);
    if (err == OK)
        err = fd_write_all(fd, bytes);
    if (err == OK && fsync(fd) != 0)
        err = err_from_errno(errno);
    if (close(fd) != 0 && err == OK)
        err = err_from_errno(errno);
    return err;
}

enum err file_replace(const char *path, struct span bytes, unsigned mode)
{
    char temporary[HOME_PATH_BYTES];
    int n = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    if (n < 0 || (size_t)n >= sizeof temporary)
        return ERR_TOO_LARGE;
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return err_from_errno(errno);
    enum err err = file_fill(fd, bytes, mode);
    if (err == OK && rename(temporary, path) != 0)
        err = err_from_errno(errno);
    if (err != OK) {
        unlink(temporary);
        return err;
    }
    return parent_sync(path);
}

enum err folder_create(const char *path, unsigned mode)
{
    struct stat st;
    if (mkdir(path, (mode_t)mode) == 0)
        return parent_sync(path);
    if (errno != EEXIST)
        return err_from_errno(errno);
    if (stat(path, &st) != 0)
        return err_from_errno(errno);
    return S_ISDIR(st.st_mode) ? OK : ERR_EXISTS;
}
