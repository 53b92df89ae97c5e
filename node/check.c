#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/keyfile.h"
#include "ledger/ledger.h"
#include "ledger/log/home.h"
#include "node/access.h"
#include "node/ending.h"
#include "node/failure.h"
#include "node/node.h"
#include "node/node_key.h"

static const char GENESIS_ADVICE[] =
    "genesis is damaged: put back the committee's genesis file from the convenor or from another "
    "member, and compare the ledger id with the one announced";

/* Everything that is wrong with the bytes of genesis is one thing to the people who run it. */
static bool is_damage(enum err err)
{
    return err != OK && err != ERR_NOTFOUND && err != ERR_PERMISSION && err != ERR_IO &&
           err != ERR_NOMEM && err != ERR_UNSUPPORTED;
}

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
    buffer_clear(&bytes);
    if (is_damage(err)) {
        (void)failure_advise(o->logger, "genesis", path, err, GENESIS_ADVICE);
        return ERR_FORMAT;
    }
    if (err == OK && o->config->has_ledger &&
        !hash_equal(&genesis.ledger, &o->config->ledger)) {
        err = ERR_WRONG_LEDGER;
    }
    return failure_report(o->logger, "genesis", path, err);
}

/* What to do about a key file that is refused. */
static const char *key_advice(const char *path, enum err err)
{
    unsigned mode;
    if (err == ERR_KEY) {
        return "this file holds a key of another kind: put back the right one";
    }
    if (err != ERR_PERMISSION) {
        return ending_of(err).advice;
    }
    switch (keyfile_fault(path, &mode)) {
    case KEYFILE_NOT_PLAIN:
        return "the key must be the file itself and no symbolic link: copy it here with mode 0600";
    case KEYFILE_OTHER_OWNER:
        return "the key file belongs to another user: chown it to the user that runs jielid";
    case KEYFILE_WIDE_MODE:
        return "others may read the key file: chmod 0600";
    case KEYFILE_NO_READ:
        return "its mode keeps the owner from reading the key file: chmod 0600";
    case KEYFILE_FINE:
    case KEYFILE_ABSENT: break;
    }
    return ending_of(err).advice;
}

static enum err check_key(const struct node_options *o, struct signkey **key)
{
    char path[HOME_PATH_BYTES] = "node.key";
    enum err err = node_key_path(o->home, path, sizeof path);
    if (err == OK) {
        err = node_key_load(o->home, key);
    }
    return failure_advise(o->logger, "key", path, err, key_advice(path, err));
}

static enum err check_transport_key(const struct node_options *o)
{
    struct xkey key = {0};
    char path[HOME_PATH_BYTES] = "transport.key";
    enum err err = transport_key_path(o->home, path, sizeof path);
    if (err == OK) {
        err = transport_key_load(o->home, &key);
    }
    xkey_clear(&key);
    return failure_advise(o->logger, "key", path, err, key_advice(path, err));
}

/* A home that holds nothing yet is a good one. */
static enum err check_ledger(const struct node_options *o, const struct signkey *key)
{
    char path[HOME_PATH_BYTES];
    struct ledger *l = NULL;
    const struct ledger_options options = {
        .home = o->home,
        .pinned = o->config->has_ledger ? &o->config->ledger : NULL,
        .member = o->config->member,
        .mode = LEDGER_READ,
    };
    enum err err = home_path(path, sizeof path, o->home, "db/data.mdb");
    if (err == OK) {
        err = ledger_open(&l, &options);
    }
    if (err == ERR_NOTFOUND) {
        return OK;
    }
    if (failure_report(o->logger, "ledger", path, err) != OK) {
        return err;
    }
    err = ledger_own_look(l, signkey_public(key));
    ledger_close(l);
    return err == ERR_GAP ? OK : failure_report(o->logger, "own-log", o->home, err);
}

static enum err program_look(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        return err_from_errno(errno);
    }
    return S_ISREG(st.st_mode) && access(path, X_OK) == 0 ? OK : ERR_PERMISSION;
}

enum err node_check_program(const struct node_options *options, enum log_level level)
{
    struct logline line;
    const char *path = options->config->notify_run;
    enum err err = path[0] == '\0' ? OK : program_look(path);
    if (err == OK) {
        return OK;
    }
    logline_begin(&line, options->logger, level, "notify-program");
    logline_text(&line, "what", path);
    logline_err(&line, err);
    logline_text(&line, "advice",
                 err == ERR_NOTFOUND
                     ? "[notify] run names a program that does not exist, nobody is notified: put "
                       "it there, or correct run in jieli.conf"
                     : "[notify] run names no file that this user may execute, nobody is notified: "
                       "chmod 755 the program and open its folder, or correct run in jieli.conf");
    logline_end(&line);
    return ERR_CONFIG;
}

enum err node_check(const struct node_options *options)
{
    struct access access;
    struct signkey *key = NULL;
    const char *unknown = "";
    enum err err = access_init(&access, options->config, &unknown);
    (void)failure_report(options->logger, "unknown-user", unknown, err);
    if (err == OK) {
        err = check_genesis(options);
    }
    if (err == OK) {
        err = check_key(options, &key);
    }
    if (err == OK) {
        err = check_transport_key(options);
    }
    if (err == OK) {
        err = check_ledger(options, key);
    }
    signkey_free(key);
    return err;
}
