#include <string.h>

#include "ledger/log/home.h"
#include "ledger/roster/genesis.h"
#include "node/access.h"
#include "node/failure.h"
#include "node/node.h"
#include "node/node_key.h"

static enum err check_genesis(const struct node_options *o)
{
    char path[HOME_PATH_BYTES];
    struct genesis genesis;
    struct buffer bytes = {0};
    enum err err = home_path(path, sizeof path, o->home, "genesis");
    if (err == OK) {
        err = file_read(path, GENESIS_MAX_BYTES, &bytes);
    }
    if (err == OK) {
        err = genesis_decode(&genesis, buffer_span(&bytes));
    }
    if (err == OK && o->config->has_ledger &&
        !hash_equal(&genesis.ledger, &o->config->ledger)) {
        err = ERR_WRONG_LEDGER;
    }
    buffer_clear(&bytes);
    return failure_report(o->logger, "genesis", path, err);
}

static enum err check_key(const struct node_options *o)
{
    struct signkey *key = NULL;
    enum err err = node_key_load(o->home, &key);
    signkey_free(key);
    return failure_report(o->logger, "key", "node.key", err);
}

enum err node_check(const struct node_options *options)
{
    struct access access;
    const char *unknown = "";
    enum err err = access_init(&access, options->config, &unknown);
    (void)failure_report(options->logger, "unknown-user", unknown, err);
    if (err == OK) {
        err = check_genesis(options);
    }
    return err == OK ? check_key(options) : err;
}
