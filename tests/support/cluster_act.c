#include <stdio.h>
#include <string.h>

#include "tests/support/cluster_keys.h"

void cluster_act_init(struct cluster_act *a, uint32_t kind, const struct hash *case_id)
{
    *a = (struct cluster_act){.kind = kind, .case_id = case_id};
}

void cluster_act_clear(struct cluster_act *a)
{
    buffer_clear(&a->bytes);
}

static size_t fact_begin(struct cluster_act *a, uint32_t id)
{
    CLUSTER_DEMAND(a->fact_count < CLUSTER_MAX_FACTS);
    a->facts[a->fact_count].id = id;
    a->facts[a->fact_count].offset = a->bytes.len;
    return a->bytes.len;
}

static void fact_end(struct cluster_act *a, enum err err)
{
    CLUSTER_DEMAND(err == OK);
    a->facts[a->fact_count].len = a->bytes.len - a->facts[a->fact_count].offset;
    a->fact_count++;
}

void cluster_fact_uint(struct cluster_act *a, uint32_t id, uint64_t value)
{
    struct cbor_out w;
    fact_begin(a, id);
    cbor_out_init(&w, &a->bytes);
    cbor_put_uint(&w, value);
    fact_end(a, w.err);
}

void cluster_fact_text(struct cluster_act *a, uint32_t id, const char *value)
{
    struct cbor_out w;
    fact_begin(a, id);
    cbor_out_init(&w, &a->bytes);
    cbor_put_text(&w, value);
    fact_end(a, w.err);
}

void cluster_fact_bool(struct cluster_act *a, uint32_t id, bool value)
{
    struct cbor_out w;
    fact_begin(a, id);
    cbor_out_init(&w, &a->bytes);
    cbor_put_bool(&w, value);
    fact_end(a, w.err);
}

void cluster_fact_hash(struct cluster_act *a, uint32_t id, const struct hash *value)
{
    struct cbor_out w;
    fact_begin(a, id);
    cbor_out_init(&w, &a->bytes);
    cbor_put_tagged(&w, ALG_SHA256, value->b);
    fact_end(a, w.err);
}

void cluster_fact_texts(struct cluster_act *a, uint32_t id, const char *const *values,
                        unsigned count)
{
    struct cbor_out w;
    fact_begin(a, id);
    cbor_out_init(&w, &a->bytes);
    cbor_put_array(&w, count);
    for (unsigned i = 0; i < count; i++) {
        cbor_put_text(&w, values[i]);
    }
    fact_end(a, w.err);
}

void cluster_fact_item(struct cluster_act *a, uint32_t id, struct span encoded)
{
    fact_begin(a, id);
    fact_end(a, buffer_put(&a->bytes, encoded.data, encoded.len));
}

static struct nonce next_nonce(struct cluster *c, const char *id)
{
    struct nonce nonce;
    struct hash base = cluster_secret(c, id, "nonce");
    c->nonces++;
    memcpy(nonce.b, base.b, 8);
    store_u64(nonce.b + 8, c->nonces);
    return nonce;
}

static void draft_from(struct cluster *c, unsigned member, const struct compose *compose,
                       const struct cluster_act *a, struct fact facts[CLUSTER_MAX_FACTS],
                       struct entry_draft *d)
{
    *d = (struct entry_draft){
        .ledger = compose->ledger, .member = c->members[member].id, .epoch = compose->epoch,
        .kind = a->kind, .has_base = compose->has_base, .base = compose->base,
        .refs = compose->refs, .ref_count = compose->ref_count,
        .law_epoch = compose->law_epoch, .law_size = compose->law_size,
        .own_size = compose->own_size, .own_root = compose->own_root,
        .nonce = a->has_nonce ? a->nonce : next_nonce(c, c->members[member].id),
        .time_s = a->time_s != 0 ? a->time_s : c->now_s++, .facts = facts,
        .fact_count = a->fact_count, .parts = a->parts, .part_count = a->part_count,
    };
    for (unsigned i = 0; i < a->fact_count; i++) {
        facts[i] = (struct fact){a->facts[i].id, span_of(a->bytes.data + a->facts[i].offset,
                                                         a->facts[i].len)};
    }
    if (a->case_id != NULL) {
        d->has_case = true;
        d->case_id = *a->case_id;
    }
}

static void sign_one(struct cluster *c, struct span payload, unsigned member,
                     enum cluster_officer officer, enum role role, struct signer *out)
{
    *out = (struct signer){.role = role};
    strcpy(out->post, cluster_posts[officer]);
    CLUSTER_DEMAND(entry_sign(payload, &c->ledger, c->members[member].officers[officer], out) ==
                   OK);
}

