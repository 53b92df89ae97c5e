#include "ledger/log/part.h"

#include <unistd.h>

#include "crypto/sha256.h"
#include "ledger/log/part_folder.h"

void part_commitment(const uint8_t salt[SALT_BYTES], struct span bytes, struct hash *out)
{
    static const char label[] = "jieli/part/v1";
    const struct span spans[] = {span_of(label, sizeof label - 1), span_of(salt, SALT_BYTES),
                                 bytes};
    sha256_spans(spans, 3, out);
}

static enum err read_checked(int fd, size_t len, const struct hash *commitment,
                             uint8_t salt[SALT_BYTES], struct buffer *bytes)
{
    struct hash found;
    if (len < SALT_BYTES || len > (size_t)SALT_BYTES + PART_MAX_BYTES)
        return ERR_CORRUPT;
    len -= SALT_BYTES;
    enum err e = buffer_reserve(bytes, len);
    if (e == OK)
        e = part_file_take(fd, salt, SALT_BYTES);
    if (e == OK)
        e = part_file_take(fd, bytes->data, len);
    if (e == OK) {
        part_commitment(salt, span_of(bytes->data, len), &found);
        e = hash_equal(&found, commitment) ? OK : ERR_CORRUPT;
    }
    if (e == OK)
        bytes->len = len;
    return e;
}

static enum err file_read_checked(int folder, const char *name, const struct hash *commitment,
                                  uint8_t salt[SALT_BYTES], struct buffer *bytes)
{
    int fd = -1;
    size_t len = 0;
    buffer_reset(bytes);
    enum err e = part_file_open(folder, name, &fd, &len);
    if (e == OK) {
        e = read_checked(fd, len, commitment, salt, bytes);
        close(fd);
    }
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
    char name[PART_NAME_BYTES];
    const struct span spans[] = {span_of(salt, SALT_BYTES), bytes};
    int folder = -1;
    if (bytes.len > PART_MAX_BYTES)
        return ERR_TOO_LARGE;
    part_commitment(salt, bytes, commitment);
    enum err e = part_folder_open(home, commitment, "", true, &folder, name);
    if (e != OK)
        return e;
    if (!stored_already(folder, name, commitment))
        e = part_file_write(folder, name, spans, 2);
    close(folder);
    return e;
}

enum err part_read(const char *home, const struct hash *commitment, uint8_t salt[SALT_BYTES],
                   struct buffer *bytes)
{
    char name[PART_NAME_BYTES];
    int folder = -1;
    buffer_reset(bytes);
    enum err e = part_folder_open(home, commitment, "", false, &folder, name);
    if (e != OK)
        return e;
    e = file_read_checked(folder, name, commitment, salt, bytes);
    close(folder);
    return e;
}

bool part_held(const char *home, const struct hash *commitment)
{
    char name[PART_NAME_BYTES];
    int folder = -1;
    if (part_folder_open(home, commitment, "", false, &folder, name) != OK)
        return false;
    bool held = part_file_there(folder, name);
    close(folder);
    return held;
}
