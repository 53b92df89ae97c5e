#include "tools/home_setup.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ledger/log/home.h"
#include "ledger/log/keyring.h"
#include "ledger/roster/compose.h"
#include "net/config.h"
#include "tools/officer_key.h"
#include "tools/words.h"
#include "tools/writing.h"

static enum err path_of(const struct session *s, const char *name, char out[HOME_PATH_BYTES])
{
    return home_path(out, HOME_PATH_BYTES, s->home, name);
}

static enum err create_key(const struct session *s, const char *name, enum keyfile_kind kind)
{
    char path[HOME_PATH_BYTES];
    uint8_t secret[32];
    enum err err = path_of(s, name, path);
    if (err != OK || access(path, F_OK) == 0)
        return err;
    random_bytes(secret, sizeof secret);
    err = keyfile_create(path, kind, secret, NULL);
    wipe(secret, sizeof secret);
    return err;
}

int home_setup_keys(struct session *s)
{
    enum err err = folder_create(s->home, 0700);
    if (err == OK)
        err = create_key(s, "node.key", KEYFILE_ED25519);
    if (err == OK)
        err = create_key(s, "cosigner.key", KEYFILE_ED25519);
    if (err == OK)
        err = create_key(s, "transport.key", KEYFILE_X25519);
    if (err == OK)
        err = create_key(s, "sealing.key", KEYFILE_X25519);
    return err == OK ? EXIT_DONE : session_fail_at(s, err, s->home);
}

int home_setup_new_transport_key(struct session *s)
{
    char path[HOME_PATH_BYTES], old[HOME_PATH_BYTES];
    enum err err = path_of(s, "transport.key", path);
    if (err == OK)
        err = path_of(s, "transport.key.old", old);
    if (err == OK && rename(path, old) != 0 && errno != ENOENT)
        err = err_from_errno(errno);
    if (err == OK)
        err = create_key(s, "transport.key", KEYFILE_X25519);
    return err == OK ? EXIT_DONE : session_fail_at(s, err, s->home);
}

int home_setup_new_sealing_key(struct session *s)
{
    enum err err = keyring_rotate(s->home);
    if (err == ERR_TOO_LARGE)
        return session_fail(s, err, _("too many older sealing keys wait for their parts"),
                            _("let the node run: it removes them once all is wrapped anew"));
    return err == OK ? EXIT_DONE : session_fail_at(s, err, s->home);
}

static int read_sign_key(struct session *s, const char *name, struct signkey **out)
{
    char path[HOME_PATH_BYTES];
    enum err err = path_of(s, name, path);
    return err == OK ? key_read(s, path, out) : session_fail_at(s, err, s->home);
}

int home_setup_node_key(struct session *s, struct signkey **out)
{
    return read_sign_key(s, "node.key", out);
}

static int read_xkey(struct session *s, const char *name, struct xkey *out)
{
    char path[HOME_PATH_BYTES];
    uint8_t secret[32];
    enum err err = path_of(s, name, path);
    if (err == OK)
        err = keyfile_read(path, KEYFILE_X25519, NULL, secret);
    if (err == OK)
        err = xkey_from_secret(out, secret);
    wipe(secret, sizeof secret);
    return err == OK ? EXIT_DONE : session_fail_at(s, err, path);
}

static int read_xpubkey(struct session *s, const char *name, struct xpubkey *out)
{
    struct xkey key = {.secret = {0}};
    int code = read_xkey(s, name, &key);
    *out = key.pub;
    xkey_clear(&key);
    return code;
}

int home_setup_transport_key(struct session *s, struct xkey *out)
{
    return read_xkey(s, "transport.key", out);
}

