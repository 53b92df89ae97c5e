/* Cosignatures on a disc: what a cut-off member holds is known where the disc arrives. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ledger/cosign.h"
#include "ledger/level.h"
#include "ledger/log/home.h"
#include "net/bundle.h"
#include "net/bundle_file.h"
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

struct seen { enum finding_kind kind; unsigned count; };

static void found(void *ctx, const struct finding *f)
{
    struct seen *seen = ctx;
    seen->count += f->kind == seen->kind;
}

static void line(void *ctx, const struct audit_line *l)
{
    (void)ctx;
    (void)l;
}

static struct audit_summary audited_as(struct town *t, const char *bundle, struct seen *seen)
{
    struct audit_summary sum;
    const struct audit_report report = {seen, found, line, NULL};
    const struct audit_options options = {.pinned = &t->c->ledger, .threads = 1};
    if (bundle != NULL)
        assert_int_equal(audit_file(bundle, &options, &report, &sum), OK);
    else
        assert_int_equal(audit_home(t->c->members[XIAOFANG].home, &options, &report, &sum), OK);
    return sum;
}

static struct audit_summary audited(struct town *t, const char *bundle, unsigned *wrong)
{
    struct seen seen = {.kind = FIND_COSIGNED};
    struct audit_summary sum = audited_as(t, bundle, &seen);
    *wrong = seen.count;
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
    cluster_close(t.c, XIAOFANG);
    sum = audited(&t, NULL, &wrong);
    assert_int_equal(sum.cosignatures, 1);
    assert_int_equal(wrong, 0);
    town_clear(&t);
}

/* ---- one case, read by somebody who holds no log ---- */

/* Works on: what was cosigned is of a tree that has grown since. */
static void file_of_one_case(struct town *t)
{
    cosign(t, CONVENOR, START_S + 150);
    cluster_reports(t->c, YINGJI, 300);
    cluster_share(t->c);
    assert_int_equal(bundle_create(t->c->members[XIAOFANG].ledger, t->path,
                                   &(struct bundle_selection){.case_id = &t->id}), OK);
}

static void a_file_of_one_case_proves_its_cosignatures_alone(void **state)
{
    (void)state;
    struct town t = town_create();
    unsigned wrong;
    file_of_one_case(&t);
    struct audit_summary sum = audited(&t, t.path, &wrong);
    assert_int_equal(sum.cosignatures, 1);
    assert_int_equal(sum.cosignatures_unproven, 0);
    assert_true(sum.partial);
    assert_false(sum.broken);
    town_clear(&t);
}

static void add_frame(struct buffer *out, struct hash *chain, struct span frame)
{
    bundle_chain_add(chain, frame);
    assert_int_equal(buffer_put_u32(out, (uint32_t)frame.len), OK);
    assert_int_equal(buffer_put(out, frame.data, frame.len), OK);
}

/* The file again with the first message of a type replaced, or left out for an empty one; its own
 * hash is made to fit. */
static void message_replace(struct town *t, uint8_t type, struct span with)
{
    struct buffer in = {0}, out = {0};
    struct hash h;
    size_t at = strlen(BUNDLE_MAGIC);
    unsigned replaced = 0;
    assert_int_equal(file_read(t->path, 64 * 1024 * 1024, &in), OK);
    assert_int_equal(buffer_put(&out, in.data, at), OK);
    bundle_chain_start(&h);
    for (uint32_t len; (len = load_u32(in.data + at)) != 0; at += 4 + len) {
        struct span frame = span_of(in.data + at + 4, len);
        if (frame.data[0] == type && replaced++ == 0)
            frame = with;
        if (frame.len != 0)
            add_frame(&out, &h, frame);
    }
    assert_true(replaced > 0);
    assert_int_equal(buffer_put_u32(&out, 0), OK);
    assert_int_equal(buffer_put(&out, h.b, HASH_BYTES), OK);
    FILE *f = fopen(t->path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(out.data, 1, out.len, f), out.len);
    assert_int_equal(fclose(f), 0);
    buffer_clear(&in);
    buffer_clear(&out);
}

