#include "tests/support/roster_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/cases/kinds.h"

static void demand(bool holds)
{
    if (!holds)
        abort();
}

const struct signkey *fixture_key(struct fixture *f, unsigned number)
{
    demand(number < FIXTURE_MAX_KEYS);
    uint8_t seed[32] = {(uint8_t)(number >> 8), (uint8_t)number, 0x5a};
    if (f->keys[number] == NULL)
        demand(signkey_from_seed(&f->keys[number], seed) == OK);
    return f->keys[number];
}

struct pubkey fixture_pub(struct fixture *f, unsigned number)
{
    return *signkey_public(fixture_key(f, number));
}

struct admission fixture_admission(struct fixture *f, const char *id, unsigned key,
                                   const struct hash *ledger)
{
    struct admission a = {.kind = MEMBER_BUREAU, .powers = POWER_ENFORCE | POWER_TRADE,
                          .node_key = fixture_pub(f, key),
                          .admin_key = fixture_pub(f, key + KEY_ADMIN)};
    strncpy(a.id, id, ID_MAX_BYTES);
    strncpy(a.name, id, NAME_MAX_BYTES);
    strncpy(a.institution, id, ID_MAX_BYTES);
    strncpy(a.admin_post, "科长", POST_MAX_BYTES);
    strncpy(a.admin_person, "0001", PERSON_MAX_BYTES);
    demand(possession_sign(fixture_key(f, key), ledger, id, "node", &a.node_proof) == OK);
    demand(possession_sign(fixture_key(f, key + KEY_ADMIN), ledger, id, "officer",
                           &a.admin_proof) == OK);
    return a;
}

struct genesis fixture_genesis(struct fixture *f, unsigned k, unsigned root_count)
{
    static const struct hash none;
    struct genesis g = {.domain = "aqsc.ezhou.example", .suite = 1, .law_version = 1, .k = k,
                        .root_count = root_count, .created_s = 1767225600};
    for (unsigned i = 0; i < root_count; i++) {
        struct root_officer *root = &g.roots[i];
        root->key = fixture_pub(f, KEY_ROOT + i);
        strcpy(root->post, POST_DIRECTOR);
        strcpy(root->person, "r0");
        root->person[1] = (char)('0' + i);
        demand(possession_sign(fixture_key(f, KEY_ROOT + i), &none, "anweiban", "root",
                               &root->proof) == OK);
    }
    g.convenor = fixture_admission(f, "anweiban", KEY_CONVENOR, &none);
    g.convenor.kind = MEMBER_OFFICE;
    return g;
}

void fixture_init(struct fixture *f, unsigned k, unsigned root_count)
{
    struct buffer bytes = {0};
    memset(f, 0, sizeof *f);
    demand(keys_start() == OK);
    f->genesis = fixture_genesis(f, k, root_count);
    demand(genesis_encode(&f->genesis, &bytes) == OK);
    demand(genesis_decode(&f->genesis, buffer_span(&bytes)) == OK);
    demand(roster_create(&f->roster, &f->genesis) == OK);
    buffer_clear(&bytes);
}

void fixture_clear(struct fixture *f)
{
    roster_free(f->roster);
    composition_clear(&f->facts);
    for (unsigned i = 0; i < f->entry_count; i++)
        buffer_clear(&f->entries[i]);
    for (unsigned i = 0; i < FIXTURE_MAX_KEYS; i++)
        if (f->keys[i] != NULL)
            signkey_free(f->keys[i]);
}

static void signers_make(struct fixture *f, const struct attempt *a, struct span payload,
                         struct signer out[ENTRY_MAX_SIGNERS])
{
    for (unsigned i = 0; i < a->signer_count; i++) {
        const struct signature_by *by = &a->signers[i];
        out[i] = (struct signer){.role = ROLE_HANDLE, .foreign = by->enrolment != NULL};
        strncpy(out[i].post, by->post, POST_MAX_BYTES);
        if (by->enrolment != NULL)
            out[i].enrolment = *by->enrolment;
        demand(entry_sign(payload, &f->genesis.ledger, fixture_key(f, by->key), &out[i]) == OK);
    }
}

