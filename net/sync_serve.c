#include "net/sync_internal.h"

enum err serve_on_want(struct sync *s, struct peer *p, const struct message *m)
{
    uint32_t request = m->u.want.request;
    const struct log *log = ledger_log(s->l, m->u.want.log.member, m->u.want.log.epoch);
    struct txn *t = ledger_txn(s->l);
    if (log == NULL || t == NULL) {
        peer_refuse(s, p, request, log == NULL ? REFUSE_UNKNOWN_LOG : REFUSE_BUSY);
        return OK;
    }
    buffer_reset(&s->out);
    uint64_t end = 0;
    enum err err = message_packages_build(t, log, request, m->u.want.from, m->u.want.packages,
                                          &s->out, &end);
    if (err == OK)
        err = peer_send_frame(s, p, buffer_span(&s->out));
    if (err == OK)
        s->entries_out += end - m->u.want.from;
    if (err == ERR_CLOSED)
        return OK;
    if (err == OK)
        cosigned_history(s, p, log->no, m->u.want.from,
                         m->u.want.from + m->u.want.packages * (uint64_t)PACKAGE_ENTRIES);
    if (err != OK)
        peer_refuse(s, p, request, err == ERR_BUSY ? REFUSE_BUSY : REFUSE_NOT_HELD);
    return OK;
}
