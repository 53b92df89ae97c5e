#include "ledger/log/part_erase.h"

#include <string.h>
#include <unistd.h>

#include "ledger/log/part_folder.h"

static enum err mark(const char *home, const struct hash *commitment, const struct hash *order)
{
    char name[PART_NAME_BYTES];
    uint8_t bytes[TAGGED_BYTES] = {ALG_SHA256};
    const struct span span = {bytes, sizeof bytes};
    int folder = -1;
    if (part_erased(home, commitment, NULL))
        return OK;
    memcpy(bytes + 1, order->b, HASH_BYTES);
    enum err err = part_folder_open(home, commitment, ERASED_ENDING, true, &folder, name);
    if (err == OK) {
        err = part_file_write(folder, name, &span, 1);
        close(folder);
    }
    return err;
}

static enum err drop(const char *home, const struct hash *commitment, const char *ending)
{
    char name[PART_NAME_BYTES];
    int folder = -1;
    enum err err = part_folder_open(home, commitment, ending, false, &folder, name);
    if (err != OK)
        return err;
    if (part_file_there(folder, name))
        err = part_file_remove(folder, name);
    close(folder);
    return err;
}

enum err part_erase(const char *home, const struct hash *commitment, const struct hash *order)
{
    enum err err = mark(home, commitment, order);
    if (err == OK)
        err = drop(home, commitment, "");
    if (err == OK)
        err = drop(home, commitment, CARD_ENDING);
    return err;
}

bool part_erased(const char *home, const struct hash *commitment, struct hash *order)
{
    char name[PART_NAME_BYTES];
    struct buffer bytes = {0};
    int folder = -1;
    if (part_folder_open(home, commitment, ERASED_ENDING, false, &folder, name) != OK)
        return false;
    bool erased = part_file_there(folder, name);
    if (erased && order != NULL &&
        part_file_read(folder, name, TAGGED_BYTES, &bytes) == OK && bytes.len == TAGGED_BYTES)
        memcpy(order->b, bytes.data + 1, HASH_BYTES);
    buffer_clear(&bytes);
    close(folder);
    return erased;
}
