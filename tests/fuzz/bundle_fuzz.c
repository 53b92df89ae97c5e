/* Any file is read to a verdict; a good end means that writing its frames anew gives the same
 * file. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "net/bundle.h"
#include "net/bundle_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int memory_file(const uint8_t *data, size_t size, char path[64])
{
    int fd = memfd_create("bundle", 0);
    assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

static void frame_add(struct buffer *out, struct span frame)
{
    assert(buffer_put_u32(out, (uint32_t)frame.len) == OK);
    assert(buffer_put(out, frame.data, frame.len) == OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    struct bundle_reader *b;
    struct span frame;
    struct buffer again = {0};
    int fd = memory_file(data, size, path);
    enum err err = bundle_open(&b, path);
    if (err == OK) {
        size_t head = strlen(BUNDLE_MAGIC) + 4;
        assert(buffer_put(&again, data, head + load_u32(data + head - 4)) == OK);
        while ((err = bundle_next(b, &frame)) == OK)
            frame_add(&again, frame);
        if (err == ERR_NOTFOUND) {
            assert(again.len + 4 + HASH_BYTES == size);
            assert(memcmp(again.data, data, again.len) == 0);
        }
        bundle_close(b);
    }
    buffer_clear(&again);
    close(fd);
    return 0;
}
