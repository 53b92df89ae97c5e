#include "node/node_key.h"

#include <stdlib.h>
#include <unistd.h>

#include "crypto/keyfile.h"
#include "ledger/log/home.h"

static const char NAME[] = "node.key";

enum err node_key_load(const char *home, struct signkey **out)
{
    char path[HOME_PATH_BYTES];
    uint8_t seed[32];
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    enum err err = OK;
    if (credentials != NULL) {
        err = home_path(path, sizeof path, credentials, NAME);
    }
    if (credentials == NULL || err != OK || access(path, F_OK) != 0) {
        err = home_path(path, sizeof path, home, NAME);
    }
    if (err == OK) {
        err = keyfile_read(path, KEYFILE_ED25519, NULL, seed);
    }
    if (err == OK) {
        err = signkey_from_seed(out, seed);
    }
    wipe(seed, sizeof seed);
    return err;
}
