#include "node/node_key.h"

#include <stdlib.h>
#include <unistd.h>

#include "crypto/keyfile.h"
#include "ledger/log/home.h"

static const char NAME[] = "node.key";

enum err node_key_path(const char *home, char *out, size_t out_bytes)
{
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    enum err err = OK;
    if (credentials != NULL) {
        err = home_path(out, out_bytes, credentials, NAME);
    }
    if (credentials == NULL || err != OK || access(out, F_OK) != 0) {
        err = home_path(out, out_bytes, home, NAME);
    }
    return err;
}

enum err node_key_load(const char *home, struct signkey **out)
{
    char path[HOME_PATH_BYTES];
    uint8_t seed[32];
    enum err err = node_key_path(home, path, sizeof path);
    if (err == OK) {
        err = keyfile_read(path, KEYFILE_ED25519, NULL, seed);
    }
    if (err == OK) {
        err = signkey_from_seed(out, seed);
    }
    wipe(seed, sizeof seed);
    return err;
}
