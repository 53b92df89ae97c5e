#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/log/home.h"
#include "net/bundle.h"
#include "tests/support/cluster.h"
#include "tools/audit/audit.h"

enum { FINDINGS_MAX = 256, SHOWN = 8 };

struct seen {
    unsigned counts[FIND_AHEAD + 1], lines, incomplete;
    struct finding last[FIND_AHEAD + 1];
};

static void found(void *ctx, const struct finding *f)
{
    struct seen *s = ctx;
    if (s->counts[f->kind]++ < SHOWN)
        print_message("%s/%u %s index %llu size %llu other %llu: %s %s\n",
                      f->member == NULL ? "-" : f->member, f->epoch, finding_name(f->kind),
                      (unsigned long long)f->index, (unsigned long long)f->size,
                      (unsigned long long)f->other, reason_name(f->reason), err_name(f->err));
    s->last[f->kind] = *f;
    s->last[f->kind].member = NULL;
}

static void line(void *ctx, const struct audit_line *l)
{
    struct seen *s = ctx;
    s->lines++;
    s->incomplete += !l->complete;
}

static void audit(const char *home, const char *own, struct seen *seen,
                  struct audit_summary *out)
{
    const struct audit_report report = {.ctx = seen, .found = found, .line = line};
    const struct audit_options options = {.own = own, .threads = 2};
    *seen = (struct seen){.lines = 0};
    assert_int_equal(audit_home(home, &options, &report, out), OK);
}

static struct cluster *committee(unsigned members)
{
    const struct cluster_options options = {.seed = 7, .members = members,
                                            .start_s = 1767225600};
    struct cluster *c = cluster_create(&options);
    cluster_open_all(c);
    return c;
}

static void append_simple(struct cluster *c, unsigned member, uint32_t kind,
                          const struct hash *case_id, const char *to)
{
    struct cluster_act a;
    cluster_act_init(&a, kind, case_id);
    if (to != NULL)
        cluster_fact_text(&a, FACT_TO, to);
    if (kind == KIND_OFFER) {
        cluster_fact_text(&a, FACT_CLAUSE, "安全生产法第69条");
        cluster_fact_uint(&a, FACT_GROUND, GROUND_COMPETENT);
    }
    cluster_append(c, member, &a, NULL);
    cluster_act_clear(&a);
    cluster_share(c);
}

/* Three cases, one handed over. */
static void history(struct cluster *c, struct hash cases[3])
{
    for (unsigned i = 0; i < 3; i++) {
        cases[i] = cluster_report(c, 1, i);
        cluster_share(c);
    }
    append_simple(c, 1, KIND_OFFER, &cases[0], c->members[2].id);
    append_simple(c, 2, KIND_ACCEPT, &cases[0], NULL);
    append_simple(c, 2, KIND_PROGRESS, &cases[0], NULL);
}

static void honest_home_holds(void **state)
{
    struct hash cases[3];
    struct seen seen;
    struct cluster *c = committee(4);
    (void)state;
    history(c, cases);
    for (unsigned i = 0; i < c->count; i++) {
        struct audit_summary out;
        audit(c->members[i].home, c->members[i].id, &seen, &out);
        assert_false(out.broken);
        assert_false(out.listed);
        assert_int_equal(out.cases, 3);
        assert_int_equal(out.logs, 4);
        assert_int_equal(seen.lines, 4);
        assert_true(out.signatures >= out.entries);
    }
    cluster_free(c);
}


/* ---- the cheats ---- */

/* Every copy of the bytes in the data file, those on pages of the past too. */
static void patch_file(const char *home, struct span bytes)
{
    char path[HOME_PATH_BYTES];
    struct buffer whole = {0};
    unsigned patched = 0;
    assert_int_equal(home_path(path, sizeof path, home, "db/data.mdb"), OK);
    assert_int_equal(file_read(path, (size_t)1 << 30, &whole), OK);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    const uint8_t *at = whole.data, *end = whole.data + whole.len;
    while ((at = memmem(at, (size_t)(end - at), bytes.data, bytes.len)) != NULL) {
        assert_int_equal(fseek(file, (long)(at - whole.data) + 70, SEEK_SET), 0);
        assert_int_equal(fputc(at[70] ^ 1, file), at[70] ^ 1);
        at += bytes.len;
        patched++;
    }
    assert_int_equal(fclose(file), 0);
    assert_true(patched > 0);
    buffer_clear(&whole);
}

