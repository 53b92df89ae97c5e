// link: -Wl,--wrap=mdb_txn_commit -Wl,--wrap=mdb_put -Wl,--wrap=fdatasync
/* Our own log grows: commits of many acts, refused ones among them, and a disk that fails. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <lmdb.h>

#include "ledger/log/draft.h"
#include "tests/support/paper.h"

enum { MEMBER = 2, OTHER = 3, MANY = 64 };

static struct fault { unsigned puts, commits, flushes; int error; } fault;

int __wrap_mdb_txn_commit(MDB_txn *txn);
int __real_mdb_txn_commit(MDB_txn *txn);
int __wrap_mdb_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data, unsigned flags);
int __real_mdb_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data, unsigned flags);
int __wrap_fdatasync(int fd);
int __real_fdatasync(int fd);

/* The counter reaches zero at the call that fails. */
static bool strikes(unsigned *left)
{
    return *left > 0 && --*left == 0;
}

int __wrap_mdb_txn_commit(MDB_txn *txn)
{
    if (!strikes(&fault.commits))
        return __real_mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return fault.error;
}

int __wrap_mdb_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data, unsigned flags)
{
    return strikes(&fault.puts) ? fault.error : __real_mdb_put(txn, dbi, key, data, flags);
}

int __wrap_fdatasync(int fd)
{
    if (!strikes(&fault.flushes))
        return __real_fdatasync(fd);
    errno = fault.error;
    return -1;
}

static int setup(void **state)
{
    const struct cluster_options options = {.seed = 90, .members = 4, .start_s = 1772323200};
    struct cluster *c = cluster_create(&options);
    cluster_open_all(c);
    fault = (struct fault){0};
    *state = c;
    return 0;
}

static int teardown(void **state)
{
    fault = (struct fault){0};
    cluster_free(*state);
    return 0;
}

static const struct log *own_log(struct cluster *c)
{
    return ledger_log(c->members[MEMBER].ledger, c->members[MEMBER].id, 0);
}

static uint64_t own_size(struct cluster *c) { return own_log(c)->frontier.size; }

/* A report, or an act on a case, signed on what the ledger composes now. */
static void entry_of(struct cluster *c, uint32_t kind, const struct hash *id, struct buffer *out)
{
    struct cluster_act a;
    if (kind == KIND_REPORT)
        cluster_report_act(&a, (unsigned)c->nonces);
    else
        cluster_act_init(&a, kind, id);
    if (kind == KIND_OFFER) {
        cluster_fact_text(&a, FACT_TO, c->members[OTHER].id);
        cluster_fact_text(&a, FACT_CLAUSE, "c");
        cluster_fact_uint(&a, FACT_GROUND, GROUND_NEAR);
    }
    cluster_entry(c, MEMBER, &a, out);
    cluster_act_clear(&a);
}

struct call { struct buffer bytes[MANY]; struct append items[MANY]; size_t count; };

static void add(struct call *call, struct cluster *c, uint32_t kind, const struct hash *id)
{
    struct buffer *bytes = &call->bytes[call->count];
    *bytes = (struct buffer){0};
    entry_of(c, kind, id, bytes);
    call->items[call->count++] = (struct append){.entry = buffer_span(bytes)};
}

static enum err run(struct call *call, struct cluster *c)
{
    return ledger_append(c->members[MEMBER].ledger, call->items, call->count);
}

static void clear(struct call *call)
{
    for (size_t i = 0; i < call->count; i++)
        buffer_clear(&call->bytes[i]);
    call->count = 0;
}

static void many_acts_share_one_commit(void **state)
{
    struct cluster *c = *state;
    static struct call call;
    uint64_t size = own_size(c);
    for (unsigned i = 0; i < MANY; i++)
        add(&call, c, KIND_REPORT, NULL);
    fault = (struct fault){.commits = 2, .error = EIO};
    assert_int_equal(run(&call, c), OK);
    assert_int_equal(fault.commits, 1);
    assert_int_equal(own_size(c), size + MANY);
    assert_int_equal(own_log(c)->head_size, size + MANY);
    for (unsigned i = 0; i < MANY; i++) {
        struct case_state s;
        assert_int_equal(call.items[i].err, OK);
        assert_int_equal(call.items[i].index, size + i);
        assert_int_equal(ledger_state(c->members[MEMBER].ledger, &call.items[i].id, &s), OK);
        assert_int_equal(s.phase, CASE_OPEN);
    }
    clear(&call);
}