int home_setup_prove(struct session *s, const struct hash *ledger, const char *key_path,
                     struct admission *a)
{
    struct signkey *node = NULL, *admin = NULL;
    int code = home_setup_node_key(s, &node);
    if (code == EXIT_DONE)
        code = key_read_or_create(s, key_path, &admin);
    if (code == EXIT_DONE) {
        a->node_key = *signkey_public(node);
        a->admin_key = *signkey_public(admin);
        enum err err = possession_sign(node, ledger, a->id, "node", &a->node_proof);
        if (err == OK)
            err = possession_sign(admin, ledger, a->id, "officer", &a->admin_proof);
        code = err == OK ? EXIT_DONE : session_fail_at(s, err, a->id);
    }
    signkey_free(node);
    signkey_free(admin);
    return code;
}

void home_setup_config(struct config *out, const struct hash *ledger, const char *member)
{
    config_init(out);
    out->has_ledger = true;
    out->ledger = *ledger;
    memcpy(out->member, member, strnlen(member, ID_MAX_BYTES));
}

/* ERR_EXISTS: there is another jieli.conf. */
static enum err write_config(const struct session *s, const struct config *config)
{
    char path[HOME_PATH_BYTES];
    struct config_error why;
    struct config held;
    enum err err = path_of(s, CONFIG_FILE, path);
    if (err != OK || access(path, F_OK) != 0)
        return err == OK ? config_write(config, s->home) : err;
    err = config_read(&held, path, &why);
    bool same = err == OK && held.has_ledger && hash_equal(&held.ledger, &config->ledger) &&
                strcmp(held.member, config->member) == 0;
    return same ? OK : ERR_EXISTS;
}

int home_setup_files(struct session *s, struct span genesis, const struct config *config)
{
    char path[HOME_PATH_BYTES];
    enum err err = path_of(s, "genesis", path);
    if (err == OK && access(path, F_OK) == 0)
        err = ERR_EXISTS;
    if (err == OK)
        err = write_config(s, config);
    if (err == OK)
        err = file_replace(path, genesis, 0644);
    return err == OK ? EXIT_DONE : session_fail_at(s, err, path);
}

bool home_setup_genesis(struct session *s, struct genesis *out)
{
    char path[HOME_PATH_BYTES];
    struct buffer bytes = {0};
    bool found = path_of(s, "genesis", path) == OK &&
                 file_read(path, GENESIS_MAX_BYTES, &bytes) == OK &&
                 genesis_decode(out, buffer_span(&bytes)) == OK;
    buffer_clear(&bytes);
    return found;
}

static int fill_certificate(struct session *s, const struct signkey *cosigner,
                            struct certify_fields *f)
{
    struct config config;
    struct config_error why = {0};
    char path[HOME_PATH_BYTES];
    enum err err = path_of(s, CONFIG_FILE, path);
    if (err == OK)
        err = config_read(&config, path, &why);
    if (err == OK)
        err = possession_sign(cosigner, &config.ledger, config.member, "cosigner",
                              &f->cosigner_proof);
    f->cosigner = *signkey_public(cosigner);
    if (err != OK)
        return session_fail_at(s, err, path);
    int code = read_xpubkey(s, "transport.key", &f->transport);
    return code == EXIT_DONE ? read_xpubkey(s, "sealing.key", &f->sealing) : code;
}

int home_setup_certify(struct session *s)
{
    struct certify_fields fields;
    struct composition c;
    struct signkey *cosigner = NULL;
    json_t *reply = NULL;
    composition_init(&c);
    int code = read_sign_key(s, "cosigner.key", &cosigner);
    if (code == EXIT_DONE)
        code = fill_certificate(s, cosigner, &fields);
    if (code == EXIT_DONE && compose_certify(&c, &fields) != OK)
        code = session_fail_at(s, ERR_NOMEM, NULL);
    if (code == EXIT_DONE)
        code = writing_govern(s, KIND_CERTIFY, c.facts, c.fact_count, &reply);
    if (code == EXIT_DONE)
        code = writing_tell(s, kind_row(KIND_CERTIFY), reply);
    signkey_free(cosigner);
    composition_clear(&c);
    return code;
}
