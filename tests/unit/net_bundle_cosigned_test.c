/* Cosignatures on a disc: what a cut-off member holds is known where the disc arrives. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ledger/cosign.h"
#include "ledger/level.h"
#include "net/bundle.h"
#include "tests/support/cluster.h"
#include "tools/audit/audit.h"

enum { CONVENOR, YINGJI, XIAOFANG, COUNT };
#define START_S UINT64_C(1772323200)

struct town { struct cluster *c; struct hash id; char path[CLUSTER_PATH_BYTES + 16]; };

static void cosign(struct town *t, unsigned member, uint64_t time_s)
{
    struct ledger *l = t->c->members[member].ledger;
    struct cosign_own own = {.log = ledger_log(l, "yingji", 0)->no};
    assert_int_equal(ledger_cosign_give(l, t->c->members[member].cosigner, time_s, &own, 1), OK);
    assert_int_equal(own.err, OK);
}

/* An act of yingji's that xiaofang holds and cosigned, and the convenor too; nobody told yingji. */
static struct town town_create(void)
{
    const struct cluster_options options = {.seed = 17, .members = COUNT, .start_s = START_S};
    struct town t = {.c = cluster_create(&options)};
    cluster_open_all(t.c);
    snprintf(t.path, sizeof t.path, "%s/disc.bundle", t.c->folder);
    t.id = cluster_report(t.c, YINGJI, 1);
    cluster_share(t.c);
    cosign(&t, XIAOFANG, START_S + 100);
    return t;
}

static void town_clear(struct town *t)
{
    cluster_free(t->c);
}

static unsigned mirrored(struct town *t)
{
    struct act_level level;
    struct position at;
    struct ledger *l = t->c->members[YINGJI].ledger;
    assert_int_equal(ledger_find_id(l, &t->id, &at), OK);
    assert_int_equal(ledger_level(l, at, START_S, &level), OK);
    return level.mirrored;
}

static void carry(struct town *t, const struct bundle_selection *what,
                  struct bundle_result *result)
{
    struct bundle_reader *b;
    assert_int_equal(bundle_create(t->c->members[XIAOFANG].ledger, t->path, what), OK);
    assert_int_equal(bundle_open(&b, t->path), OK);
    assert_int_equal(bundle_apply(t->c->members[YINGJI].ledger, b, result), OK);
    bundle_close(b);
}

static void a_cut_off_members_cosignature_travels_on_a_disc(void **state)
{
    (void)state;
    struct town t = town_create();
    struct bundle_result result;
    assert_int_equal(mirrored(&t), 0);
    carry(&t, &(struct bundle_selection){.parts = false}, &result);
    assert_int_equal(result.cosignatures, 1);
    assert_int_equal(mirrored(&t), 1);
    carry(&t, &(struct bundle_selection){.parts = false}, &result);
    assert_int_equal(result.cosignatures, 0);
    town_clear(&t);
}

static void a_bundle_of_one_case_carries_what_covers_its_acts(void **state)
{
    (void)state;
    struct town t = town_create();
    struct bundle_result result;
    carry(&t, &(struct bundle_selection){.case_id = &t.id}, &result);
    assert_int_equal(result.cosignatures, 1);
    assert_int_equal(mirrored(&t), 1);
    town_clear(&t);
}

/* ---- audit ---- */

static void found(void *ctx, const struct finding *f)
{
    unsigned *count = ctx;
    *count += f->kind == FIND_COSIGNED;
}

static void line(void *ctx, const struct audit_line *l)
{
    (void)ctx;
    (void)l;
}

static struct audit_summary audited(struct town *t, const char *bundle, unsigned *wrong)
{
    struct audit_summary sum;
    const struct audit_report report = {wrong, found, line, NULL};
    const struct audit_options options = {.pinned = &t->c->ledger, .threads = 1};
    *wrong = 0;
    if (bundle != NULL)
        assert_int_equal(audit_file(bundle, &options, &report, &sum), OK);
    else
        assert_int_equal(audit_home(t->c->members[XIAOFANG].home, &options, &report, &sum), OK);
    return sum;
}

static void the_audit_verifies_those_of_a_home_and_of_a_bundle(void **state)
{
    (void)state;
    struct town t = town_create();
    struct bundle_result result;
    unsigned wrong;
    carry(&t, &(struct bundle_selection){.parts = false}, &result);
    struct audit_summary sum = audited(&t, t.path, &wrong);
    assert_int_equal(sum.cosignatures, 1);
    assert_false(sum.broken);
    carry(&t, &(struct bundle_selection){.case_id = &t.id}, &result);
    sum = audited(&t, t.path, &wrong);     /* xiaofang's certificate is not in that file */
    assert_int_equal(sum.cosignatures, 0);
    assert_int_equal(sum.cosignatures_unproven, 1);
    cluster_close(t.c, XIAOFANG);
    sum = audited(&t, NULL, &wrong);
    assert_int_equal(sum.cosignatures, 1);
    assert_int_equal(wrong, 0);
    town_clear(&t);
}

/* Any change of a stored row is found. */
static void a_changed_cosignature_is_broken_data(void **state)
{
    (void)state;
    for (unsigned part = 0; part < 4; part++) {
        struct town t = town_create();
        struct store *store = ledger_store(t.c->members[XIAOFANG].ledger);
        struct cosign_cursor cursor = {.started = false};
        struct cosign_row row;
        struct txn *w;
        unsigned wrong;
        assert_int_equal(txn_write(store, &w), OK);
        assert_int_equal(cosign_row_next(w, &cursor, &row), OK);
        assert_int_equal(cosign_row_del(w, &row), OK);
        switch (part) {
        case 0: row.time_s++; break;
        case 1: row.sig.b[7] ^= 1; break;
        case 2: row.size--; break;
        default: row.certificate++; break;
        }
        assert_int_equal(cosign_row_put(w, &row), OK);
        assert_int_equal(txn_commit(w), OK);
        cluster_close(t.c, XIAOFANG);
        struct audit_summary sum = audited(&t, NULL, &wrong);
        assert_int_equal(wrong, 1);
        assert_true(sum.broken);
        town_clear(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_off_members_cosignature_travels_on_a_disc),
        cmocka_unit_test(a_bundle_of_one_case_carries_what_covers_its_acts),
        cmocka_unit_test(the_audit_verifies_those_of_a_home_and_of_a_bundle),
        cmocka_unit_test(a_changed_cosignature_is_broken_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