static void of_two_acts_on_one_case_the_second_is_judged_after_the_first(void **state)
{
    struct cluster *c = *state;
    static struct call call;
    struct hash id = cluster_report(c, MEMBER, 1);
    uint64_t size = own_size(c);
    add(&call, c, KIND_OFFER, &id);
    add(&call, c, KIND_OFFER, &id);
    add(&call, c, KIND_PROGRESS, &id);
    add(&call, c, KIND_REPORT, NULL);
    assert_int_equal(run(&call, c), OK);
    assert_int_equal(call.items[0].err, OK);
    assert_int_equal(call.items[1].err, ERR_VOID);
    assert_int_not_equal(call.items[1].reason, REASON_NONE);
    assert_true(call.items[1].overtaken_base == (call.items[1].reason == REASON_BASE));
    assert_int_equal(call.items[2].err, OK);
    assert_int_equal(call.items[3].err, OK);
    assert_int_equal(own_size(c), size + 3);
    clear(&call);
}

static void a_void_act_among_good_ones_is_left_out(void **state)
{
    struct cluster *c = *state;
    static struct call call;
    struct hash id = cluster_report(c, MEMBER, 1);
    uint64_t size = own_size(c);
    add(&call, c, KIND_REPORT, NULL);
    add(&call, c, KIND_ACCEPT, &id);
    add(&call, c, KIND_PROGRESS, &id);
    add(&call, c, KIND_REPORT, NULL);
    call.bytes[3].data[call.bytes[3].len - 1] ^= 1;
    assert_int_equal(run(&call, c), OK);
    assert_int_equal(call.items[0].err, OK);
    assert_int_equal(call.items[1].err, ERR_VOID);
    assert_int_equal(call.items[1].reason, REASON_NO_OFFER);
    assert_int_equal(call.items[2].err, OK);
    assert_int_equal(call.items[3].err, ERR_SIGNATURE);
    assert_int_equal(own_size(c), size + 2);
    clear(&call);
}

/* Found only when both are in: two new cases under one nonce. */
static void an_act_refused_within_the_commit_leaves_the_others_in(void **state)
{
    struct cluster *c = *state;
    static struct call call;
    uint64_t size = own_size(c), nonces;
    add(&call, c, KIND_REPORT, NULL);
    nonces = c->nonces;
    add(&call, c, KIND_REPORT, NULL);
    c->nonces = nonces;
    add(&call, c, KIND_REPORT, NULL);
    add(&call, c, KIND_REPORT, NULL);
    assert_int_equal(run(&call, c), OK);
    const enum err expected[] = {OK, OK, ERR_VOID, OK};
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(call.items[i].err, expected[i]);
    assert_int_equal(call.items[2].reason, REASON_REPEATED);
    assert_int_equal(own_size(c), size + 3);
    clear(&call);
}

static void the_same_bytes_again_are_answered_as_before(void **state)
{
    struct cluster *c = *state;
    static struct call call;
    add(&call, c, KIND_REPORT, NULL);
    call.items[1] = (struct append){.entry = buffer_span(&call.bytes[0])};
    uint64_t size = own_size(c);
    assert_int_equal(ledger_append(c->members[MEMBER].ledger, call.items, 2), OK);
    for (unsigned again = 0; again < 2; again++) {
        for (unsigned i = 0; i < 2; i++) {
            assert_int_equal(call.items[i].err, OK);
            assert_int_equal(call.items[i].index, size);
        }
        assert_int_equal(own_size(c), size + 1);
        cluster_close(c, MEMBER);
        cluster_open(c, MEMBER);
        assert_int_equal(ledger_append(c->members[MEMBER].ledger, call.items, 2), OK);
    }
    clear(&call);
}