void cluster_sign(struct cluster *c, unsigned member, const struct compose *compose,
                  const struct cluster_act *a, struct buffer *out)
{
    struct entry_draft d;
    struct fact facts[CLUSTER_MAX_FACTS];
    struct signer signers[ENTRY_MAX_SIGNERS];
    struct buffer payload = {0};
    unsigned count = a->signer_count == 0 ? 1 : a->signer_count;
    draft_from(c, member, compose, a, facts, &d);
    CLUSTER_DEMAND(entry_payload_encode(&d, &payload) == OK);
    if (a->signer_count == 0) {
        sign_one(c, buffer_span(&payload), member, OFFICER_HANDLER, ROLE_HANDLE, &signers[0]);
    }
    for (unsigned i = 0; i < a->signer_count; i++) {
        sign_one(c, buffer_span(&payload), a->signers[i].member, a->signers[i].officer,
                 a->signers[i].role, &signers[i]);
    }
    CLUSTER_DEMAND(entry_encode(buffer_span(&payload), signers, count, out) == OK);
    buffer_clear(&payload);
}

void cluster_entry(struct cluster *c, unsigned member, const struct cluster_act *a,
                   struct buffer *out)
{
    struct compose compose;
    CLUSTER_DEMAND(ledger_compose(c->members[member].ledger, a->kind, a->case_id, &compose) ==
                   OK);
    cluster_sign(c, member, &compose, a, out);
}

enum err cluster_try(struct cluster *c, unsigned member, const struct cluster_act *a,
                     struct hash *id, enum reason *reason)
{
    struct buffer bytes = {0};
    struct append item = {0};
    cluster_entry(c, member, a, &bytes);
    item.entry = buffer_span(&bytes);
    enum err err = ledger_append(c->members[member].ledger, &item, 1);
    if (err == OK && item.err == OK && id != NULL) {
        *id = item.id;
    }
    if (reason != NULL) {
        *reason = item.reason;
    }
    buffer_clear(&bytes);
    return err == OK ? item.err : err;
}

void cluster_append(struct cluster *c, unsigned member, const struct cluster_act *a,
                    struct hash *id)
{
    enum reason reason = REASON_NONE;
    enum err err = cluster_try(c, member, a, id, &reason);
    cluster_demand(err == OK, reason == REASON_NONE ? err_name(err) : reason_name(reason),
                   c->members[member].id, (int)a->kind);
}

void cluster_report_act(struct cluster_act *a, unsigned nth)
{
    char clause[NAME_MAX_BYTES];
    cluster_act_init(a, KIND_REPORT, NULL);
    snprintf(clause, sizeof clause, "判定标准第%u条", nth);
    cluster_fact_text(a, FACT_SECTOR, "gas");
    cluster_fact_text(a, FACT_DISTRICT, "echeng");
    cluster_fact_uint(a, FACT_GRADE, GRADE_GENERAL);
    cluster_fact_uint(a, FACT_SOURCE, SOURCE_INSPECTION);
    cluster_fact_text(a, FACT_CLAUSE, clause);
}

struct hash cluster_report(struct cluster *c, unsigned member, unsigned nth)
{
    struct cluster_act a;
    struct hash id;
    cluster_report_act(&a, nth);
    cluster_append(c, member, &a, &id);
    cluster_act_clear(&a);
    return id;
}

void cluster_reports(struct cluster *c, unsigned member, unsigned count)
{
    enum { BATCH = 200 };
    struct append items[BATCH];
    struct buffer bytes[BATCH];
    struct compose compose;
    struct cluster_act act;
    for (unsigned done = 0; done < count; done += BATCH) {
        unsigned n = count - done < BATCH ? count - done : BATCH;
        CLUSTER_DEMAND(ledger_compose(c->members[member].ledger, KIND_REPORT, NULL, &compose) ==
                       OK);
        for (unsigned i = 0; i < n; i++) {
            bytes[i] = (struct buffer){0};
            cluster_report_act(&act, done + i);
            cluster_sign(c, member, &compose, &act, &bytes[i]);
            cluster_act_clear(&act);
            items[i] = (struct append){.entry = buffer_span(&bytes[i])};
        }
        CLUSTER_DEMAND(ledger_append(c->members[member].ledger, items, n) == OK);
        for (unsigned i = 0; i < n; i++) {
            CLUSTER_DEMAND(items[i].err == OK);
            buffer_clear(&bytes[i]);
        }
    }
}
