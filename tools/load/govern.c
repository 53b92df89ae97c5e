#include "tools/load/govern.h"

#include <stdio.h>
#include <string.h>

#include "ledger/roster/compose.h"

void load_draft(struct load *l, unsigned member, uint32_t kind, struct entry_draft *d)
{
    const struct load_member *m = &l->members[member];
    *d = (struct entry_draft){.ledger = l->ledger, .member = m->id, .kind = kind,
                              .law_size = l->members[0].log.count, .own_size = m->log.count,
                              .time_s = l->now_s++};
    frontier_root(&m->log.frontier, &d->own_root);
    store_u64(d->nonce.b, load_random(l));
    store_u64(d->nonce.b + 8, ++l->nonces);
}

enum err load_sign(const struct load *l, const struct entry_draft *d,
                   const struct load_signing *by, unsigned count, struct buffer *out)
{
    struct signer signers[2] = {{.role = ROLE_HANDLE}};
    struct buffer payload = {0};
    enum err err = entry_payload_encode(d, &payload);
    for (unsigned i = 0; err == OK && i < count; i++) {
        signers[i] = (struct signer){.role = by[i].role};
        snprintf(signers[i].post, sizeof signers[i].post, "%s", by[i].post);
        err = entry_sign(buffer_span(&payload), &l->ledger, by[i].key, &signers[i]);
    }
    buffer_reset(out);
    if (err == OK)
        err = entry_encode(buffer_span(&payload), signers, count, out);
    buffer_clear(&payload);
    return err;
}

static enum err admission_of(const struct load *l, unsigned i, const struct hash *ledger,
                             struct admission *a)
{
    const struct load_member *m = &l->members[i];
    *a = m->admission;
    a->node_key = *signkey_public(m->node);
    a->admin_key = *signkey_public(m->admin);
    snprintf(a->admin_post, sizeof a->admin_post, "%s", POST_ADMINISTRATOR);
    snprintf(a->admin_person, sizeof a->admin_person, "E000");
    enum err err = possession_sign(m->node, ledger, m->id, "node", &a->node_proof);
    return err == OK ? possession_sign(m->admin, ledger, m->id, "officer", &a->admin_proof) : err;
}

static enum err make_genesis(struct load *l)
{
    static const struct hash none;
    struct genesis g = {.domain = "load.example", .suite = 1, .law_version = 1, .k = 1,
                        .root_count = 1, .created_s = l->now_s};
    g.roots[0].key = *signkey_public(l->root);
    snprintf(g.roots[0].post, sizeof g.roots[0].post, "%s", LOAD_POST_ROOT);
    snprintf(g.roots[0].person, sizeof g.roots[0].person, "R001");
    enum err err =
        possession_sign(l->root, &none, l->members[0].id, "root", &g.roots[0].proof);
    if (err == OK)
        err = admission_of(l, 0, &none, &g.convenor);
    if (err == OK)
        err = genesis_encode(&g, &l->genesis);
    l->ledger = g.ledger;
    return err;
}

static enum err govern(struct load *l, unsigned member, uint32_t kind, const struct signkey *key,
                       const char *post, const struct composition *facts, struct hash *id)
{
    static const struct hash none;
    const struct load_member *m = &l->members[member];
    const struct load_signing by = {key, post, ROLE_HANDLE};
    struct buffer entry = {0};
    struct entry_draft d;
    load_draft(l, member, kind, &d);
    d.facts = facts->facts;
    d.fact_count = facts->fact_count;
    d.refs = &m->admitted;
    d.ref_count = m->log.count == 0 && !hash_equal(&m->admitted, &none) ? 1 : 0;
    enum err err = load_sign(l, &d, &by, 1, &entry);
    if (err == OK)
        err = load_log_append(&l->members[member].log, buffer_span(&entry), id);
    l->all_bytes += entry.len;
    l->all_signatures++;
    buffer_clear(&entry);
    return err;
}

static enum err certify(struct load *l, unsigned member)
{
    const struct load_member *m = &l->members[member];
    struct certify_fields f = {.cosigner = *signkey_public(m->cosigner),
                               .transport = m->transport.pub, .sealing = m->sealing.pub};
    struct composition facts;
    struct hash id;
    composition_init(&facts);
    enum err err =
        possession_sign(m->cosigner, &l->ledger, m->id, "cosigner", &f.cosigner_proof);
    if (err == OK)
        err = compose_certify(&facts, &f);
    if (err == OK)
        err = govern(l, member, KIND_CERTIFY, m->admin, POST_ADMINISTRATOR, &facts, &id);
    composition_clear(&facts);
    return err;
}

static enum err enrol(struct load *l, unsigned member, const struct signkey *key,
                      const char *person, const char *post)
{
    const struct load_member *m = &l->members[member];
    struct enrol_fields f = {.key = *signkey_public(key), .person = person, .posts = &post,
                             .post_count = 1};
    struct composition facts;
    struct hash id;
    composition_init(&facts);
    enum err err = possession_sign(key, &l->ledger, m->id, "officer", &f.proof);
    if (err == OK)
        err = compose_enrol(&facts, &f);
    if (err == OK)
        err = govern(l, member, KIND_ENROL, m->admin, POST_ADMINISTRATOR, &facts, &id);
    composition_clear(&facts);
    return err;
}

static enum err admit(struct load *l, unsigned member)
{
    struct admission a;
    struct composition facts;
    composition_init(&facts);
    enum err err = admission_of(l, member, &l->ledger, &a);
    if (err == OK)
        err = compose_admit(&facts, &a);
    if (err == OK)
        err = govern(l, 0, KIND_ADMIT, l->root, LOAD_POST_ROOT, &facts,
                     &l->members[member].admitted);
    composition_clear(&facts);
    return err;
}

static enum err enrol_all(struct load *l, unsigned member)
{
    const struct load_member *m = &l->members[member];
    enum err err = enrol(l, member, m->handler, "E101", LOAD_POST_HANDLER);
    if (err == OK)
        err = enrol(l, member, m->verifiers[0], "E102", POST_VERIFIER);
    return err == OK ? enrol(l, member, m->verifiers[1], "E103", POST_VERIFIER) : err;
}

enum err load_govern(struct load *l)
{
    enum err err = make_genesis(l);
    if (err == OK)
        err = certify(l, 0);
    for (unsigned i = 1; err == OK && i < l->member_count; i++)
        err = admit(l, i);
    for (unsigned i = 0; err == OK && i < l->member_count; i++) {
        if (i > 0)
            err = certify(l, i);
        if (err == OK && i < l->options.members)
            err = enrol_all(l, i);
    }
    for (unsigned i = 0; err == OK && i < l->member_count; i++)
        err = load_log_copy(&l->members[i].founding, &l->members[i].log);
    return err;
}