/* Every put in turn, then the commit, says that the disk is full. */
static void a_full_disk_takes_nothing_and_the_ledger_goes_on(void **state)
{
    struct cluster *c = *state;
    static struct call call;
    struct ledger *l = c->members[MEMBER].ledger;
    uint64_t size = own_size(c);
    struct buffer before = {0}, after = {0};
    add(&call, c, KIND_REPORT, NULL);
    add(&call, c, KIND_REPORT, NULL);
    ledger_dump(l, &before);
    for (unsigned nth = 1;; nth++) {
        fault = (struct fault){.puts = nth, .error = ENOSPC};
        if (run(&call, c) == OK)
            break;
        assert_int_equal(call.items[0].err, ERR_DISK_FULL);
        assert_int_equal(call.items[1].err, ERR_DISK_FULL);
        assert_int_equal(own_size(c), size);
        buffer_reset(&after);
        ledger_dump(l, &after);
        assert_int_equal(before.len, after.len);
        assert_memory_equal(before.data, after.data, before.len);
        assert_in_range(nth, 1, 100);
    }
    assert_int_equal(call.items[1].index, size + 1);
    clear(&call);
    add(&call, c, KIND_REPORT, NULL);
    fault = (struct fault){.commits = 1, .error = ENOSPC};
    assert_int_equal(run(&call, c), ERR_DISK_FULL);
    assert_int_equal(call.items[0].err, ERR_DISK_FULL);
    assert_int_equal(own_size(c), size + 2);
    assert_int_equal(run(&call, c), OK);
    assert_int_equal(call.items[0].index, size + 2);
    clear(&call);
    buffer_clear(&before);
    buffer_clear(&after);
}

static void a_full_disk_while_receiving_leaves_what_was(void **state)
{
    struct cluster *c = *state;
    struct paper log;
    struct ledger *to = c->members[OTHER].ledger;
    struct buffer before = {0}, after = {0};
    cluster_report(c, MEMBER, 1);
    paper_init(&log, c, MEMBER, c->members[MEMBER].ledger);
    ledger_dump(to, &before);
    unsigned nth = 1;
    for (;; nth++) {
        fault = (struct fault){.puts = nth, .error = ENOSPC};
        enum err err = paper_send(&log, to, log.count);
        if (err == OK)
            break;
        assert_int_equal(err, ERR_DISK_FULL);
        buffer_reset(&after);
        ledger_dump(to, &after);
        assert_int_equal(before.len, after.len);
        assert_memory_equal(before.data, after.data, before.len);
    }
    assert_in_range(nth, 5, 100);
    fault = (struct fault){0};
    assert_int_equal(ledger_log(to, c->members[MEMBER].id, 0)->frontier.size, log.count);
    paper_clear(&log);
    buffer_clear(&before);
    buffer_clear(&after);
}

/* A member is admitted in a commit that fails: its log and number are gone again. */
static void a_failed_commit_of_an_admission_leaves_no_member(void **state)
{
    struct cluster *c = *state;
    struct watcher w;
    struct paper log;
    paper_init(&log, c, 0, c->members[0].ledger);
    watcher_open(&w, c, "watcher");
    fault = (struct fault){.commits = 1, .error = ENOSPC};
    assert_int_equal(paper_send(&log, w.ledger, log.count), ERR_DISK_FULL);
    assert_int_equal(roster_member_count(ledger_roster(w.ledger)), 1);
    assert_null(ledger_log(w.ledger, c->members[OTHER].id, 0));
    assert_int_equal(ledger_folded(w.ledger), 0);
    assert_int_equal(paper_send(&log, w.ledger, log.count), OK);
    assert_int_equal(roster_member_count(ledger_roster(w.ledger)), 4);
    watcher_close(&w);
    paper_clear(&log);
}

static void a_commit_of_unknown_outcome_ends_the_process(void **state)
{
    struct cluster *c = *state;
    static struct call call;
    add(&call, c, KIND_REPORT, NULL);
    fault = (struct fault){.commits = 1, .error = EIO};
    assert_int_equal(run(&call, c), ERR_UNCERTAIN);
    assert_int_equal(call.items[0].err, ERR_UNCERTAIN);
    clear(&call);
}

