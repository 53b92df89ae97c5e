/* Small reads of an open ledger. */
#include <assert.h>
#include <string.h>

#include "ledger/internal.h"

const struct genesis *ledger_genesis(const struct ledger *l) { return &l->genesis; }
const struct roster *ledger_roster(const struct ledger *l) { return l->roster; }
const char *ledger_home(const struct ledger *l) { return l->home; }
struct store *ledger_store(struct ledger *l) { return l->store; }
uint64_t ledger_folded(const struct ledger *l) { return l->folded; }
void ledger_defer(struct ledger *l, bool defer) { l->defer = defer; }

struct member_no ledger_self(const struct ledger *l)
{
    const struct member *m = l->member[0] == '\0' ? NULL : roster_by_log(l->roster, l->member);
    return m == NULL ? (struct member_no){MEMBER_NONE} : m->no;
}

const struct log *ledger_log_at(const struct ledger *l, unsigned i)
{
    return i < l->log_count ? &l->logs[i]->log : NULL;
}

uint64_t ledger_verified(const struct ledger *l, struct log_no no)
{
    return no.v < l->log_count ? l->logs[no.v]->settled : 0;
}

uint64_t ledger_unsettled(const struct ledger *l)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < l->log_count; i++)
        sum += l->logs[i]->log.frontier.size - l->logs[i]->settled;
    return sum;
}

const struct log *ledger_log(const struct ledger *l, const char *member, uint32_t epoch)
{
    for (unsigned i = 0; i < l->log_count; i++)
        if (strcmp(l->logs[i]->log.member, member) == 0 && l->logs[i]->log.epoch == epoch)
            return &l->logs[i]->log;
    return NULL;
}

void ledger_on_change(struct ledger *l, ledger_changed *call, void *ctx)
{
    l->changed = call;
    l->changed_ctx = ctx;
}

struct txn *ledger_txn(struct ledger *l)
{
    if (l->read == NULL && txn_read(l->store, &l->read) != OK)
        l->read = NULL;
    return l->read;
}

enum err ledger_begin(struct ledger *l, struct txn **out)
{
    txn_abort(l->read);
    l->read = NULL;
    l->writes++;
    return txn_write(l->store, out);
}

enum err ledger_find_id(struct ledger *l, const struct hash *id, struct position *at)
{
    struct txn *t = ledger_txn(l);
    return t == NULL ? ERR_IO : index_id_get(l, t, id, at);
}

enum err ledger_verdict(struct ledger *l, struct position at, enum verdict *verdict,
                        enum reason *reason)
{
    struct verdict_row row;
    struct txn *t = ledger_txn(l);
    enum err err = t == NULL ? ERR_IO : verdict_get(t, at, &row);
    if (err != OK)
        return err;
    bool waits = at.index >= ledger_verified(l, at.log) && row.verdict != VERDICT_FOREIGN;
    *verdict = waits ? VERDICT_PENDING : row.verdict;
    *reason = waits ? REASON_NONE : row.reason;
    return OK;
}

enum err ledger_state(struct ledger *l, const struct hash *case_id, struct case_state *out)
{
    struct txn *t = ledger_txn(l);
    return t == NULL ? ERR_IO : state_get(l, t, case_id, out);
}

enum err ledger_fold_case(struct ledger *l, const struct hash *case_id, struct case_fold **out)
{
    struct txn *t = ledger_txn(l);
    return t == NULL ? ERR_IO : refold_load(l, t, case_id, l->folded, out);
}
