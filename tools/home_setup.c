#include "tools/home_setup.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ledger/log/home.h"
#include "ledger/log/keyring.h"
#include "ledger/roster/compose.h"
#include "net/config.h"
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

static int read_xkey(struct session *s, const char *name, struct xpubkey *out)
{
    char path[HOME_PATH_BYTES];
    uint8_t secret[32];
    struct xkey key;
    enum err err = path_of(s, name, path);
    if (err == OK)
        err = keyfile_read(path, KEYFILE_X25519, NULL, secret);
    if (err == OK)
        err = xkey_from_secret(&key, secret);
    wipe(secret, sizeof secret);
    if (err != OK)
        return session_fail_at(s, err, path);
    *out = key.pub;
    xkey_clear(&key);
    return EXIT_DONE;
}

int home_setup_files(struct session *s, struct span genesis, const struct hash *ledger,
                     const char *member)
{
    char path[HOME_PATH_BYTES], conf_path[HOME_PATH_BYTES];
    struct config config;
    enum err err = path_of(s, "genesis", path);
    if (err == OK)
        err = path_of(s, CONFIG_FILE, conf_path);
    if (err == OK && (access(path, F_OK) == 0 || access(conf_path, F_OK) == 0))
        err = ERR_EXISTS;
    if (err == OK)
        err = file_replace(path, genesis, 0644);
    config_init(&config);
    config.has_ledger = true;
    config.ledger = *ledger;
    memcpy(config.member, member, strnlen(member, ID_MAX_BYTES));
    if (err == OK)
        err = config_write(&config, s->home);
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
    int code = read_xkey(s, "transport.key", &f->transport);
    return code == EXIT_DONE ? read_xkey(s, "sealing.key", &f->sealing) : code;
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