static void changed_byte_is_named_by_log_and_index(void **state)
{
    struct hash cases[3];
    struct seen seen;
    struct span entry;
    struct buffer copy = {0};
    struct cluster *c = committee(4);
    (void)state;
    history(c, cases);
    struct ledger *l = c->members[2].ledger;
    uint64_t last = ledger_log(l, "yingji", 0)->frontier.size - 1;
    assert_int_equal(log_read(ledger_txn(l), ledger_log(l, "yingji", 0)->no, last, &entry), OK);
    assert_int_equal(buffer_put(&copy, entry.data, entry.len), OK);
    cluster_close(c, 2);
    patch_file(c->members[2].home, buffer_span(&copy));
    struct audit_summary out;
    audit(c->members[2].home, NULL, &seen, &out);
    assert_true(out.broken);
    assert_int_equal(out.first.kind, FIND_BYTES);
    assert_string_equal(out.first_member, "yingji");
    assert_int_equal(out.first.index, last);
    assert_int_equal(seen.counts[FIND_BYTES], 1);
    buffer_clear(&copy);
    cluster_free(c);
}

struct leaves { struct hash all[PACKAGE_ENTRIES]; };

static enum err leaf_read(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    struct leaves *l = ctx;
    merkle_root(&l->all[index << level], (uint64_t)1 << level, out);
    return OK;
}

/* What a modified node of `member` would publish: its log grown by `entry`, under a good
 * checkpoint, received by everybody else. */
static void publish(struct cluster *c, unsigned member, struct span entry)
{
    static struct leaves leaves;
    const struct log *log = ledger_log(c->members[3].ledger, c->members[member].id, 0);
    const uint64_t size = log->frontier.size;
    const struct hash_reader r = {&leaves, leaf_read};
    struct frontier f = log->frontier;
    struct checkpoint head = {.size = size + 1};
    struct package p = {.start = size, .tree_size = size + 1, .count = 1, .entries = {entry}};
    const struct package *list[1] = {&p};
    struct proof consistency;
    struct buffer note = {0};
    assert_int_equal(log_leaves(ledger_txn(c->members[3].ledger), log->no, 0, leaves.all,
                                (size_t)size), OK);
    merkle_leaf(entry, &leaves.all[size]);
    frontier_append(&f, &leaves.all[size]);
    frontier_root(&f, &head.root);
    snprintf(head.origin, sizeof head.origin, "%s", log->origin);
    memcpy(p.member, log->member, sizeof p.member);
    assert_int_equal(merkle_consistency(&r, size, size + 1, &consistency), OK);
    assert_int_equal(checkpoint_sign(&head, c->members[member].node, &note), OK);
    for (unsigned i = 0; i < c->count; i++) {
        if (i != member)
            assert_int_equal(ledger_receive(c->members[i].ledger, buffer_span(&note), &consistency,
                                            list, 1), OK);
    }
    buffer_clear(&note);
}

static void act_of_somebody_not_enrolled_is_proven_and_listed(void **state)
{
    struct hash cases[3];
    struct seen seen;
    struct compose compose;
    struct cluster_act a;
    struct buffer entry = {0};
    struct cluster *c = committee(4);
    (void)state;
    history(c, cases);
    assert_int_equal(ledger_compose(c->members[1].ledger, KIND_PROGRESS, &cases[1], &compose), OK);
    cluster_act_init(&a, KIND_PROGRESS, &cases[1]);
    a.signer_count = 1;
    a.signers[0].member = 3;
    a.signers[0].officer = OFFICER_HANDLER;
    a.signers[0].role = ROLE_HANDLE;
    cluster_sign(c, 1, &compose, &a, &entry);
    publish(c, 1, buffer_span(&entry));
    struct audit_summary out;
    audit(c->members[2].home, c->members[2].id, &seen, &out);
    assert_false(out.broken);
    assert_true(out.listed);
    assert_int_equal(seen.counts[FIND_VOID], 1);
    assert_int_equal(out.void_count, 1);
    cluster_act_clear(&a);
    buffer_clear(&entry);
    cluster_free(c);
}

static void copy_home(const char *from, const char *to, const char *what)
{
    char command[2048];
    snprintf(command, sizeof command, "mkdir -p '%s' && cp -r '%s/%s' '%s/'", to, from, what, to);
    assert_int_equal(system(command), 0);
}

