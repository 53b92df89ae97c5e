#include "tools/officer_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/log/home.h"
#include "tools/agent_link.h"
#include "tools/desk.h"
#include "tools/passphrase.h"
#include "tools/words.h"

/* A key file that others could read, or that is not this user's. */
static int key_refused(struct session *s, const char *path)
{
    char message[HOME_PATH_BYTES + 256], hint[HOME_PATH_BYTES + 128];
    unsigned mode;
    const char *why = _("the file cannot be read"), *remedy = "ls -l";
    switch (keyfile_fault(path, &mode)) {
    case KEYFILE_NOT_PLAIN:
        why = _("a key is read from the file itself, never through a symbolic link or from a "
                "folder");
        remedy = "realpath";
        break;
    case KEYFILE_OTHER_OWNER:
        why = _("the file belongs to another user");
        remedy = "sudo chown \"$USER\"";
        break;
    case KEYFILE_WIDE_MODE:
        why = _("its mode lets others read or change it");
        remedy = "chmod 600";
        break;
    case KEYFILE_NO_READ:
        why = _("its mode keeps its owner from reading it");
        remedy = "chmod 600";
        break;
    case KEYFILE_FINE:
    case KEYFILE_ABSENT: break;
    }
    snprintf(message, sizeof message, _("key file %s (mode %04o) is refused: %s"), path, mode, why);
    snprintf(hint, sizeof hint, "%s %s", remedy, path);
    return session_fail(s, ERR_PERMISSION, message, hint);
}

int session_fail_key(struct session *s, enum err err, const char *path)
{
    if (err == ERR_NOTFOUND)
        return session_fail(s, err, _("there is no such key file"), path);
    return err == ERR_PERMISSION ? key_refused(s, path) : session_fail_at(s, err, path);
}

int key_secret_read(struct session *s, const char *path, enum keyfile_kind kind,
                    uint8_t secret[32])
{
    char passphrase[PASSPHRASE_BYTES] = "";
    bool encrypted = false;
    int code = EXIT_DONE;
    enum err err = keyfile_encrypted(path, &encrypted);
    if (err == OK && encrypted)
        code = passphrase_ask(s, path, false, passphrase);
    if (err == OK && code == EXIT_DONE)
        err = keyfile_read(path, kind, encrypted ? passphrase : NULL, secret);
    wipe(passphrase, sizeof passphrase);
    return err == OK ? code : session_fail_key(s, err, path);
}

int key_read(struct session *s, const char *path, struct signkey **out)
{
    uint8_t seed[32];
    int code = key_secret_read(s, path, KEYFILE_ED25519, seed);
    enum err err = code == EXIT_DONE ? signkey_from_seed(out, seed) : OK;
    wipe(seed, sizeof seed);
    return err == OK ? code : session_fail_key(s, err, path);
}

static int key_create(struct session *s, const char *path, struct signkey **out)
{
    char passphrase[PASSPHRASE_BYTES] = "";
    bool bare = args_has(&s->args, "no-passphrase");
    uint8_t seed[32];
    int code = bare ? EXIT_DONE : passphrase_ask(s, path, true, passphrase);
    if (code != EXIT_DONE)
        return code;
    enum err err = signkey_create(out);
    if (err == OK) {
        signkey_seed(*out, seed);
        err = keyfile_create(path, KEYFILE_ED25519, seed, bare ? NULL : passphrase);
    }
    wipe(seed, sizeof seed);
    wipe(passphrase, sizeof passphrase);
    return err == OK ? EXIT_DONE : session_fail_at(s, err, path);
}

int key_read_or_create(struct session *s, const char *path, struct signkey **out)
{
    return access(path, F_OK) == 0 ? key_read(s, path, out) : key_create(s, path, out);
}

static const char *key_path(const struct session *s, unsigned i)
{
    static const char *const more[] = {"key2", "key3", "key4"};
    unsigned repeated = 0;
    while (args_nth(&s->args, "key", repeated) != NULL)
        repeated++;
    if (i < repeated)
        return args_nth(&s->args, "key", i);
    for (unsigned k = 0; k < 3; k++) {
        const char *path = args_value(&s->args, more[k]);
        if (path != NULL && i-- == repeated)
            return path;
    }
    return NULL;
}

