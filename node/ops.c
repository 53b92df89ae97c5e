#include "node/ops.h"

#include <string.h>

#include "ledger/parts.h"
#include "ledger/query/query.h"
#include "net/bundle.h"
#include "node/clock.h"
#include "node/invitations.h"

struct op_row { const char *name; ops_handler *handler; };

static const struct op_row OPS[] = {
    {"query", ops_query},
    {"receive", ops_receive},
    {"part", ops_part},
    {"peers", ops_peers},
    {"wait", ops_wait},
    {"receipt", ops_receipt},
    {"stop", ops_stop},
    {"draft-put", ops_draft_put},
    {"draft-get", ops_draft_get},
    {"draft-list", ops_draft_list},
    {"draft-del", ops_draft_del},
    {"invite", ops_invite},
    {"invitations", ops_invitations},
    {"revoke-invitation", ops_revoke_invitation},
    {"request", ops_request},
};

const char *ops_text(const struct ipc_request *request, const char *key)
{
    return json_string_value(json_object_get(request->head, key));
}

static const char *op_name(const struct ipc_request *request)
{
    const char *name = ops_text(request, "op");
    return name == NULL ? "" : name;
}

/* Answers and logs a refusal; takes `reply` over. */
static void refuse_with(struct node *n, const struct ipc_request *request, enum err err,
                        enum reason reason, json_t *reply)
{
    struct logline line;
    n->watch.meters.requests_refused[err]++;
    ops_answer(n, request->conn, reply, (struct span){0});
    json_decref(reply);
    logline_begin(&line, n->logger, err == ERR_PERMISSION ? LEVEL_WARN : LEVEL_INFO, "refused");
    logline_text(&line, "op", op_name(request));
    ops_log_caller(&line, n, request->conn, request->uid);
    logline_err(&line, err);
    if (reason != REASON_NONE) {
        logline_text(&line, "reason", reason_name(reason));
    }
    logline_end(&line);
}

void ops_log_caller(struct logline *line, const struct node *n, struct ipc_conn conn, uid_t uid)
{
    if (conn.desk == 0) {
        logline_uint(line, "uid", uid);
    } else {
        logline_text(line, "officer", desks_person(n, conn.desk));
    }
}

void ops_answer(struct node *n, struct ipc_conn conn, const json_t *reply, struct span blob)
{
    if (conn.desk == 0) {
        ipc_answer(n->ipc, conn, reply, blob);
    } else {
        desks_answer(n, conn.desk, reply, blob);
    }
}

static json_t *refusal(enum err err, const char *message)
{
    return json_pack("{s:b, s:s, s:s}", "ok", 0, "error", err_name(err), "message", message);
}

void ops_refuse(struct node *n, const struct ipc_request *request, enum err err,
                enum reason reason)
{
    json_t *reply = refusal(err, reason == REASON_NONE ? err_message(err) : reason_message(reason));
    if (reply != NULL && reason != REASON_NONE) {
        json_object_set_new(reply, "reason", json_string(reason_name(reason)));
    }
    refuse_with(n, request, err, reason, reply);
}

void ops_refuse_words(struct node *n, const struct ipc_request *request, enum err err,
                      const char *message)
{
    refuse_with(n, request, err, REASON_NONE, refusal(err, message));
}

void ops_refuse_clock(struct node *n, const struct ipc_request *request, uint64_t claimed_s)
{
    json_t *reply = refusal(ERR_CLOCK, err_message(ERR_CLOCK));
    if (reply != NULL) {
        bool ahead = claimed_s > clock_unix_s();
        json_object_set_new(reply, "clock", json_string(ahead ? "ahead" : "behind"));
    }
    refuse_with(n, request, ERR_CLOCK, REASON_NONE, reply);
}

void ops_accept(struct node *n, const struct ipc_request *request, struct answer *answer)
{
    bool good = json_object_get(answer->reply, "error") == NULL;
    if (answer->reply == NULL ||
        json_object_set_new(answer->reply, "ok", json_boolean(good)) != 0) {
        ops_refuse(n, request, ERR_NOMEM, REASON_NONE);
        return;
    }
    ops_answer(n, request->conn, answer->reply, buffer_span(&answer->blob));
}

static void run(struct node *n, const struct ipc_request *request, ops_handler *handler)
{
    struct answer answer = {0};
    enum err err = handler(n, request, &answer);
    if (err != OK) {
        ops_refuse(n, request, err, REASON_NONE);
    } else if (!answer.later) {
        ops_accept(n, request, &answer);
    }
    json_decref(answer.reply);
    buffer_clear(&answer.blob);
}

static void dispatch(struct node *n, const struct ipc_request *request)
{
    if (n->fatal != OK) {
        ops_refuse(n, request, n->fatal, REASON_NONE);
        return;
    }
    for (size_t i = 0; i < sizeof OPS / sizeof OPS[0]; i++) {
        if (strcmp(OPS[i].name, op_name(request)) == 0) {
            run(n, request, OPS[i].handler);
            return;
        }
    }
    ops_refuse(n, request, ERR_UNSUPPORTED, REASON_NONE);
}

