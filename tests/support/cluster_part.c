#include "tests/support/cluster_part.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/log/part.h"
#include "ledger/parts.h"
#include "tests/support/cluster_keys.h"

static void nonce_of(struct cluster *c, struct cluster_act *a)
{
    if (a->has_nonce) {
        return;
    }
    a->has_nonce = true;
    memset(a->nonce.b, 0xac, NONCE_BYTES);
    store_u64(a->nonce.b, ++c->nonces);
}

struct cluster_part *cluster_part_create(struct cluster *c, unsigned member, struct cluster_act *a,
                                         enum part_role role, enum part_mode mode,
                                         struct span plain)
{
    struct cluster_part *p = calloc(1, sizeof *p);
    CLUSTER_DEMAND(p != NULL && a->part_count < ENTRY_MAX_PARTS);
    nonce_of(c, a);
    const struct part_context ctx = {c->ledger, c->members[member].id, a->nonce, (uint8_t)role};
    p->ref = (struct part_ref){.role = (uint8_t)role, .mode = (uint8_t)mode};
    if (mode == PART_SEALED) {
        CLUSTER_DEMAND(part_seal(&ctx, plain, &c->members[member].sealing.pub, p->salt, &p->bytes,
                                 &p->ref.commitment, &p->wraps) == OK);
    } else {
        random_bytes(p->salt, SALT_BYTES);
        CLUSTER_DEMAND(buffer_put(&p->bytes, plain.data, plain.len) == OK);
        part_commitment(p->salt, plain, &p->ref.commitment);
    }
    p->ref.padded_bytes = p->bytes.len;
    a->parts[a->part_count++] = p->ref;
    return p;
}

void cluster_part_free(struct cluster_part *p)
{
    buffer_clear(&p->bytes);
    free(p);
}

void cluster_part_keep(struct cluster *c, unsigned member, const struct hash *id,
                       struct cluster_part *p)
{
    struct entry e;
    struct part_place at;
    struct ledger *l = c->members[member].ledger;
    CLUSTER_DEMAND(ledger_part_find(l, id, &p->ref.commitment, &e, &at) == OK);
    CLUSTER_DEMAND(ledger_part_put(l, &at, &p->wraps, p->salt, buffer_span(&p->bytes)) == OK);
}

struct hash cluster_part_report(struct cluster *c, unsigned member, enum part_role role,
                                enum part_mode mode, struct span plain, struct hash *commitment)
{
    struct cluster_act a;
    struct hash id;
    cluster_report_act(&a, 1);
    struct cluster_part *p = cluster_part_create(c, member, &a, role, mode, plain);
    cluster_append(c, member, &a, &id);
    cluster_part_keep(c, member, &id, p);
    *commitment = p->ref.commitment;
    cluster_part_free(p);
    cluster_act_clear(&a);
    return id;
}

enum err cluster_part_open(struct cluster *c, unsigned member, const struct hash *id,
                           const struct hash *commitment, struct buffer *plain)
{
    struct entry e;
    struct part_place at;
    enum err err = ledger_part_find(c->members[member].ledger, id, commitment, &e, &at);
    return err == OK ? ledger_part_open(c->members[member].ledger, &at, plain) : err;
}
