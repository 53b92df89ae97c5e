#include "tests/support/entry_sample.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"least", "offer", "full"};

const char *entry_sample_name(enum entry_sample which)
{
    return names[which];
}

struct hash entry_sample_hash(uint8_t byte)
{
    struct hash h;
    memset(h.b, byte, sizeof h.b);
    return h;
}

struct hash entry_sample_ledger(void)
{
    return entry_sample_hash(0x11);
}

struct signkey *entry_sample_key(uint8_t seed)
{
    struct hash bytes = entry_sample_hash(seed);
    struct signkey *key = NULL;
    if (signkey_from_seed(&key, bytes.b) != OK)
        abort();
    return key;
}

static struct fact fact(uint32_t id, const char *bytes, size_t len)
{
    return (struct fact){id, span_of(bytes, len)};
}
#define FACT(id, bytes) fact(id, bytes, sizeof(bytes) - 1)

static void least(struct entry_draft *d)
{
    d->ledger = entry_sample_ledger();
    d->member = "yjj";
    d->kind = 1;
    d->own_root = entry_sample_hash(0x22);
    memset(d->nonce.b, 0x33, sizeof d->nonce.b);
    d->time_s = 1767225600;
}

static void offer(struct entry_draft *d, struct hash ids[3], struct fact facts[2])
{
    d->kind = 3;
    d->has_case = d->has_base = true;
    d->case_id = ids[0] = entry_sample_hash(0x44);
    d->base = ids[1] = entry_sample_hash(0x41);
    ids[2] = ids[0];
    d->refs = ids;
    d->ref_count = 3;
    d->law_size = 300;
    d->own_size = 70000;
    facts[0] = FACT(20, "\x63zjj");
    facts[1] = FACT(21, "\x69\xe8\xb0\x81\xe4\xb8\xbb\xe7\xae\xa1");
    d->facts = facts;
    d->fact_count = 2;
}

static void full(struct entry_draft *d, struct fact facts[5], struct part_ref parts[2])
{
    d->member = "abcdefghijklmnopqrstuvwxyz-0123";
    d->epoch = d->law_epoch = UINT32_MAX;
    d->kind = UINT32_MAX;
    d->law_size = d->own_size = INT64_MAX;
    d->time_s = ENTRY_MAX_TIME_S;
    d->has_other = true;
    d->other_case = entry_sample_hash(0x55);
    d->other_refs = d->refs;
    d->other_ref_count = 1;
    facts[0] = FACT(0, "\x00");
    facts[1] = FACT(7, "\x82\x61" "a\x61" "b");
    facts[2] = FACT(8, "\xa1\x01\xf5");
    facts[3] = FACT(9, "\x38\x63");
    facts[4] = FACT(UINT32_MAX, "\x43\x00\xff\x01");
    d->facts = facts;
    d->fact_count = 5;
    parts[0] = (struct part_ref){PART_SUBJECT, PART_OPEN, 4096, entry_sample_hash(0x66)};
    parts[1] = (struct part_ref){PART_IDENTITY, PART_SEALED, PART_MAX_BYTES,
                                 entry_sample_hash(0x67)};
    d->parts = parts;
    d->part_count = 2;
}

static enum err sign_all(enum entry_sample which, struct span payload, struct buffer *bytes)
{
    static const char *const posts[] = {"经办人", "审核人", "副主任", "验收人"};
    struct hash ledger = entry_sample_ledger();
    struct signer signers[4] = {0};
    unsigned count = which == SAMPLE_FULL ? 4 : 1;
    enum err e = OK;
    for (unsigned i = 0; e == OK && i < count; i++) {
        struct signkey *key = entry_sample_key((uint8_t)(0x80 + i));
        memcpy(signers[i].post, posts[i], strlen(posts[i]));
        signers[i].role = (enum role)(ROLE_HANDLE + i);
        signers[i].foreign = i == 3;
        signers[i].enrolment = entry_sample_hash(0x77);
        e = entry_sign(payload, &ledger, key, &signers[i]);
        signkey_free(key);
    }
    return e == OK ? entry_encode(payload, signers, count, bytes) : e;
}

enum err entry_sample_encode(enum entry_sample which, struct buffer *payload,
                             struct buffer *bytes)
{
    struct entry_draft d = {0};
    struct hash ids[3];
    struct fact facts[5];
    struct part_ref parts[2];
    struct buffer own = {0};
    least(&d);
    if (which != SAMPLE_LEAST)
        offer(&d, ids, facts);
    if (which == SAMPLE_FULL)
        full(&d, facts, parts);
    enum err e = entry_payload_encode(&d, &own);
    if (e == OK && payload != NULL)
        e = buffer_put(payload, own.data, own.len);
    if (e == OK && bytes != NULL)
        e = sign_all(which, buffer_span(&own), bytes);
    buffer_clear(&own);
    return e;
}