static void log_served_short_is_caught_by_another_copy(void **state)
{
    struct hash cases[3];
    struct seen seen;
    char old[512];
    struct cluster *c = committee(4);
    (void)state;
    snprintf(old, sizeof old, "%s/old", c->folder);
    cluster_close(c, 2);
    copy_home(c->members[2].home, old, ".");
    cluster_open(c, 2);
    history(c, cases);
    const struct audit_report report = {.ctx = &seen, .found = found, .line = line};
    struct audit_options options = {.against = c->members[1].home};
    struct audit_summary out;
    seen = (struct seen){.lines = 0};
    assert_int_equal(audit_home(old, &options, &report, &out), OK);
    assert_false(out.broken);
    assert_true(out.listed);
    assert_true(seen.counts[FIND_SHORT] > 0);
    seen = (struct seen){.lines = 0};
    options.against = c->members[3].home;
    assert_int_equal(audit_home(c->members[1].home, &options, &report, &out), OK);
    assert_false(out.listed);
    options.against = old;
    seen = (struct seen){.lines = 0};
    assert_int_equal(audit_home(c->members[1].home, &options, &report, &out), OK);
    assert_false(out.listed);
    assert_true(seen.counts[FIND_AHEAD] > 0);
    cluster_free(c);
}

static void home_older_than_what_it_published_is_broken(void **state)
{
    struct hash cases[3];
    struct seen seen;
    char old[512];
    struct cluster *c = committee(4);
    (void)state;
    snprintf(old, sizeof old, "%s/old", c->folder);
    cluster_close(c, 1);
    copy_home(c->members[1].home, old, ".");
    struct audit_summary out;
    audit(old, "yingji", &seen, &out);
    assert_false(out.broken);
    cluster_open(c, 1);
    history(c, cases);
    copy_home(c->members[1].home, old, "last-head");
    audit(old, "yingji", &seen, &out);
    assert_true(out.broken);
    assert_int_equal(out.first.kind, FIND_ROLLBACK);
    cluster_free(c);
}

static void closure_over_a_hidden_listing_is_told(void **state)
{
    struct hash cases[3];
    struct seen seen;
    struct cluster_act a;
    struct cluster *c = committee(4);
    (void)state;
    history(c, cases);
    cluster_act_init(&a, KIND_VERIFY, &cases[1]);
    cluster_fact_uint(&a, FACT_OUTCOME, OUTCOME_PASS);
    a.signer_count = 2;
    for (unsigned i = 0; i < 2; i++) {
        a.signers[i].member = 1;
        a.signers[i].officer = i == 0 ? OFFICER_VERIFIER : OFFICER_VERIFIER_2;
        a.signers[i].role = ROLE_VERIFY;
    }
    cluster_append(c, 1, &a, NULL);
    cluster_act_clear(&a);
    cluster_share(c);
    cluster_act_init(&a, KIND_SUPERVISE, &cases[1]);
    cluster_fact_uint(&a, FACT_LEVEL, SUPERVISE_CITY);
    cluster_append(c, 0, &a, NULL);
    cluster_act_clear(&a);
    append_simple(c, 1, KIND_CLOSE, &cases[1], NULL);
    struct audit_summary out;
    audit(c->members[3].home, NULL, &seen, &out);
    assert_false(out.broken);
    assert_false(out.listed);
    assert_int_equal(seen.counts[FIND_OVERTAKEN], 1);
    assert_int_equal(out.overtaken, 1);
    cluster_free(c);
}

static void changed_state_is_found(void **state)
{
    struct hash cases[3];
    struct seen seen;
    struct store *store;
    struct txn *t;
    struct span value;
    struct buffer copy = {0};
    char path[512];
    struct cluster *c = committee(4);
    (void)state;
    history(c, cases);
    cluster_close(c, 2);
    snprintf(path, sizeof path, "%s/db", c->members[2].home);
    assert_int_equal(store_open(&store, path, false, false), OK);
    assert_int_equal(txn_write(store, &t), OK);
    const struct span key = span_of(cases[0].b, HASH_BYTES);
    const struct span other = span_of(cases[1].b, HASH_BYTES);
    assert_int_equal(table_get(t, TABLE_CASE, other, &value), OK);
    assert_int_equal(buffer_put(&copy, value.data, value.len), OK);
    assert_int_equal(table_put(t, TABLE_CASE, key, buffer_span(&copy)), OK);
    assert_int_equal(txn_commit(t), OK);
    store_close(store);
    struct audit_summary out;
    audit(c->members[2].home, NULL, &seen, &out);
    assert_true(out.broken);
    assert_int_equal(seen.counts[FIND_STATE], 1);
    assert_memory_equal(seen.last[FIND_STATE].case_id.b, cases[0].b, HASH_BYTES);
    buffer_clear(&copy);
    cluster_free(c);
}