const struct entry *fixture_entry(struct fixture *f, const struct attempt *a)
{
    demand(f->entry_count < FIXTURE_MAX_ENTRIES);
    struct buffer payload = {0}, *bytes = &f->entries[f->entry_count++];
    struct signer signers[ENTRY_MAX_SIGNERS];
    struct entry_draft d = {.ledger = f->genesis.ledger, .member = a->member, .kind = a->kind,
                            .law_size = a->law, .own_size = a->index, .time_s = 1767225600,
                            .nonce = {{(uint8_t)f->entry_count, 1}}};
    if (a->ref != NULL) {
        d.refs = a->ref;
        d.ref_count = 1;
    }
    if (a->case_id != NULL) {
        d.has_case = true;
        d.case_id = *a->case_id;
    }
    if (a->facts != NULL) {
        d.facts = a->facts->facts;
        d.fact_count = a->facts->fact_count;
    }
    demand(entry_payload_encode(&d, &payload) == OK);
    signers_make(f, a, buffer_span(&payload), signers);
    demand(entry_encode(buffer_span(&payload), signers, a->signer_count, bytes) == OK);
    demand(entry_decode(&f->last, buffer_span(bytes)) == OK);
    demand(entry_verify(&f->last, &f->genesis.ledger) == OK);
    buffer_clear(&payload);
    return &f->last;
}

struct member_no member_numbered(const struct fixture *f, const char *id)
{
    const struct member *m = roster_by_log(f->roster, id);
    demand(m != NULL);
    return m->no;
}

enum reason fixture_apply(struct fixture *f, const struct attempt *a)
{
    enum reason reason = REASON_UNDECODABLE;
    const struct entry *e = fixture_entry(f, a);
    demand(roster_apply(f->roster, member_numbered(f, a->member), a->index, e, &reason,
                        &f->pending) == OK);
    return reason;
}

void fixture_certify(struct fixture *f, const char *member)
{
    struct xkey transport, sealing;
    struct certify_fields fields = {.cosigner = fixture_pub(f, KEY_COSIGNER)};
    xkey_create(&transport);
    xkey_create(&sealing);
    fields.transport = transport.pub;
    fields.sealing = sealing.pub;
    demand(possession_sign(fixture_key(f, KEY_COSIGNER), &f->genesis.ledger, member, "cosigner",
                           &fields.cosigner_proof) == OK);
    demand(compose_certify(&f->facts, &fields) == OK);
}

void fixture_enrol(struct fixture *f, const char *member, unsigned key, const char *post)
{
    const char *posts[] = {post};
    struct enrol_fields fields = {.key = fixture_pub(f, key), .person = "0042", .posts = posts,
                                  .post_count = 1};
    demand(possession_sign(fixture_key(f, key), &f->genesis.ledger, member, "officer",
                           &fields.proof) == OK);
    demand(compose_enrol(&f->facts, &fields) == OK);
}

struct member_no fixture_member(struct fixture *f, const char *id, unsigned key, uint64_t index)
{
    struct admission a = fixture_admission(f, id, key, &f->genesis.ledger);
    demand(compose_admit(&f->facts, &a) == OK);
    struct attempt admit = {.member = "anweiban", .kind = KIND_ADMIT, .index = index, .law = index,
                            .facts = &f->facts, .signer_count = 1,
                            .signers = {{KEY_ROOT, POST_DIRECTOR, NULL}}};
    demand(fixture_apply(f, &admit) == REASON_NONE);
    struct hash admission = f->last.id;
    fixture_certify(f, id);
    struct attempt certify = {.member = id, .kind = KIND_CERTIFY, .law = index + 1,
                              .ref = &admission, .facts = &f->facts, .signer_count = 1,
                              .signers = {{key + KEY_ADMIN, "科长", NULL}}};
    demand(fixture_apply(f, &certify) == REASON_NONE);
    return member_numbered(f, id);
}
