#include "ledger/log/keyring.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/keyfile.h"
#include "ledger/log/home.h"

/* Numbers are looked for up to here: each rotation takes the next one free. */
enum { NUMBER_MAX = 64 };

static enum err path_of(const char *home, unsigned number, char out[HOME_PATH_BYTES])
{
    char name[sizeof "sealing.key." + 10];
    snprintf(name, sizeof name, number == 0 ? "sealing.key" : "sealing.key.%u", number);
    return home_path(out, HOME_PATH_BYTES, home, name);
}

static enum err take(const char *home, unsigned number, struct keyring *out)
{
    char path[HOME_PATH_BYTES];
    uint8_t secret[32];
    if (out->count == KEYRING_MAX)
        return ERR_TOO_LARGE;
    enum err err = path_of(home, number, path);
    if (err == OK)
        err = keyfile_read(path, KEYFILE_X25519, NULL, secret);
    if (err == OK)
        err = xkey_from_secret(&out->keys[out->count], secret);
    if (err == OK)
        out->numbers[out->count++] = number;
    wipe(secret, sizeof secret);
    return err == ERR_NOTFOUND ? OK : err;
}

enum err keyring_load(const char *home, struct keyring *out)
{
    memset(out, 0, sizeof *out);
    enum err err = take(home, 0, out);
    for (unsigned i = NUMBER_MAX; err == OK && i > 0; i--) {
        char path[HOME_PATH_BYTES];
        err = path_of(home, i, path);
        if (err == OK && access(path, F_OK) == 0)
            err = take(home, i, out);
    }
    return err;
}

void keyring_clear(struct keyring *ring)
{
    for (unsigned i = 0; i < ring->count; i++)
        xkey_clear(&ring->keys[i]);
    ring->count = 0;
}

const struct xkey *keyring_find(const struct keyring *ring, const struct xpubkey *pub)
{
    for (unsigned i = 0; i < ring->count; i++) {
        if (memcmp(ring->keys[i].pub.b, pub->b, PUBKEY_BYTES) == 0)
            return &ring->keys[i];
    }
    return NULL;
}

static enum err create(const char *path)
{
    uint8_t secret[32];
    if (unlink(path) != 0 && errno != ENOENT)
        return err_from_errno(errno);
    random_bytes(secret, sizeof secret);
    enum err err = keyfile_create(path, KEYFILE_X25519, secret, NULL);
    wipe(secret, sizeof secret);
    return err;
}

enum err keyring_rotate(const char *home)
{
    struct keyring ring;
    char present[HOME_PATH_BYTES], old[HOME_PATH_BYTES], next[HOME_PATH_BYTES];
    enum err err = keyring_load(home, &ring);
    unsigned number = 1;
    for (unsigned i = 0; i < ring.count; i++)
        number = ring.numbers[i] >= number ? ring.numbers[i] + 1 : number;
    if (err == OK && (ring.count == KEYRING_MAX || number > NUMBER_MAX))
        err = ERR_TOO_LARGE;
    keyring_clear(&ring);
    if (err == OK)
        err = path_of(home, 0, present);
    if (err == OK)
        err = path_of(home, number, old);
    if (err == OK)
        err = home_path(next, sizeof next, home, "sealing.key.next");
    if (err == OK)
        err = create(next);
    if (err == OK && link(present, old) != 0 && errno != ENOENT)
        err = err_from_errno(errno);
    if (err == OK)
        err = folder_sync(home);
    if (err == OK && rename(next, present) != 0)
        err = err_from_errno(errno);
    return err == OK ? folder_sync(home) : err;
}

enum err keyring_retire(const char *home, const struct keyring *ring)
{
    char path[HOME_PATH_BYTES];
    enum err err = OK;
    for (unsigned i = 0; err == OK && i < ring->count; i++) {
        if (ring->numbers[i] == 0)
            continue;
        err = path_of(home, ring->numbers[i], path);
        if (err == OK && unlink(path) != 0 && errno != ENOENT)
            err = err_from_errno(errno);
    }
    return err == OK ? folder_sync(home) : err;
}