/* From the agent where it keeps the key open, else from the file. */
static int key_take(struct session *s, const char *path, struct officer_key *out)
{
    bool encrypted = false;
    uint32_t left_s;
    if (keyfile_encrypted(path, &encrypted) == OK && encrypted &&
        agent_name(path, &out->name) == OK &&
        agent_find(&out->name, KEYFILE_ED25519, &out->pub, &left_s) == OK)
        return EXIT_DONE;
    int code = key_read(s, path, &out->key);
    if (code == EXIT_DONE)
        out->pub = *signkey_public(out->key);
    return code;
}

enum err officer_key_sign(const struct officer_key *k, struct span payload,
                          const struct hash *ledger, struct signer *signer)
{
    struct buffer structure = {0};
    if (k->key != NULL)
        return entry_sign(payload, ledger, k->key, signer);
    enum err err = entry_sign_structure(payload, ledger, &k->pub, signer, &structure);
    if (err == OK)
        err = agent_sign(&k->name, buffer_span(&structure), &signer->sig);
    if (err == OK)
        err = verify_raw(&k->pub, buffer_span(&structure), &signer->sig);
    buffer_clear(&structure);
    return err;
}

enum err officer_key_order(const struct officer_key *k, const struct invitation_order *order,
                           struct sig *sig)
{
    struct buffer bytes = {0};
    if (k->key != NULL)
        return invitation_order_sign(order, k->key, sig);
    enum err err = invitation_order_encode(order, &bytes);
    if (err == OK)
        err = agent_sign(&k->name, buffer_span(&bytes), sig);
    buffer_clear(&bytes);
    return err;
}

int officer_keys_read(struct session *s, struct officer_keys *out)
{
    const char *first = key_path(s, 0) == NULL ? getenv("JIELI_KEY") : NULL;
    int code = EXIT_DONE;
    if (s->node != NULL && key_path(s, 0) == NULL && (first == NULL || first[0] == 0)) {
        code = desk_open(s);
        if (code != EXIT_DONE)
            return code;
        first = s->desk->file.key;
    }
    memset(out, 0, sizeof *out);
    if (first != NULL && first[0] != 0) {
        code = key_take(s, first, &out->all[0]);
        out->count = code == EXIT_DONE ? 1 : 0;
        return code;
    }
    for (const char *path; code == EXIT_DONE && (path = key_path(s, out->count)) != NULL;) {
        if (out->count == ENTRY_MAX_SIGNERS)
            return session_usage(s, _("at most four officers sign one act"), NULL);
        code = key_take(s, path, &out->all[out->count]);
        if (code == EXIT_DONE)
            out->count++;
    }
    if (code == EXIT_DONE && out->count == 0)
        return session_usage(s, _("no key to sign with: give --key FILE or set JIELI_KEY"), NULL);
    return code;
}

void officer_keys_clear(struct officer_keys *keys)
{
    for (unsigned i = 0; i < ENTRY_MAX_SIGNERS; i++)
        signkey_free(keys->all[i].key);
    memset(keys, 0, sizeof *keys);
}

static bool has_post(const json_t *posts, const char *post)
{
    for (size_t i = 0; i < json_array_size(posts); i++) {
        if (strcmp(json_string_value(json_array_get(posts, i)), post) == 0)
            return true;
    }
    return false;
}

/* The post that the act itself demands of this signature. */
static const char *post_demanded(const json_t *posts, const struct kind_row *kind, enum role role)
{
    static const char *const second[] = {POST_DIRECTOR, POST_VICE_DIRECTOR};
    if (role == ROLE_VERIFY && has_post(posts, POST_VERIFIER))
        return POST_VERIFIER;
    for (unsigned i = 0; role == ROLE_ISSUE && i < 2; i++) {
        if (has_post(posts, second[i]))
            return second[i];
    }
    if ((kind->kind == KIND_ENROL || kind->kind == KIND_CERTIFY || kind->kind == KIND_LEAVE) &&
        has_post(posts, POST_ADMINISTRATOR))
        return POST_ADMINISTRATOR;
    return json_array_size(posts) == 1 ? json_string_value(json_array_get(posts, 0)) : NULL;
}