/* The newest entries of one log alone, from one member to another. */
static void carry(struct cluster *c, unsigned from, unsigned to, const char *member)
{
    struct ledger *l = c->members[from].ledger;
    const struct log *log = ledger_log(l, member, 0);
    const uint64_t held = ledger_log(c->members[to].ledger, member, 0)->frontier.size;
    struct log_hashes hashes = {ledger_txn(l), log->no};
    const struct hash_reader r = log_hash_reader(&hashes);
    struct buffer bytes = {0};
    struct package p;
    const struct package *list[1] = {&p};
    struct proof consistency;
    struct span note;
    assert_int_equal(log_head(hashes.txn, log->no, &note), OK);
    assert_int_equal(merkle_consistency(&r, held, log->frontier.size, &consistency), OK);
    assert_int_equal(package_encode(hashes.txn, log, held, log->frontier.size, &bytes), OK);
    assert_int_equal(package_decode(&p, buffer_span(&bytes)), OK);
    assert_int_equal(ledger_receive(c->members[to].ledger, note, &consistency, list, 1), OK);
    buffer_clear(&bytes);
}

static void act_that_rests_on_what_is_not_held_is_pending_and_holds(void **state)
{
    struct seen seen;
    struct cluster_act a;
    struct cluster *c = committee(4);
    (void)state;
    struct hash one = cluster_report(c, 1, 1);
    cluster_pull(c, 0, 1);
    cluster_act_init(&a, KIND_SUPERVISE, &one);
    cluster_fact_uint(&a, FACT_LEVEL, SUPERVISE_CITY);
    cluster_append(c, 0, &a, NULL);
    cluster_act_clear(&a);
    struct hash two = cluster_report(c, 2, 2);
    carry(c, 0, 3, "anweiban");
    carry(c, 2, 3, "xiaofang");
    struct audit_summary out;
    audit(c->members[3].home, c->members[3].id, &seen, &out);
    assert_false(out.broken);
    assert_int_equal(out.pending, 1);
    assert_int_equal(seen.counts[FIND_PENDING], 1);
    cluster_pull(c, 0, 2);
    append_simple(c, 2, KIND_PROGRESS, &two, NULL);
    audit(c->members[3].home, c->members[3].id, &seen, &out);
    assert_false(out.broken);
    assert_int_equal(out.pending, 0);
    cluster_free(c);
}

/* A law beyond the held part of the convenor's log makes an act wait though its case is whole. */
static void act_under_a_law_not_held_is_pending_and_holds(void **state)
{
    struct seen seen;
    struct cluster_act a;
    struct cluster *c = committee(4);
    (void)state;
    struct hash one = cluster_report(c, 1, 1), two = cluster_report(c, 2, 2);
    cluster_share(c);
    cluster_act_init(&a, KIND_SUPERVISE, &one);
    cluster_fact_uint(&a, FACT_LEVEL, SUPERVISE_CITY);
    cluster_append(c, 0, &a, NULL);
    cluster_act_clear(&a);
    cluster_pull(c, 2, 0);
    cluster_act_init(&a, KIND_PROGRESS, &two);
    cluster_append(c, 2, &a, NULL);
    cluster_act_clear(&a);
    carry(c, 2, 3, "xiaofang");
    struct audit_summary out;
    audit(c->members[3].home, c->members[3].id, &seen, &out);
    assert_false(out.broken);
    assert_int_equal(out.pending, 1);
    cluster_free(c);
}

/* Signs an act under a law, citing one more id, and publishes it; its id. */
static struct hash publish_act(struct cluster *c, unsigned member, uint32_t kind,
                               const struct hash *case_id, uint64_t law, const struct hash *ref)
{
    struct compose compose;
    struct cluster_act a;
    struct buffer entry = {0};
    struct hash id;
    assert_int_equal(ledger_compose(c->members[member].ledger, kind, case_id, &compose), OK);
    compose.law_size = law;
    if (ref != NULL)
        compose.refs[compose.ref_count++] = *ref;
    cluster_act_init(&a, kind, case_id);
    if (kind == KIND_SUPERVISE)
        cluster_fact_uint(&a, FACT_LEVEL, SUPERVISE_CITY);
    cluster_sign(c, member, &compose, &a, &entry);
    merkle_leaf(buffer_span(&entry), &id);
    publish(c, member, buffer_span(&entry));
    cluster_act_clear(&a);
    buffer_clear(&entry);
    return id;
}

/* A member claims a law that the convenor's log reaches only later, the convenor cites it, and its
 * next act, on another case, rests on that: all three reach each other. */
