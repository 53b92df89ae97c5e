#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/keyfile.h"
#include "ledger/log/home.h"
#include "net/config.h"
#include "tools/load/govern.h"

static enum err key_write(const char *home, const char *name, const struct signkey *key)
{
    char path[HOME_PATH_BYTES];
    uint8_t seed[32];
    enum err err = home_path(path, sizeof path, home, name);
    signkey_seed(key, seed);
    if (err == OK)
        err = keyfile_create(path, KEYFILE_ED25519, seed, NULL);
    wipe(seed, sizeof seed);
    return err;
}

static enum err xkey_write(const char *home, const char *name, const struct xkey *key)
{
    char path[HOME_PATH_BYTES];
    enum err err = home_path(path, sizeof path, home, name);
    return err == OK ? keyfile_create(path, KEYFILE_X25519, key->secret, NULL) : err;
}

static enum err config_make(const struct load *l, const char *home, unsigned member,
                            const char *listen, const char *peer)
{
    struct config *c = malloc(sizeof *c);
    if (c == NULL)
        return ERR_NOMEM;
    config_init(c);
    memcpy(c->member, l->members[member].id, sizeof c->member);
    c->has_ledger = true;
    c->ledger = l->ledger;
    if (listen != NULL)
        snprintf(c->listen[c->listen_count++], sizeof c->listen[0], "%s", listen);
    if (peer != NULL)
        snprintf(c->peers[c->peer_count++], sizeof c->peers[0], "%s", peer);
    enum err err = config_write(c, home);
    free(c);
    return err;
}

enum err load_home(const struct load *l, const char *home, unsigned member, const char *listen,
                   const char *peer)
{
    const struct load_member *m = &l->members[member];
    char path[HOME_PATH_BYTES];
    enum err err = folder_create(home, 0700);
    if (err == OK)
        err = home_path(path, sizeof path, home, "genesis");
    if (err == OK)
        err = file_replace(path, buffer_span(&l->genesis), 0600);
    if (err == OK)
        err = key_write(home, "node.key", m->node);
    if (err == OK)
        err = key_write(home, "cosigner.key", m->cosigner);
    if (err == OK)
        err = xkey_write(home, "transport.key", &m->transport);
    if (err == OK)
        err = xkey_write(home, "sealing.key", &m->sealing);
    return err == OK ? config_make(l, home, member, listen, peer) : err;
}

enum err load_found(struct load *l, struct ledger *to, unsigned member)
{
    const struct load_member *m = &l->members[member];
    enum err err = load_log_push(l, &l->members[0], &l->members[0].founding, 0, to);
    for (size_t i = 0; err == OK && i < m->founding.count; i++) {
        struct append item = {.entry = load_entry(&m->founding, i)};
        err = ledger_append(to, &item, 1);
        err = err == OK ? item.err : err;
    }
    return err;
}
