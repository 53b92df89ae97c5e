/* Loaded into jielid by LD_PRELOAD: journals every change below $POWER_HOME to $POWER_JOURNAL. A
 * record of a change stands before the change is made, one of a flush after it returned; a lock
 * over both keeps the order of the journal that of the disk. Files that are only mapped (LMDB's
 * lock file) and files of no name below the folder are not recorded. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/power/journal.h"
#include "tests/support/preload.h"

enum { FDS_MAX = 1024 };

struct file { bool used, folder, dsync; uint64_t inode; char path[PATH_MAX]; };

static struct file files[FDS_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int journal = -1;
static char home[PATH_MAX];

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("POWER_JOURNAL"), *folder = getenv("POWER_HOME");
    if (path == NULL || folder == NULL)
        return;
    snprintf(home, sizeof home, "%s/", folder);
    journal = (int)syscall(SYS_openat, AT_FDCWD, path,
                           O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (journal < 0)
        abort();
}

static void put(struct power_record r, const char *path, const char *other,
                const struct iovec *data, int count)
{
    struct iovec all[IOV_MAX];
    size_t len = 0;
    int n = 3;
    r.magic = POWER_MAGIC;
    r.path_len = (uint16_t)strlen(path);
    r.other_len = (uint16_t)strlen(other);
    all[0] = (struct iovec){&r, sizeof r};
    all[1] = (struct iovec){(char *)(uintptr_t)path, r.path_len};
    all[2] = (struct iovec){(char *)(uintptr_t)other, r.other_len};
    for (int i = 0; i < count && n < IOV_MAX; i++) {
        all[n++] = data[i];
        len += data[i].iov_len;
    }
    r.data_len = (uint32_t)len;
    len += sizeof r + r.path_len + r.other_len;
    if (n != count + 3 || syscall(SYS_writev, journal, all, n) != (long)len)
        abort();
}

/* The name below the folder; NULL: elsewhere. */
static const char *below(const char *path)
{
    size_t len = strlen(home);
    if (journal < 0 || strncmp(path, home, len) != 0)
        return journal >= 0 && strncmp(path, home, len - 1) == 0 && path[len - 1] == 0 ? "" : NULL;
    const char *name = path + len;
    return strcmp(name, "db/lock.mdb") == 0 || strstr(name, ".sock") != NULL ? NULL : name;
}

static const char *absolute(int folder, const char *path, char out[PATH_MAX])
{
    char link[64], base[PATH_MAX];
    if (path[0] == '/' || journal < 0)
        return path;
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    ssize_t n = folder == AT_FDCWD ? readlink("/proc/self/cwd", base, sizeof base - 1)
                                   : readlink(link, base, sizeof base - 1);
    base[n < 0 ? 0 : n] = 0;
    int len = snprintf(out, PATH_MAX, "%s/%s", base, path);
    return len < 0 || len >= PATH_MAX ? path : out;
}

static struct file *file_of(int fd)
{
    return fd >= 0 && fd < FDS_MAX && files[fd].used ? &files[fd] : NULL;
}

static int opened(int fd, const char *path, int flags, bool created)
{
    struct stat st;
    const char *name = below(path);
    if (fd < 0 || fd >= FDS_MAX || name == NULL || fstat(fd, &st) != 0)
        return fd;
    pthread_mutex_lock(&lock);
    struct file *f = &files[fd];
    *f = (struct file){.used = true, .folder = S_ISDIR(st.st_mode), .inode = st.st_ino,
                       .dsync = (flags & O_DSYNC) != 0};
    snprintf(f->path, sizeof f->path, "%s", name);
    if (!f->folder)
        put((struct power_record){.op = created ? POWER_CREATE : POWER_OPEN, .inode = f->inode},
            name, "", NULL, 0);
    if (!f->folder && !created && (flags & O_TRUNC) != 0)
        put((struct power_record){.op = POWER_LENGTH, .inode = f->inode}, "", "", NULL, 0);
    pthread_mutex_unlock(&lock);
    return fd;
}

static int open_at(int folder, const char *path, int flags, mode_t mode)
{
    char room[PATH_MAX];
    struct stat st;
    const char *whole = absolute(folder, path, room);
    const bool creates = (flags & O_CREAT) != 0 && lstat(whole, &st) != 0;
    return opened(REAL(openat)(folder, path, flags, mode), whole, flags, creates);
}