static void cycle_over_two_cases_is_judged_as_the_node_judges_it(void **state)
{
    struct seen seen;
    struct cluster *c = committee(4);
    (void)state;
    struct hash one = cluster_report(c, 1, 1), two = cluster_report(c, 2, 2);
    cluster_share(c);
    const uint64_t law = ledger_log(c->members[3].ledger, "anweiban", 0)->frontier.size;
    struct hash early = publish_act(c, 1, KIND_PROGRESS, &one, law + 2, NULL);
    publish_act(c, 0, KIND_SUPERVISE, &one, law, &early);
    publish_act(c, 0, KIND_SUPERVISE, &two, law + 1, NULL);
    struct audit_summary out;
    audit(c->members[3].home, NULL, &seen, &out);
    assert_false(out.broken);
    assert_int_equal(seen.counts[FIND_VOID], 3);
    assert_int_equal(seen.last[FIND_VOID].reason, REASON_CYCLE);
    cluster_free(c);
}

/* ---- files ---- */

static void audit_bundle(const char *path, const struct hash *pinned, struct seen *seen,
                         struct audit_summary *out)
{
    const struct audit_report report = {.ctx = seen, .found = found, .line = line};
    const struct audit_options options = {.pinned = pinned, .threads = 2};
    *seen = (struct seen){.lines = 0};
    assert_int_equal(audit_file(path, &options, &report, out), OK);
}

static void flip(const char *path, long from_end)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, -from_end, SEEK_END), 0);
    int byte = fgetc(file);
    assert_int_equal(fseek(file, -from_end, SEEK_END), 0);
    assert_int_equal(fputc(byte ^ 1, file), byte ^ 1);
    assert_int_equal(fclose(file), 0);
}

static void bundle_is_audited_from_the_file_alone(void **state)
{
    struct hash cases[3], wrong = {{1}};
    struct seen seen;
    char path[512];
    struct cluster *c = committee(4);
    const struct bundle_selection all = {NULL, NULL, false};
    (void)state;
    history(c, cases);
    snprintf(path, sizeof path, "%s/all.bundle", c->folder);
    assert_int_equal(bundle_create(c->members[3].ledger, path, &all), OK);
    struct audit_summary out;
    audit_bundle(path, &c->ledger, &seen, &out);
    assert_false(out.broken);
    assert_false(out.partial);
    assert_int_equal(out.cases, 3);
    assert_int_equal(seen.lines, 4);
    assert_int_equal(seen.incomplete, 0);
    audit_bundle(path, &wrong, &seen, &out);
    assert_true(out.broken);
    assert_int_equal(seen.counts[FIND_GENESIS], 1);
    flip(path, 500);
    audit_bundle(path, &c->ledger, &seen, &out);
    assert_true(out.broken);
    assert_int_equal(seen.counts[FIND_FILE], 1);
    flip(path, 500);
    assert_int_equal(truncate(path, 3000), 0);
    audit_bundle(path, &c->ledger, &seen, &out);
    assert_true(out.broken);
    assert_int_equal(seen.counts[FIND_FILE], 1);
    cluster_free(c);
}

static void partial_bundle_tells_its_ranges(void **state)
{
    struct hash cases[3];
    struct seen seen;
    char path[512];
    struct cluster *c = committee(4);
    (void)state;
    history(c, cases);
    const struct bundle_selection one = {NULL, &cases[0], false};
    snprintf(path, sizeof path, "%s/one.bundle", c->folder);
    assert_int_equal(bundle_create(c->members[3].ledger, path, &one), OK);
    struct audit_summary out;
    audit_bundle(path, &c->ledger, &seen, &out);
    assert_false(out.broken);
    assert_true(out.partial);
    assert_int_equal(out.cases, 0);
    assert_int_equal(seen.counts[FIND_RANGE], 2);
    /* entries of logs that the file holds in part are counted like those of whole ones */
    assert_true(out.entries > ledger_log(c->members[3].ledger, "anweiban", 0)->frontier.size);
    cluster_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(honest_home_holds),
        cmocka_unit_test(changed_byte_is_named_by_log_and_index),
        cmocka_unit_test(act_of_somebody_not_enrolled_is_proven_and_listed),
        cmocka_unit_test(log_served_short_is_caught_by_another_copy),
        cmocka_unit_test(home_older_than_what_it_published_is_broken),
        cmocka_unit_test(closure_over_a_hidden_listing_is_told),
        cmocka_unit_test(changed_state_is_found),
        cmocka_unit_test(act_that_rests_on_what_is_not_held_is_pending_and_holds),
        cmocka_unit_test(act_under_a_law_not_held_is_pending_and_holds),
        cmocka_unit_test(cycle_over_two_cases_is_judged_as_the_node_judges_it),
        cmocka_unit_test(bundle_is_audited_from_the_file_alone),
        cmocka_unit_test(partial_bundle_tells_its_ranges),
    };
    return keys_start() == OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
