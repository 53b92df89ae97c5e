#include "tests/support/cluster_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/keyfile.h"
#include "crypto/sha256.h"
#include "ledger/log/home.h"
#include "net/config.h"

const char *const cluster_posts[OFFICER_COUNT] = {
    [OFFICER_ADMIN] = POST_ADMINISTRATOR, [OFFICER_HANDLER] = "经办人",
    [OFFICER_VERIFIER] = POST_VERIFIER,   [OFFICER_VERIFIER_2] = POST_VERIFIER,
    [OFFICER_DIRECTOR] = POST_DIRECTOR,   [OFFICER_ROOT] = "根签署人",
};

const char *const cluster_officer_names[OFFICER_COUNT] = {
    [OFFICER_ADMIN] = "admin",       [OFFICER_HANDLER] = "handler",
    [OFFICER_VERIFIER] = "verifier", [OFFICER_VERIFIER_2] = "verifier2",
    [OFFICER_DIRECTOR] = "director", [OFFICER_ROOT] = "root",
};

void cluster_demand(bool good, const char *what, const char *file, int line)
{
    if (!good) {
        fprintf(stderr, "%s:%d: cluster: not so: %s\n", file, line, what);
        abort();
    }
}

struct hash cluster_secret(const struct cluster *c, const char *id, const char *purpose)
{
    uint8_t seed[8];
    struct hash out;
    store_u64(seed, c->options.seed);
    const struct span spans[] = {span_of(seed, sizeof seed), span_of(id, strlen(id) + 1),
                                 span_of(purpose, strlen(purpose))};
    sha256_spans(spans, 3, &out);
    return out;
}

static struct signkey *key_of(const struct cluster *c, const char *id, const char *purpose)
{
    struct signkey *key = NULL;
    struct hash seed = cluster_secret(c, id, purpose);
    CLUSTER_DEMAND(signkey_from_seed(&key, seed.b) == OK);
    return key;
}

static void xkey_of(const struct cluster *c, const char *id, const char *purpose,
                    struct xkey *out)
{
    struct hash secret = cluster_secret(c, id, purpose);
    CLUSTER_DEMAND(xkey_from_secret(out, secret.b) == OK);
}

void cluster_keys_init(struct cluster *c, struct cluster_member *m)
{
    m->node = key_of(c, m->id, "node");
    m->cosigner = key_of(c, m->id, "cosigner");
    for (unsigned i = 0; i < OFFICER_COUNT; i++) {
        m->officers[i] = key_of(c, m->id, cluster_officer_names[i]);
    }
    xkey_of(c, m->id, "transport", &m->transport);
    xkey_of(c, m->id, "sealing", &m->sealing);
}

void cluster_keys_clear(struct cluster_member *m)
{
    signkey_free(m->node);
    signkey_free(m->cosigner);
    for (unsigned i = 0; i < OFFICER_COUNT; i++) {
        signkey_free(m->officers[i]);
    }
}

static void path_of(char out[HOME_PATH_BYTES], const char *home, const char *name)
{
    CLUSTER_DEMAND(home_path(out, HOME_PATH_BYTES, home, name) == OK);
}

static void sign_file(const char *home, const char *name, const struct signkey *key)
{
    char path[HOME_PATH_BYTES];
    uint8_t seed[32];
    path_of(path, home, name);
    signkey_seed(key, seed);
    CLUSTER_DEMAND(keyfile_create(path, KEYFILE_ED25519, seed, NULL) == OK);
}

static void x_file(const char *home, const char *name, const struct xkey *key)
{
    char path[HOME_PATH_BYTES];
    path_of(path, home, name);
    CLUSTER_DEMAND(keyfile_create(path, KEYFILE_X25519, key->secret, NULL) == OK);
}

static void officer_files(const struct cluster_member *m)
{
    char path[HOME_PATH_BYTES], name[64];
    path_of(path, m->home, "keys");
    CLUSTER_DEMAND(folder_create(path, 0700) == OK);
    for (unsigned i = 0; i < OFFICER_COUNT; i++) {
        snprintf(name, sizeof name, "keys/%s.key", cluster_officer_names[i]);
        sign_file(m->home, name, m->officers[i]);
    }
}

static void config_file(const struct cluster *c, const struct cluster_member *m)
{
    struct config config;
    config_init(&config);
    memcpy(config.member, m->id, sizeof config.member);
    config.has_ledger = true;
    config.ledger = c->ledger;
    CLUSTER_DEMAND(config_write(&config, m->home) == OK);
}

void cluster_home_create(struct cluster *c, struct cluster_member *m, struct span genesis)
{
    char path[HOME_PATH_BYTES];
    CLUSTER_DEMAND(folder_create(m->home, 0700) == OK);
    path_of(path, m->home, "genesis");
    CLUSTER_DEMAND(file_replace(path, genesis, 0600) == OK);
    sign_file(m->home, "node.key", m->node);
    sign_file(m->home, "cosigner.key", m->cosigner);
    x_file(m->home, "transport.key", &m->transport);
    x_file(m->home, "sealing.key", &m->sealing);
    config_file(c, m);
    if (c->options.key_files) {
        officer_files(m);
    }
}

static void address_of(char out[CONFIG_ADDRESS_BYTES], unsigned port)
{
    snprintf(out, CONFIG_ADDRESS_BYTES, "127.0.0.1:%u", port);
}

void cluster_configure(struct cluster *c, unsigned member, unsigned first_port)
{
    char path[HOME_PATH_BYTES];
    struct config config;
    struct config_error error;
    const struct cluster_member *m = &c->members[member];
    path_of(path, m->home, CONFIG_FILE);
    CLUSTER_DEMAND(config_read(&config, path, &error) == OK);
    config.listen_count = 1;
    address_of(config.listen[0], first_port + member);
    config.peer_count = member;
    for (unsigned i = 0; i < member; i++) {
        address_of(config.peers[i], first_port + i);
    }
    CLUSTER_DEMAND(config_write(&config, m->home) == OK);
}
