/* Writes an act into a home that must never stand there: a closure of a case, signed by a key that
 * nobody enrolled, sealed by the member's own node key as only a cheating node would. For showing
 * that everybody else's audit names it. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "crypto/keyfile.h"
#include "ledger/ledger.h"

struct forgery {
    struct ledger *ledger;
    struct store *store;
    struct gate *gate;
    struct signkey *node_key, *stranger;
    struct txn *txn;
    struct log log;
    struct buffer payload, entry, note;
};

static enum err read_node_key(const char *home, struct signkey **out)
{
    char path[HOME_PATH_BYTES];
    uint8_t seed[32];
    enum err err = home_path(path, sizeof path, home, "node.key");
    if (err == OK)
        err = keyfile_read(path, KEYFILE_ED25519, NULL, seed);
    if (err == OK)
        err = signkey_from_seed(out, seed);
    wipe(seed, sizeof seed);
    return err;
}

/* What an honest act of this home would cite. */
static enum err compose(struct forgery *f, const char *home, const char *member,
                        const char *case_text)
{
    const struct ledger_options options = {.home = home, .member = member, .mode = LEDGER_READ};
    struct compose c;
    struct hash id;
    size_t count;
    enum err err = ledger_open(&f->ledger, &options);
    if (err == OK)
        err = ledger_find_case(f->ledger, case_text, &id, 1, &count);
    if (err == OK)
        err = ledger_compose(f->ledger, KIND_CLOSE, &id, &c);
    if (err != OK)
        return err;
    struct entry_draft d = {
        .ledger = c.ledger, .member = c.member, .epoch = c.epoch, .kind = KIND_CLOSE,
        .has_case = true, .case_id = id, .refs = c.refs, .ref_count = c.ref_count,
        .law_epoch = c.law_epoch, .law_size = c.law_size, .own_size = c.own_size,
        .own_root = c.own_root, .time_s = (uint64_t)time(NULL),
    };
    random_bytes(d.nonce.b, NONCE_BYTES);
    f->log = *ledger_log(f->ledger, c.member, c.epoch);
    return entry_payload_encode(&d, &f->payload);
}

static enum err sign(struct forgery *f)
{
    struct signer signer = {.post = "经办人", .role = ROLE_HANDLE};
    const struct genesis *g = ledger_genesis(f->ledger);
    enum err err = signkey_create(&f->stranger);
    if (err == OK)
        err = entry_sign(buffer_span(&f->payload), &g->ledger, f->stranger, &signer);
    return err == OK ? entry_encode(buffer_span(&f->payload), &signer, 1, &f->entry) : err;
}

static enum err seal(struct forgery *f, const char *home)
{
    struct span bytes = buffer_span(&f->entry);
    uint64_t from = f->log.frontier.size;
    struct hash leaf;
    merkle_leaf(bytes, &leaf);
    enum err err = gate_open(&f->gate, home, f->store, &f->log, f->node_key);
    if (err == OK)
        err = txn_write(f->store, &f->txn);
    if (err == OK)
        err = log_append(f->txn, &f->log, &bytes, &leaf, 1);
    if (err == OK)
        err = gate_sign(f->gate, f->txn, &f->log, &f->note);
    if (err != OK)
        return err;
    err = txn_commit(f->txn);
    f->txn = NULL;
    return err == OK ? gate_confirm(f->gate, &f->log, from) : err;
}

static enum err forge(struct forgery *f, const char *home, const char *member,
                      const char *case_text)
{
    char path[HOME_PATH_BYTES];
    enum err err = keys_start();
    if (err == OK)
        err = read_node_key(home, &f->node_key);
    if (err == OK)
        err = compose(f, home, member, case_text);
    if (err == OK)
        err = sign(f);
    ledger_close(f->ledger);
    if (err == OK)
        err = home_path(path, sizeof path, home, "db");
    if (err == OK)
        err = store_open(&f->store, path, false, false);
    return err == OK ? seal(f, home) : err;
}

static void forgery_clear(struct forgery *f)
{
    txn_abort(f->txn);
    gate_close(f->gate);
    store_close(f->store);
    signkey_free(f->node_key);
    signkey_free(f->stranger);
    buffer_clear(&f->payload);
    buffer_clear(&f->entry);
    buffer_clear(&f->note);
}

int main(int argc, char **argv)
{
    struct forgery f = {0};
    if (argc != 4) {
        fputs("usage: forge HOME MEMBER CASE\n", stderr);
        return 2;
    }
    enum err err = forge(&f, argv[1], argv[2], argv[3]);
    if (err == OK)
        printf("%s entry %llu\n", f.log.member, (unsigned long long)(f.log.frontier.size - 1));
    else
        fprintf(stderr, "forge: %s\n", err_message(err));
    forgery_clear(&f);
    return err == OK ? 0 : 1;
}