static bool is_append(const struct ipc_request *request)
{
    return strcmp(op_name(request), "append") == 0;
}

static bool may_use(struct node *n, const struct ipc_request *request)
{
    enum err err = request->conn.desk == 0 ? access_check(&n->access, request->uid)
                                           : desks_take(n, request);
    if (err != OK) {
        ops_refuse(n, request, err, REASON_NONE);
    }
    return err == OK;
}

void ops_serve(struct node *n)
{
    struct batch *b = &n->batch;
    bool allowed[QUEUE_MAX_REQUESTS];
    for (unsigned i = 0; i < b->request_count; i++) {
        allowed[i] = may_use(n, &b->requests[i]);
        if (allowed[i] && is_append(&b->requests[i])) {
            acts_add(n, &b->requests[i]);
        }
    }
    acts_commit(n);
    for (unsigned i = 0; i < b->request_count; i++) {
        if (allowed[i] && !is_append(&b->requests[i])) {
            dispatch(n, &b->requests[i]);
        }
        ipc_request_clear(&b->requests[i]);
    }
}

enum err ops_query(struct node *n, const struct ipc_request *request, struct answer *answer)
{
    return query_run(n->ledger, request->head, clock_unix_s(), &answer->reply);
}

/* A fork ends this log and not the bundle: it is told beside what was taken. */
static void log_fork(const struct node *n, const struct ipc_request *request, const char *member)
{
    struct logline line;
    logline_begin(&line, n->logger, LEVEL_ERROR, "fork");
    logline_text(&line, "member", member);
    ops_log_caller(&line, n, request->conn, request->uid);
    logline_err(&line, ERR_FORK);
    logline_end(&line);
}

enum err ops_receive(struct node *n, const struct ipc_request *request, struct answer *answer)
{
    struct bundle_result result = {0};
    enum err err = bundle_apply_message(n->ledger, buffer_span(&request->blob), &result);
    if (err == ERR_UNCERTAIN) {
        n->fatal = err;
    }
    if (err == OK || err == ERR_FORK) {
        answer->reply = json_pack("{s:I, s:I, s:I, s:I}", "entries", (json_int_t)result.entries,
                                  "parts", (json_int_t)result.parts, "cosignatures",
                                  (json_int_t)result.cosignatures, "skipped",
                                  (json_int_t)result.skipped);
    }
    if (result.cosignatures > 0) {
        n->waits.due = true;
        sync_show_cosigned(n->sync);
    }
    if (err == ERR_FORK && answer->reply != NULL) {
        log_fork(n, request, result.forked);
        json_object_set_new(answer->reply, "fork", json_string(result.forked));
        err = OK;
    }
    return err;
}

static enum err hash_of(const struct ipc_request *request, const char *key, struct hash *out)
{
    size_t len = 0;
    const char *text = ops_text(request, key);
    enum err err = text == NULL ? ERR_FORMAT
                                : hex_decode(out->b, HASH_BYTES, text, strlen(text), &len);
    return err == OK && len != HASH_BYTES ? ERR_FORMAT : err;
}

/* A part that we may read and lack, or hold spoilt or without our key, is asked of the peers. */
static enum err want_part(struct node *n, const struct part_place *at, enum err err)
{
    if (!ledger_part_may(n->ledger, at, ledger_self(n->ledger))) {
        return ERR_PERMISSION;
    }
    enum err asked = sync_want_part(n->sync, &at->ref->commitment);
    return asked == OK ? err : asked;
}

enum err ops_part(struct node *n, const struct ipc_request *request, struct answer *answer)
{
    struct hash id, commitment;
    struct entry e;
    struct part_place at;
    enum err err = hash_of(request, "entry", &id);
    if (err == OK) {
        err = hash_of(request, "commitment", &commitment);
    }
    if (err == OK) {
        err = ledger_part_find(n->ledger, &id, &commitment, &e, &at);
    }
    if (err != OK) {
        return err;
    }
    err = ledger_part_open(n->ledger, &at, &answer->blob);
    if (err == ERR_NOTFOUND || err == ERR_CORRUPT || err == ERR_KEY) {
        err = want_part(n, &at, err);
    }
    answer->reply = err == OK ? json_object() : NULL;
    return err;
}

enum err ops_wait(struct node *n, const struct ipc_request *request, struct answer *answer)
{
    answer->later = true;
    return waits_add(n, request);
}

enum err ops_stop(struct node *n, const struct ipc_request *request, struct answer *answer)
{
    enum err err = request->conn.desk == 0 ? access_check_owner(&n->access, request->uid)
                                           : ERR_PERMISSION;
    if (err == OK) {
        n->stopping = true;
        answer->reply = json_object();
    }
    return err;
}
