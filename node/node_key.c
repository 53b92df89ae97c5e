#include "node/node_key.h"

#include <stdlib.h>
#include <unistd.h>

#include "crypto/keyfile.h"
#include "ledger/log/home.h"

static enum err secret_path(const char *home, const char *name, char *out, size_t out_bytes)
{
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    enum err err = OK;
    if (credentials != NULL) {
        err = home_path(out, out_bytes, credentials, name);
    }
    if (credentials == NULL || err != OK || access(out, F_OK) != 0) {
        err = home_path(out, out_bytes, home, name);
    }
    return err;
}

enum err node_key_path(const char *home, char *out, size_t out_bytes)
{
    return secret_path(home, "node.key", out, out_bytes);
}

enum err transport_key_path(const char *home, char *out, size_t out_bytes)
{
    return secret_path(home, "transport.key", out, out_bytes);
}

static enum err signing_load(const char *home, const char *name, struct signkey **out)
{
    char path[HOME_PATH_BYTES];
    uint8_t seed[32];
    enum err err = secret_path(home, name, path, sizeof path);
    if (err == OK) {
        err = keyfile_read(path, KEYFILE_ED25519, NULL, seed);
    }
    if (err == OK) {
        err = signkey_from_seed(out, seed);
    }
    wipe(seed, sizeof seed);
    return err;
}

enum err node_key_load(const char *home, struct signkey **out)
{
    return signing_load(home, "node.key", out);
}

enum err cosigner_key_load(const char *home, struct signkey **out)
{
    return signing_load(home, "cosigner.key", out);
}

enum err transport_key_load(const char *home, struct xkey *out)
{
    char path[HOME_PATH_BYTES];
    uint8_t secret[32];
    enum err err = transport_key_path(home, path, sizeof path);
    if (err == OK) {
        err = keyfile_read(path, KEYFILE_X25519, NULL, secret);
    }
    if (err == OK) {
        err = xkey_from_secret(out, secret);
    }
    wipe(secret, sizeof secret);
    return err;
}
