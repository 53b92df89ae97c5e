#include "tools/desk_key.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ledger/log/home.h"
#include "tools/agent_link.h"
#include "tools/officer_key.h"
#include "tools/passphrase.h"
#include "tools/words.h"

int desk_key_path(struct session *s, const char *path, char out[HOME_PATH_BYTES])
{
    int n = snprintf(out, HOME_PATH_BYTES, "%s.desk", path);
    return n > 0 && n < HOME_PATH_BYTES ? EXIT_DONE : session_fail_at(s, ERR_TOO_LARGE, path);
}

/* The secret in `path`, made where it is missing. */
static enum err secret_take(const char *path, enum keyfile_kind kind, const char *passphrase,
                            uint8_t secret[32])
{
    if (access(path, F_OK) == 0)
        return keyfile_read(path, kind, passphrase, secret);
    random_bytes(secret, 32);
    return keyfile_create(path, kind, secret, passphrase);
}

static int pair_take(struct session *s, const char *path, const char *desk_path,
                     const char *passphrase, struct signkey **key, struct xpubkey *transport)
{
    struct xkey pair = {.secret = {0}};
    uint8_t secret[32];
    const char *at = path;
    enum err err = secret_take(path, KEYFILE_ED25519, passphrase, secret);
    if (err == OK)
        err = signkey_from_seed(key, secret);
    if (err == OK) {
        at = desk_path;
        err = secret_take(desk_path, KEYFILE_X25519, passphrase, secret);
    }
    if (err == OK)
        err = xkey_from_secret(&pair, secret);
    *transport = pair.pub;
    wipe(secret, sizeof secret);
    xkey_clear(&pair);
    return err == OK ? EXIT_DONE : session_fail_key(s, err, at);
}

int desk_key_pair(struct session *s, const char *path, struct signkey **key,
                  struct xpubkey *transport)
{
    char passphrase[PASSPHRASE_BYTES] = "", desk[HOME_PATH_BYTES];
    bool fresh = access(path, F_OK) != 0;
    bool encrypted = !args_has(&s->args, "no-passphrase");
    enum err err = fresh ? OK : keyfile_encrypted(path, &encrypted);
    if (err != OK)
        return session_fail_key(s, err, path);
    int code = desk_key_path(s, path, desk);
    if (code == EXIT_DONE && encrypted)
        code = passphrase_ask(s, path, fresh, passphrase);
    if (code == EXIT_DONE)
        code = pair_take(s, path, desk, encrypted ? passphrase : NULL, key, transport);
    wipe(passphrase, sizeof passphrase);
    return code;
}

int desk_key_read(struct session *s, const char *path, struct xkey *out)
{
    char desk[HOME_PATH_BYTES];
    uint8_t secret[32];
    struct hash name;
    bool encrypted;
    int code = desk_key_path(s, path, desk);
    if (code != EXIT_DONE)
        return code;
    if (keyfile_encrypted(desk, &encrypted) == OK && encrypted &&
        agent_name(desk, &name) == OK && agent_open(&name, out) == OK)
        return EXIT_DONE;
    code = key_secret_read(s, desk, KEYFILE_X25519, secret);
    enum err err = code == EXIT_DONE ? xkey_from_secret(out, secret) : OK;
    wipe(secret, sizeof secret);
    return err == OK ? code : session_fail_key(s, err, desk);
}