static mode_t mode_of(int flags, va_list list)
{
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(list, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    mode_t mode = mode_of(flags, list);
    va_end(list);
    return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    mode_t mode = mode_of(flags, list);
    va_end(list);
    return open_at(folder, path, flags, mode);
}

int mkostemp(char *pattern, int flags)
{
    int fd = REAL(mkostemp)(pattern, flags);
    return opened(fd, pattern, flags, true);
}

int close(int fd)
{
    pthread_mutex_lock(&lock);
    if (file_of(fd) != NULL)
        files[fd].used = false;
    pthread_mutex_unlock(&lock);
    return REAL(close)(fd);
}

/* ---- writes ---- */

static ssize_t total(const struct iovec *data, int count)
{
    size_t len = 0;
    for (int i = 0; i < count; i++)
        len += data[i].iov_len;
    return (ssize_t)len;
}

/* Journals, writes at `offset` (negative: where the descriptor stands), and must write all. */
static ssize_t write_at(int fd, const struct iovec *data, int count, off_t offset)
{
    pthread_mutex_lock(&lock);
    const struct file *f = file_of(fd);
    if (f != NULL) {
        const off_t at = offset >= 0 ? offset : lseek(fd, 0, SEEK_CUR);
        put((struct power_record){.op = POWER_WRITE, .flags = f->dsync ? POWER_DSYNC : 0,
                                  .inode = f->inode, .offset = (uint64_t)at},
            "", "", data, count);
    }
    ssize_t n = offset >= 0 ? REAL(pwritev)(fd, data, count, offset)
                            : REAL(writev)(fd, data, count);
    if (f != NULL && n != total(data, count))
        abort();
    if (f != NULL && f->dsync)
        put((struct power_record){.op = POWER_DONE, .inode = f->inode}, "", "", NULL, 0);
    pthread_mutex_unlock(&lock);
    return n;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    const struct iovec one = {(void *)(uintptr_t)bytes, len};
    return file_of(fd) == NULL ? REAL(write)(fd, bytes, len) : write_at(fd, &one, 1, -1);
}

ssize_t writev(int fd, const struct iovec *data, int count)
{
    return file_of(fd) == NULL ? REAL(writev)(fd, data, count) : write_at(fd, data, count, -1);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    const struct iovec one = {(void *)(uintptr_t)bytes, len};
    return file_of(fd) == NULL ? REAL(pwrite)(fd, bytes, len, offset)
                               : write_at(fd, &one, 1, offset);
}

ssize_t pwritev(int fd, const struct iovec *data, int count, off_t offset)
{
    return file_of(fd) == NULL ? REAL(pwritev)(fd, data, count, offset)
                               : write_at(fd, data, count, offset);
}

int ftruncate(int fd, off_t length)
{
    pthread_mutex_lock(&lock);
    const struct file *f = file_of(fd);
    if (f != NULL)
        put((struct power_record){.op = POWER_LENGTH, .inode = f->inode,
                                  .offset = (uint64_t)length}, "", "", NULL, 0);
    int rc = REAL(ftruncate)(fd, length);
    pthread_mutex_unlock(&lock);
    return rc;
}

/* ---- flushes ---- */

static int flush(int fd, int (*call)(int fd))
{
    pthread_mutex_lock(&lock);
    const struct file *f = file_of(fd);
    int rc = call(fd);
    if (f != NULL && rc == 0 && f->folder)
        put((struct power_record){.op = POWER_SYNC_FOLDER}, f->path, "", NULL, 0);
    else if (f != NULL && rc == 0)
        put((struct power_record){.op = POWER_SYNC, .inode = f->inode}, "", "", NULL, 0);
    pthread_mutex_unlock(&lock);
    return rc;
}

int fsync(int fd)
{
    return flush(fd, REAL(fsync));
}

int fdatasync(int fd)
{
    return flush(fd, REAL(fdatasync));
}

/* A store that is mapped for writing would need another recorder. */
int msync(void *at, size_t len, int flags)
{
    (void)at;
    (void)len;
    (void)flags;
    abort();
}

/* ---- names ---- */

static void name_changed(enum power_op op, const char *path, const char *other)
{
    const char *a = below(path), *b = other == NULL ? "" : below(other);
    if (a != NULL && b != NULL)
        put((struct power_record){.op = (uint8_t)op}, a, b, NULL, 0);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    char a[PATH_MAX], b[PATH_MAX];
    pthread_mutex_lock(&lock);
    name_changed(POWER_RENAME, absolute(from_folder, from, a), absolute(to_folder, to, b));
    int rc = REAL(renameat)(from_folder, from, to_folder, to);
    pthread_mutex_unlock(&lock);
    return rc;
}

int rename(const char *from, const char *to)
{
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int unlinkat(int folder, const char *path, int flags)
{
    char room[PATH_MAX];
    pthread_mutex_lock(&lock);
    int rc = REAL(unlinkat)(folder, path, flags);
    if (rc == 0)
        name_changed(POWER_UNLINK, absolute(folder, path, room), NULL);
    pthread_mutex_unlock(&lock);
    return rc;
}

int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int mkdirat(int folder, const char *path, mode_t mode)
{
    char room[PATH_MAX];
    pthread_mutex_lock(&lock);
    int rc = REAL(mkdirat)(folder, path, mode);
    if (rc == 0)
        name_changed(POWER_MKDIR, absolute(folder, path, room), NULL);
    pthread_mutex_unlock(&lock);
    return rc;
}

int mkdir(const char *path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}
