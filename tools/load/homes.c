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

/* ---- packages from memory ---- */

static enum err memory_read(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    const struct load_member *m = ctx;
    if (level >= 8) {
        uint64_t width = (uint64_t)1 << (level - 8);
        merkle_root(m->bundle_roots + index * width, width, out);
    } else {
        merkle_root(m->leaves + (index << level), (uint64_t)1 << level, out);
    }
    return OK;
}

static enum err package_make(struct load_member *m, uint64_t start, struct package *p)
{
    const struct hash_reader r = {.ctx = m, .read = memory_read};
    uint64_t end = start + PACKAGE_ENTRIES < m->count ? start + PACKAGE_ENTRIES : m->count;
    memset(p, 0, sizeof *p);
    memcpy(p->member, m->id, sizeof p->member);
    p->start = start;
    p->tree_size = m->count;
    p->count = (unsigned)(end - start);
    for (unsigned i = 0; i < p->count; i++)
        p->entries[i] = load_entry(m, (size_t)start + i);
    return merkle_subtree(&r, start, end, m->count, &p->proof);
}

static enum err head_make(const struct load *l, const struct load_member *m, struct buffer *note)
{
    struct checkpoint head = {.size = m->count};
    enum err err = log_origin("load.example", &l->ledger, m->id, 0, head.origin);
    frontier_root(&m->frontier, &head.root);
    return err == OK ? checkpoint_sign(&head, m->node, note) : err;
}

static enum err push_log(const struct load *l, struct load_member *m, struct ledger *to)
{
    const struct package *list[COMMIT_MAX_ENTRIES / PACKAGE_ENTRIES];
    const size_t most = sizeof list / sizeof list[0];
    const struct hash_reader r = {.ctx = m, .read = memory_read};
    struct package *packages = calloc(most, sizeof *packages);
    struct buffer note = {0};
    struct proof consistency = {0};
    enum err err = packages == NULL ? ERR_NOMEM : head_make(l, m, &note);
    for (uint64_t from = 0; err == OK && from < m->count;) {
        uint64_t start = from;
        size_t n = 0;
        for (; err == OK && n < most && from < m->count; n++) {
            err = package_make(m, from, &packages[n]);
            list[n] = &packages[n];
            from += packages[n].count;
        }
        if (err == OK && start > 0)
            err = merkle_consistency(&r, start, m->count, &consistency);
        if (err == OK)
            err = ledger_receive(to, buffer_span(&note), start == 0 ? NULL : &consistency, list, n);
    }
    buffer_clear(&note);
    free(packages);
    return err;
}

enum err load_push(struct load *l, struct ledger *to)
{
    enum err err = OK;
    for (unsigned i = 0; err == OK && i < l->member_count; i++)
        err = push_log(l, &l->members[i], to);
    return err;
}

enum err load_found(struct load *l, struct ledger *to, unsigned member)
{
    const struct load_member *m = &l->members[member];
    enum err err = push_log(l, &l->members[0], to);
    for (size_t i = 0; err == OK && i < m->count; i++) {
        struct append item = {.entry = load_entry(m, i)};
        err = ledger_append(to, &item, 1);
        err = err == OK ? item.err : err;
    }
    return err;
}