/* That message with a bit changed at `back` bytes from its end, or left out for 0. */
static void message_change(struct town *t, uint8_t type, size_t back)
{
    struct bundle_reader *b;
    struct span frame;
    struct buffer changed = {0};
    assert_int_equal(bundle_open(&b, t->path), OK);
    do {
        assert_int_equal(bundle_next(b, &frame), OK);
    } while (frame.data[0] != type);
    assert_int_equal(buffer_put(&changed, frame.data, back == 0 ? 0 : frame.len), OK);
    bundle_close(b);
    if (back != 0)
        changed.data[changed.len - back] ^= 1;
    message_replace(t, type, buffer_span(&changed));
    buffer_clear(&changed);
}

static void each_link_that_is_changed_in_it_is_found(void **state)
{
    (void)state;
    static const struct {
        uint8_t type;
        size_t back;
        enum finding_kind kind;
        bool unproven;
    } rows[] = {
        {MSG_PROVEN, 20, FIND_PROVEN, true},         /* the head that it stands under */
        {MSG_PROVEN, 400, FIND_PROVEN, true},        /* its signature, or the proof */
        {MSG_PROVEN, 600, FIND_PROVEN, true},        /* its keys */
        {MSG_PROVEN, 0, FIND_VOID, true},            /* left out: nothing wrong, nothing proven */
        {MSG_CONSISTENCY, 1, FIND_COSIGNED, false},
        {MSG_CONSISTENCY, 0, FIND_VOID, true},
        {MSG_COSIGN, 30, FIND_COSIGNED, false},      /* the cosigner's signature */
        {MSG_COSIGN, 200, FIND_COSIGNED, false},     /* the log's */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct town t = town_create();
        struct seen seen = {.kind = rows[i].kind};
        file_of_one_case(&t);
        message_change(&t, rows[i].type, rows[i].back);
        struct audit_summary sum = audited_as(&t, t.path, &seen);
        assert_int_equal(sum.cosignatures, 0);
        assert_int_equal(sum.cosignatures_unproven, rows[i].unproven);
        assert_int_equal(sum.broken, rows[i].back != 0);
        assert_int_equal(seen.count, rows[i].back != 0);
        town_clear(&t);
    }
}

