#include "tests/support/flush_fault.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

unsigned flush_count, flush_failing;
int flush_errno;

int fdatasync(int fd)
{
    if (++flush_count == flush_failing) {
        errno = flush_errno;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}
