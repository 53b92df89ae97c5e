#include "tools/agent.h"

#include <string.h>

#include "crypto/limits.h"
#include "ledger/log/cbor.h"

#define ORDER_LABEL "jieli/invitation-order/v1"      /* with its final zero byte */
#define ENTRY_LABEL "jieli/entry/v1"

void agent_init(struct agent *a)
{
    *a = (struct agent){.count = 0};
}

static void forget(struct agent *a, struct agent_key *k)
{
    signkey_free(k->secret);
    *k = a->keys[--a->count];
    a->keys[a->count] = (struct agent_key){.secret = NULL};
}

void agent_clear(struct agent *a)
{
    while (a->count > 0)
        forget(a, &a->keys[0]);
}

uint64_t agent_expire(struct agent *a, uint64_t now_s)
{
    uint64_t next = 0;
    for (unsigned i = a->count; i > 0; i--) {
        struct agent_key *k = &a->keys[i - 1];
        uint64_t left = k->until_s > now_s ? k->until_s - now_s : 0;
        if (left == 0)
            forget(a, k);
        else if (next == 0 || left < next)
            next = left;
    }
    return next;
}

static struct agent_key *find(struct agent *a, const struct hash *name)
{
    for (unsigned i = 0; i < a->count; i++) {
        if (hash_equal(&a->keys[i].name, name))
            return &a->keys[i];
    }
    return NULL;
}

static enum err key_make(struct agent_key *k, const uint8_t secret[32])
{
    struct xkey pair = {.secret = {0}};
    enum err err = signkey_from_seed(&k->secret, secret);
    if (err == OK && k->kind == KEYFILE_X25519) {
        err = xkey_from_secret(&pair, secret);
        k->transport = pair.pub;
    }
    xkey_clear(&pair);
    return err;
}

static enum err add(struct agent *a, const struct hash *name, struct reader *r, uint64_t now_s)
{
    struct agent_key *held = find(a, name), fresh = {.name = *name};
    uint8_t kind = read_u8(r), secret[32];
    read_into(r, secret, sizeof secret);
    enum err err = r->failed || reader_left(r) > 0 ? ERR_FORMAT : OK;
    if (err == OK && kind != KEYFILE_ED25519 && kind != KEYFILE_X25519)
        err = ERR_KEY;
    if (err == OK && held == NULL && a->count == AGENT_KEYS_MAX)
        err = ERR_BUSY;
    fresh.kind = (enum keyfile_kind)kind;
    if (err == OK && held == NULL)
        err = key_make(&fresh, secret);
    wipe(secret, sizeof secret);
    if (err != OK) {
        signkey_free(fresh.secret);
        return err;
    }
    if (held == NULL) {
        held = &a->keys[a->count++];
        *held = fresh;
    }
    held->until_s = now_s + AGENT_KEEP_S;
    return OK;
}

/* What a signature of an act is made over: ["Signature", …, ["jieli/entry/v1", …], payload]. */
static bool is_entry(struct span message)
{
    static const uint8_t label[] = "\x82\x6e" ENTRY_LABEL;
    char word[16];
    struct cbor c;
    cbor_init(&c, message);
    if (cbor_array(&c, 5) != 5)
        return false;
    cbor_string(&c, word, sizeof word);
    bool empty = cbor_bytes(&c).len == 0;
    (void)cbor_bytes(&c);
    struct span aad = cbor_bytes(&c);
    (void)cbor_bytes(&c);
    return cbor_end(&c) == OK && empty && strcmp(word, "Signature") == 0 &&
           aad.len >= sizeof label - 1 && memcmp(aad.data, label, sizeof label - 1) == 0;
}

static bool is_order(struct span message)
{
    return message.len > sizeof ORDER_LABEL &&
           memcmp(message.data, ORDER_LABEL, sizeof ORDER_LABEL) == 0;
}

static enum err sign(const struct agent_key *k, struct span message, struct buffer *out)
{
    struct sig sig;
    if (k->kind != KEYFILE_ED25519 || !(is_entry(message) || is_order(message)))
        return ERR_PERMISSION;
    sign_raw(k->secret, message, &sig);
    return buffer_put(out, sig.b, SIG_BYTES);
}

static enum err describe(const struct agent_key *k, uint64_t now_s, struct buffer *out)
{
    bool signs = k->kind == KEYFILE_ED25519;
    enum err err = buffer_put_u8(out, (uint8_t)k->kind);
    if (err == OK)
        err = buffer_put(out, signs ? signkey_public(k->secret)->b : k->transport.b, PUBKEY_BYTES);
    return err == OK ? buffer_put_u32(out, (uint32_t)(k->until_s - now_s)) : err;
}

static enum err hand_out(const struct agent_key *k, struct buffer *out)
{
    uint8_t secret[32];
    if (k->kind != KEYFILE_X25519)
        return ERR_PERMISSION;
    signkey_seed(k->secret, secret);
    enum err err = buffer_put(out, secret, sizeof secret);
    wipe(secret, sizeof secret);
    return err;
}

static enum err serve(struct agent *a, uint8_t op, struct reader *r, uint64_t now_s,
                      struct buffer *out)
{
    struct hash name;
    if (op == AGENT_LOCK) {
        agent_clear(a);
        a->locked = true;
        return OK;
    }
    read_into(r, name.b, HASH_BYTES);
    if (r->failed)
        return ERR_FORMAT;
    if (op == AGENT_ADD)
        return add(a, &name, r, now_s);
    const struct agent_key *k = find(a, &name);
    if (k == NULL)
        return ERR_NOTFOUND;
    switch (op) {
    case AGENT_FIND: return describe(k, now_s, out);
    case AGENT_SIGN: return sign(k, read_span(r, reader_left(r)), out);
    case AGENT_OPEN: return hand_out(k, out);
    default: return ERR_UNSUPPORTED;
    }
}

enum err agent_answer(struct agent *a, struct span request, uint64_t now_s, struct buffer *out)
{
    struct reader r;
    size_t at = out->len;
    (void)agent_expire(a, now_s);
    reader_init(&r, request);
    enum err err = buffer_put_u8(out, OK);
    if (err != OK)
        return err;
    uint8_t op = read_u8(&r);
    err = r.failed ? ERR_FORMAT : serve(a, op, &r, now_s, out);
    if (err != OK)
        out->len = at + 1;
    out->data[at] = (uint8_t)err;
    return OK;
}