static double cpu_s(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

/* The file again, with proofs about other sizes, and its cosignature over and over. */
static void crowd(struct town *t, unsigned others, unsigned again)
{
    struct buffer in = {0}, out = {0}, frame = {0};
    struct hash h;
    struct message *m = calloc(1, sizeof *m);
    FILE *f;
    assert_non_null(m);
    assert_int_equal(file_read(t->path, 64 * 1024 * 1024, &in), OK);
    size_t at = strlen(BUNDLE_MAGIC);
    assert_int_equal(buffer_put(&out, in.data, at), OK);
    bundle_chain_start(&h);
    for (uint32_t len; (len = load_u32(in.data + at)) != 0; at += 4 + len) {
        const struct span one = span_of(in.data + at + 4, len);
        for (unsigned i = 0; one.data[0] == MSG_CONSISTENCY && i < others; i++) {
            assert_int_equal(message_decode(m, one), OK);
            m->u.consistency.to += 1 + i;
            buffer_reset(&frame);
            assert_int_equal(message_encode(m, &frame), OK);
            add_frame(&out, &h, buffer_span(&frame));
        }
        for (unsigned i = 0; i < (one.data[0] == MSG_COSIGN ? again : 1); i++)
            add_frame(&out, &h, one);
    }
    assert_int_equal(buffer_put_u32(&out, 0), OK);
    assert_int_equal(buffer_put(&out, h.b, HASH_BYTES), OK);
    assert_non_null(f = fopen(t->path, "wb"));
    assert_int_equal(fwrite(out.data, 1, out.len, f), out.len);
    assert_int_equal(fclose(f), 0);
    buffer_clear(&in);
    buffer_clear(&out);
    buffer_clear(&frame);
    free(m);
}

static double crowded_s(unsigned others, unsigned again)
{
    struct town t = town_create();
    unsigned wrong;
    file_of_one_case(&t);
    crowd(&t, others, again);
    const double begun = cpu_s();
    struct audit_summary sum = audited(&t, t.path, &wrong);
    assert_int_equal(sum.cosignatures, again);
    assert_false(sum.broken);
    town_clear(&t);
    return cpu_s() - begun;
}

/* Somebody made the file to keep the auditor busy. */
static void very_many_proofs_and_cosignatures_take_no_time_by_each_other(void **state)
{
    (void)state;
    enum { MANY = 40000, AGAIN = 1000 };
    const double alone = crowded_s(MANY, 1) + crowded_s(0, AGAIN), both = crowded_s(MANY, AGAIN);
    print_message("apart %.2f s, together %.2f s\n", alone, both);
    assert_true(both < 3 * alone);
}

/* Two trees of one log: the one that was cosigned is not the one whose entries are in the file. */
static void a_cosignature_of_another_tree_counts_for_nothing(void **state)
{
    (void)state;
    for (unsigned grown = 0; grown < 2; grown++) {
        struct town t = town_create();
        struct buffer head = {0}, frame = {0}, note = {0};
        struct note signed_note;
        struct cosigned c = {.time_s = 0};
        struct message *m = calloc(1, sizeof *m);
        struct seen seen = {.kind = FIND_COSIGNED};
        const struct log *log = ledger_log(t.c->members[XIAOFANG].ledger, "yingji", 0);
        assert_non_null(m);
        memcpy(c.head.origin, log->origin, sizeof c.head.origin);
        memcpy(c.member, "xiaofang", sizeof "xiaofang");
        c.head.size = log->frontier.size;                  /* of any root, signed by its log */
        assert_int_equal(checkpoint_sign(&c.head, t.c->members[YINGJI].node, &head), OK);
        assert_int_equal(note_decode(&signed_note, buffer_span(&head)), OK);
        c.log_key_id = signed_note.sigs[0].id;
        memcpy(c.log_sig.b, signed_note.sigs[0].payload.data, SIG_BYTES);
        note_clear(&signed_note);
        assert_int_equal(cosigned_sign(&c, t.c->members[XIAOFANG].cosigner, START_S + 100), OK);
        assert_int_equal(cosigned_encode(&c, &note), OK);
        m->type = MSG_COSIGN;
        m->u.cosign.count = 1;
        m->u.cosign.notes[0] = buffer_span(&note);
        assert_int_equal(message_encode(m, &frame), OK);
        if (grown)
            file_of_one_case(&t);
        else
            assert_int_equal(bundle_create(t.c->members[XIAOFANG].ledger, t.path,
                                           &(struct bundle_selection){.case_id = &t.id}), OK);
        message_replace(&t, MSG_COSIGN, buffer_span(&frame));
        struct audit_summary sum = audited_as(&t, t.path, &seen);
        assert_int_equal(seen.count, 1);
        assert_int_equal(sum.cosignatures, 0);
        free(m);
        buffer_clear(&head);
        buffer_clear(&note);
        buffer_clear(&frame);
        town_clear(&t);
    }
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
        cmocka_unit_test(a_file_of_one_case_proves_its_cosignatures_alone),
        cmocka_unit_test(each_link_that_is_changed_in_it_is_found),
        cmocka_unit_test(very_many_proofs_and_cosignatures_take_no_time_by_each_other),
        cmocka_unit_test(a_cosignature_of_another_tree_counts_for_nothing),
        cmocka_unit_test(a_changed_cosignature_is_broken_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
