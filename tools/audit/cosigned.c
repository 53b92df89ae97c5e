/* Cosignatures in a home or a bundle: signed by the log and by a key that the cosigner's own log
 * certifies, over the tree that was rebuilt, or one that grew into the head that its entries are
 * proven under. */
#include <string.h>

#include "tools/audit/cosigned.h"

static struct run_log *log_of(struct audit_run *r, const char *origin)
{
    char name[ORIGIN_MAX_BYTES + 1];
    for (unsigned i = 0; i < r->log_count; i++) {
        struct run_log *log = &r->logs[i];
        enum err err = log_origin(r->genesis.domain, &r->genesis.ledger, log->member, log->epoch,
                                  name);
        if (err == OK && strcmp(name, origin) == 0)
            return log;
    }
    return NULL;
}

static const struct certificate *certificate_of(const struct audit_run *r,
                                                const struct cosigned *c)
{
    const struct certificate *one;
    const struct member *m = roster_by_log(r->set.roster, c->member);
    for (unsigned i = 0;
         m != NULL && (one = roster_certificate_at(r->set.roster, m->no, i)) != NULL; i++) {
        uint32_t id;
        if (cosigned_key_id(c, &one->cosigner, &id) == OK && id == c->key_id)
            return one;
    }
    return NULL;
}

/* ERR_PROOF: of another tree; ERR_NOTFOUND: that cannot be told. */
static enum err tree_check(const struct audit_run *r, const struct run_log *log,
                           const struct checkpoint *head)
{
    struct hash root = log->head.root;
    if (log->set != NULL && head->size <= log->set->count) {
        enum err err = set_root(log->set, head->size, &root);
        if (err != OK)
            return err;
    } else if (head->size != log->head.size) {
        return r->source.grown == NULL ? ERR_NOTFOUND : r->source.grown(r->source.ctx, log, head);
    }
    return hash_equal(&root, &head->root) ? OK : ERR_PROOF;
}

void run_cosigned(struct audit_run *r, const struct cosigned *c)
{
    struct run_log *log = log_of(r, c->head.origin);
    const struct member *author = log == NULL ? NULL : roster_by_log(r->set.roster, log->member);
    const struct certificate *keys = certificate_of(r, c);
    if (author == NULL || keys == NULL) {
        r->out->cosignatures_unproven++;
        return;
    }
    enum err err = strcmp(log->member, c->member) == 0 ? ERR_FORMAT : OK;
    if (err == OK)
        err = cosigned_verify_log(c, &author->a.node_key);
    if (err == OK)
        err = cosigned_verify(c, &keys->cosigner);
    if (err == OK)
        err = tree_check(r, log, &c->head);
    if (err == OK)
        r->out->cosignatures++;
    else if (err == ERR_NOTFOUND)
        r->out->cosignatures_unproven++;
    else
        run_found(r, log, (struct finding){.kind = FIND_COSIGNED, .size = c->head.size,
                                           .err = err});
}

/* The whole cosigned head of a stored row; false: it cannot be made. */
static bool row_open(struct audit_run *r, const struct run_log *log, const struct run_log *by,
                     const struct cosign_row *row, struct cosigned *out)
{
    const struct certificate *keys = NULL;
    const struct member *author = roster_by_log(r->set.roster, log->member);
    const struct member *m = roster_by_log(r->set.roster, by->member);
    struct vkey v;
    *out = (struct cosigned){.head = {.size = row->size}, .time_s = row->time_s,
                             .log_sig = row->log_sig, .sig = row->sig};
    if (author == NULL || m == NULL || log->set == NULL)
        return false;
    for (unsigned i = 0; (keys = roster_certificate_at(r->set.roster, m->no, i)) != NULL; i++) {
        if (keys->index == row->certificate)
            break;
    }
    memcpy(out->member, by->member, sizeof out->member);
    if (keys == NULL || set_root(log->set, row->size, &out->head.root) != OK ||
        log_origin(r->genesis.domain, &r->genesis.ledger, log->member, log->epoch,
                   out->head.origin) != OK ||
        vkey_init(&v, out->head.origin, ALG_ED25519, &author->a.node_key) != OK)
        return false;
    out->log_key_id = v.id;
    return cosigned_key_id(out, &keys->cosigner, &out->key_id) == OK;
}

static struct run_log *log_stored(struct audit_run *r, struct log_no no)
{
    for (unsigned i = 0; i < r->log_count; i++) {
        if (r->logs[i].stored.v == no.v)
            return &r->logs[i];
    }
    return NULL;
}

enum err run_cosigned_rows(struct audit_run *r, struct txn *t)
{
    struct cosign_cursor cursor = {.started = false};
    struct cosign_row row;
    struct cosigned c;
    enum err err;
    while ((err = cosign_row_next(t, &cursor, &row)) == OK) {
        struct run_log *log = log_stored(r, row.log), *by = log_stored(r, row.cosigner);
        if (log != NULL && by != NULL && row_open(r, log, by, &row, &c))
            run_cosigned(r, &c);
        else
            run_found(r, log, (struct finding){.kind = FIND_COSIGNED, .size = row.size,
                                               .err = ERR_CORRUPT});
    }
    if (err == ERR_CORRUPT) {
        run_found(r, NULL, (struct finding){.kind = FIND_COSIGNED, .err = err});
        return OK;
    }
    return err == ERR_NOTFOUND ? OK : err;
}