static void a_head_that_cannot_be_sealed_is_not_answered(void **state)
{
    struct cluster *c = *state;
    static struct call call;
    uint64_t size = own_size(c);
    add(&call, c, KIND_REPORT, NULL);
    /* the store flushes with the commit; the last flush is that of last-head */
    fault = (struct fault){.flushes = 2, .error = EIO};
    enum err err = run(&call, c);
    if (err == OK) {
        clear(&call);
        add(&call, c, KIND_REPORT, NULL);
        fault = (struct fault){.flushes = 1, .error = EIO};
        err = run(&call, c);
        size++;
    }
    assert_int_equal(err, ERR_UNCERTAIN);
    assert_int_equal(call.items[0].err, ERR_UNCERTAIN);
    clear(&call);
    cluster_close(c, MEMBER);
    cluster_open(c, MEMBER);
    assert_in_range(own_size(c), size, size + 1);
    cluster_report(c, MEMBER, 1);
}

static void draft_put(struct cluster *c, uint64_t law, uint64_t created_s)
{
    struct ledger *l = c->members[MEMBER].ledger;
    struct compose says;
    struct buffer bytes = {0}, value = {0};
    struct cluster_act a;
    struct entry e;
    struct txn *t;
    uint8_t time[8];
    assert_int_equal(ledger_compose(l, KIND_REPORT, NULL, &says), OK);
    says.law_size = law;
    cluster_report_act(&a, 9);
    cluster_sign(c, MEMBER, &says, &a, &bytes);
    assert_int_equal(entry_decode(&e, buffer_span(&bytes)), OK);
    const struct draft d = {.payload = e.payload, .signer_count = 1, .signers = {e.signers[0]},
                            .needed = 2, .created_s = created_s};
    store_u64(time, created_s);
    assert_int_equal(buffer_put(&value, time, sizeof time), OK);
    assert_int_equal(draft_encode(&d, &value), OK);
    assert_int_equal(txn_write(ledger_store(l), &t), OK);
    assert_int_equal(table_put(t, TABLE_DRAFT, span_of("draft", 5), buffer_span(&value)), OK);
    assert_int_equal(txn_commit(t), OK);
    assert_int_equal(ledger_refresh(l), OK);
    cluster_act_clear(&a);
    buffer_clear(&bytes);
    buffer_clear(&value);
}

static uint64_t composed_law(struct cluster *c)
{
    struct compose says;
    assert_int_equal(ledger_compose(c->members[MEMBER].ledger, KIND_REPORT, NULL, &says), OK);
    return says.law_size;
}

static void a_waiting_draft_holds_the_law_of_what_is_composed_beside_it(void **state)
{
    struct cluster *c = *state;
    uint64_t law = composed_law(c);
    cluster_report(c, MEMBER, 1);
    cluster_report(c, 0, 1);
    cluster_pull(c, MEMBER, 0);
    assert_int_equal(composed_law(c), law + 1);
    draft_put(c, law, c->now_s);
    assert_int_equal(composed_law(c), law);
    cluster_report(c, MEMBER, 2);
    draft_put(c, law - 1, c->now_s);
    assert_int_equal(composed_law(c), law + 1);
    draft_put(c, law, c->now_s - 30 * 86400);
    assert_int_equal(composed_law(c), law + 1);
}

#define WITH_CLUSTER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_CLUSTER(many_acts_share_one_commit),
        WITH_CLUSTER(of_two_acts_on_one_case_the_second_is_judged_after_the_first),
        WITH_CLUSTER(a_void_act_among_good_ones_is_left_out),
        WITH_CLUSTER(an_act_refused_within_the_commit_leaves_the_others_in),
        WITH_CLUSTER(the_same_bytes_again_are_answered_as_before),
        WITH_CLUSTER(a_full_disk_takes_nothing_and_the_ledger_goes_on),
        WITH_CLUSTER(a_full_disk_while_receiving_leaves_what_was),
        WITH_CLUSTER(a_failed_commit_of_an_admission_leaves_no_member),
        WITH_CLUSTER(a_commit_of_unknown_outcome_ends_the_process),
        WITH_CLUSTER(a_head_that_cannot_be_sealed_is_not_answered),
        WITH_CLUSTER(a_waiting_draft_holds_the_law_of_what_is_composed_beside_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