static int choose_post(struct session *s, const json_t *officer, const struct kind_row *kind,
                       const char *given, struct signer *signer)
{
    char list[512] = "";
    const json_t *posts = json_object_get(officer, "posts");
    const char *post = given;
    if (post == NULL)
        post = post_demanded(posts, kind, signer->role);
    for (size_t i = 0; i < json_array_size(posts); i++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i == 0 ? "" : ", ",
                 json_string_value(json_array_get(posts, i)));
    }
    if (post == NULL)
        return session_usage(s, _("this officer has several posts: choose one with --as"), list);
    if (!has_post(posts, post))
        return session_usage(s, _("this officer does not have that post, but"), list);
    snprintf(signer->post, sizeof signer->post, "%s", post);
    return EXIT_DONE;
}

static bool choose_role(const char *given, const struct kind_row *kind, unsigned place,
                        enum role *out)
{
    static const char *const names[] = {"", "handle", "review", "issue", "verify"};
    *out = place == 0 ? ROLE_HANDLE : ROLE_ISSUE;
    if (kind->kind == KIND_VERIFY)
        *out = ROLE_VERIFY;
    if (given == NULL)
        return true;
    for (int r = ROLE_HANDLE; r <= ROLE_VERIFY; r++) {
        if (strcmp(given, names[r]) == 0) {
            *out = (enum role)r;
            return true;
        }
    }
    return false;
}

/* Root officers sign governance of the committee and nothing else; others everything else. */
static bool fits(const json_t *officer, const struct kind_row *kind)
{
    bool root = json_is_true(json_object_get(officer, "root"));
    return kind->who == WHO_ROOT_OR_ADMINISTRATOR || root == (kind->who == WHO_ROOT);
}

/* Own officers first, then those of another member, who sign naming their enrolment. */
static const json_t *choose_officer(const json_t *list, const char *member,
                                    const struct kind_row *kind)
{
    const json_t *other = NULL;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *o = json_array_get(list, i);
        const char *of = json_string_value(json_object_get(o, "member"));
        if (of == NULL || !fits(o, kind))
            continue;
        if (strcmp(of, member) == 0)
            return o;
        if (json_object_get(o, "enrolment") != NULL)
            other = o;
    }
    return other;
}

static int match(struct session *s, struct officer_key *k, const json_t *officer,
                 const char *member, const char *given_post, const struct kind_row *kind)
{
    const char *of = json_string_value(json_object_get(officer, "member"));
    const char *enrolment = json_string_value(json_object_get(officer, "enrolment"));
    const char *person = json_string_value(json_object_get(officer, "person"));
    size_t len;
    snprintf(k->person, sizeof k->person, "%s", person == NULL ? "" : person);
    k->signer.foreign = strcmp(of, member) != 0;
    if (k->signer.foreign &&
        (enrolment == NULL || hex_decode(k->signer.enrolment.b, HASH_BYTES, enrolment,
                                         strlen(enrolment), &len) != OK))
        return session_fail_at(s, ERR_NOT_ENROLLED, person);
    return choose_post(s, officer, kind, given_post, &k->signer);
}

int officer_keys_match(struct session *s, struct officer_keys *keys, const char *member,
                       const struct kind_row *kind, unsigned already)
{
    int code = EXIT_DONE;
    for (unsigned i = 0; code == EXIT_DONE && i < keys->count; i++) {
        struct officer_key *k = &keys->all[i];
        char hex[PUBKEY_BYTES * 2 + 1];
        json_t *reply;
        if (!choose_role(args_nth(&s->args, "role", i), kind, already + i, &k->signer.role))
            return session_usage(s, _("a role is handle, review, issue or verify"), NULL);
        enum err err =
            hex_encode(hex, sizeof hex, span_of(k->pub.b, PUBKEY_BYTES));
        if (err != OK)
            return session_fail_at(s, err, NULL);
        code = session_ask(s, json_pack("{s:s,s:s}", "query", "officers", "key", hex), &reply);
        if (code != EXIT_DONE)
            return code;
        const json_t *officer = choose_officer(json_object_get(reply, "officers"), member, kind);
        if (officer == NULL)
            code = session_fail(s, ERR_NOT_ENROLLED, _("the holder of this key may not sign this"),
                                _("enrolled officers: jieli officer list"));
        else
            code = match(s, k, officer, member, args_nth(&s->args, "as", i), kind);
        json_decref(reply);
    }
    return code;
}
