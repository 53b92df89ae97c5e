/* Loaded into jielid by LD_PRELOAD: a mount that hangs, made without one. What touches a path below
 * $HUNG_FOLDER waits for as long as somebody holds the lock (flock) of the file $HUNG_LOCK. The
 * first thread, which in jielid is the ledger's, must never touch one: the process then aborts. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/support/preload.h"

static void hang(const char *path)
{
    const char *folder = getenv("HUNG_FOLDER"), *lock = getenv("HUNG_LOCK");
    if (folder == NULL || lock == NULL || strncmp(path, folder, strlen(folder)) != 0)
        return;
    if (gettid() == getpid())
        abort();
    int fd = (int)syscall(SYS_openat, AT_FDCWD, lock, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || flock(fd, LOCK_SH) != 0)
        abort();
    syscall(SYS_close, fd);
}

static void hang_of(int fd)
{
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path - 1);
    path[len < 0 ? 0 : len] = '\0';
    hang(path);
}

int open(const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(list, mode_t) : 0;
    va_end(list);
    hang(path);
    return REAL(open)(path, flags, mode);
}

DIR *opendir(const char *path)
{
    hang(path);
    return REAL(opendir)(path);
}

struct dirent *readdir(DIR *dir)
{
    hang_of(dirfd(dir));
    return REAL(readdir)(dir);
}

int mkstemp(char *pattern)
{
    hang(pattern);
    return REAL(mkstemp)(pattern);
}

int rename(const char *from, const char *to)
{
    hang(from);
    return REAL(rename)(from, to);
}

int unlink(const char *path)
{
    hang(path);
    return REAL(unlink)(path);
}

int stat(const char *restrict path, struct stat *restrict out)
{
    hang(path);
    return REAL(stat)(path, out);
}

int lstat(const char *restrict path, struct stat *restrict out)
{
    hang(path);
    return REAL(lstat)(path, out);
}

int mkdir(const char *path, mode_t mode)
{
    hang(path);
    return REAL(mkdir)(path, mode);
}

int chmod(const char *path, mode_t mode)
{
    hang(path);
    return REAL(chmod)(path, mode);
}

int fsync(int fd)
{
    hang_of(fd);
    return REAL(fsync)(fd);
}

int fdatasync(int fd)
{
    hang_of(fd);
    return REAL(fdatasync)(fd);
}
