/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <stdlib.h>
#include <string.h>

#include "ledger/cosign.h"
#include "tests/support/receipt_town.h"

struct checked { enum err err; enum receipt_link link; struct receipt receipt; };

static struct checked *check(struct span bytes, const struct hash *pinned)
{
    struct checked *c = calloc(1, sizeof *c);
    struct receipt_file *file = calloc(1, sizeof *file);
    assert_non_null(c);
    assert_non_null(file);
    c->link = LINK_FILE;
    c->err = receipt_decode(file, bytes);
    if (c->err == OK)
        c->err = receipt_verify(file, pinned, &c->receipt, &c->link);
    free(file);
    return c;
}

static void expect(struct span bytes, const struct hash *pinned, enum receipt_link link)
{
    struct checked *c = check(bytes, pinned);
    assert_int_equal(c->link, link);
    assert_int_equal(c->err == OK, link == LINK_NONE);
    free(c);
}

/* Where the body of the n-th frame of a type begins, in bytes of the file. */
static uint8_t *body_of(struct buffer *b, uint8_t type, unsigned n, size_t *len)
{
    size_t at = strlen(RECEIPT_MAGIC);
    while (at < b->len) {
        *len = load_u32(b->data + at) - 1;
        if (b->data[at + 4] == type && n-- == 0)
            return b->data + at + 5;
        at += 5 + *len;
    }
    fail_msg("no such frame");
    return NULL;
}

static void a_receipt_proves_delivery_without_any_node(void **state)
{
    (void)state;
    struct receipt_town t = receipt_town_create();
    struct buffer b = {0};
    assert_int_equal(receipt_town_build(&t, MEMBER_NONE, &b), ERR_PENDING);
    receipt_town_cosign(&t, TOWN_XIAOFANG, TOWN_START_S + 100);
    receipt_town_cosign(&t, TOWN_ZHUJIAN, TOWN_START_S + 200);
    assert_int_equal(receipt_town_build(&t, MEMBER_NONE, &b), OK);
    struct hash ledger = t.c->ledger, id = t.id;
    receipt_town_clear(&t);                        /* nothing is left but the file */
    struct checked *c = check(buffer_span(&b), &ledger);
    const struct receipt *r = &c->receipt;
    assert_int_equal(c->err, OK);
    assert_true(hash_equal(&r->act.id, &id));
    assert_int_equal(r->holder_count, 1);
    assert_string_equal(r->holders[0].member, "zhujian");
    assert_int_equal(r->holders[0].time_s, TOWN_START_S + 200);
    assert_true(r->holders[0].concerned);
    assert_true(r->holders[0].with_parts);
    assert_true(r->signers_shown);
    assert_string_equal(r->offered, "zhujian");
    free(c);
    ledger.b[0] ^= 1;
    expect(buffer_span(&b), &ledger, LINK_GENESIS);
    buffer_clear(&b);
}

static void without_the_recipient_it_proves_that_others_hold_it(void **state)
{
    (void)state;
    struct receipt_town t = receipt_town_create();
    struct buffer b = {0};
    receipt_town_cosign(&t, TOWN_CONVENOR, TOWN_START_S + 100);
    receipt_town_cosign(&t, TOWN_XIAOFANG, TOWN_START_S + 300);
    assert_int_equal(receipt_town_build(&t, TOWN_ZHUJIAN, &b), ERR_PENDING);
    assert_int_equal(receipt_town_build(&t, MEMBER_NONE, &b), OK);
    struct checked *c = check(buffer_span(&b), &t.c->ledger);
    assert_int_equal(c->err, OK);
    assert_int_equal(c->receipt.holder_count, 2);
    assert_false(c->receipt.holders[0].concerned);
    assert_false(c->receipt.holders[1].concerned);
    free(c);
    buffer_reset(&b);
    assert_int_equal(receipt_town_build(&t, TOWN_XIAOFANG, &b), OK);
    c = check(buffer_span(&b), NULL);
    assert_int_equal(c->receipt.holder_count, 1);
    assert_string_equal(c->receipt.holders[0].member, "xiaofang");
    free(c);
    buffer_clear(&b);
    receipt_town_clear(&t);
}

static void an_answer_is_delivered_to_the_offerer_by_its_base(void **state)
{
    (void)state;
    struct receipt_town t = receipt_town_create();
    struct cluster_act a;
    struct hash id;
    struct position at;
    struct buffer b = {0};
    size_t len;
    cluster_act_init(&a, KIND_ACCEPT, &t.id);
    cluster_append(t.c, TOWN_ZHUJIAN, &a, &id);
    cluster_act_clear(&a);
    cluster_share(t.c);
    struct ledger *offerer = t.c->members[TOWN_YINGJI].ledger;
    struct cosign_own own = {.log = ledger_log(offerer, "zhujian", 0)->no};
    assert_int_equal(ledger_cosign_give(offerer, t.c->members[TOWN_YINGJI].cosigner,
                                        TOWN_START_S + 500, &own, 1), OK);
    assert_int_equal(ledger_find_id(offerer, &id, &at), OK);
    assert_int_equal(receipt_build(offerer, at, (struct member_no){MEMBER_NONE}, &b), OK);
    struct checked *c = check(buffer_span(&b), &t.c->ledger);
    assert_int_equal(c->err, OK);
    assert_int_equal(c->receipt.holder_count, 1);
    assert_string_equal(c->receipt.holders[0].member, "yingji");
    assert_true(c->receipt.holders[0].concerned);
    free(c);
    uint8_t *base = body_of(&b, RECEIPT_REFERRED, 0, &len);
    base[len - 1] ^= 1;
    expect(buffer_span(&b), NULL, LINK_REFERRED);
    buffer_clear(&b);
    receipt_town_clear(&t);
}

/* The member that the case was offered to holds the recall; the receipt shows the offer too. */
static void a_recall_is_delivered_to_whom_its_base_offered(void **state)
{
    (void)state;
    struct receipt_town t = receipt_town_create();
    struct cluster_act a;
    struct buffer b = {0};
    size_t len;
    struct hash recall;
    cluster_act_init(&a, KIND_RECALL, &t.id);
    cluster_append(t.c, TOWN_YINGJI, &a, &recall);
    cluster_act_clear(&a);
    cluster_share(t.c);
    assert_int_equal(ledger_find_id(t.c->members[TOWN_YINGJI].ledger, &recall, &t.at), OK);
    receipt_town_cosign(&t, TOWN_XIAOFANG, TOWN_START_S + 100);
    receipt_town_cosign(&t, TOWN_ZHUJIAN, TOWN_START_S + 200);
    assert_int_equal(receipt_town_build(&t, MEMBER_NONE, &b), OK);
    struct checked *c = check(buffer_span(&b), &t.c->ledger);
    assert_int_equal(c->err, OK);
    assert_int_equal(c->receipt.holder_count, 1);
    assert_string_equal(c->receipt.holders[0].member, "zhujian");
    assert_true(c->receipt.holders[0].concerned);
    assert_string_equal(c->receipt.offered, "");       /* nothing that could be deemed delivered */
    free(c);
    uint8_t *referred = body_of(&b, RECEIPT_REFERRED, 0, &len);
    referred[len - 1] ^= 1;
    expect(buffer_span(&b), NULL, LINK_REFERRED);
    buffer_clear(&b);
    receipt_town_clear(&t);
}

/* A byte changed in each part of the chain is refused, and the link is named. */
static void each_tampered_link_is_named(void **state)
{
    (void)state;
    struct receipt_town t = receipt_town_create();
    struct buffer b = {0};
    size_t len;
    receipt_town_cosign(&t, TOWN_ZHUJIAN, TOWN_START_S + 200);
    assert_int_equal(receipt_town_build(&t, MEMBER_NONE, &b), OK);
    const struct { uint8_t type; unsigned n; enum receipt_link link; } rows[] = {
        {RECEIPT_ACT, 0, LINK_ACT}, {RECEIPT_GOVERNANCE, 0, LINK_GOVERNANCE},
        {RECEIPT_GOVERNANCE, 1, LINK_GOVERNANCE}, {RECEIPT_CERTIFICATE, 0, LINK_CERTIFICATE},
        {RECEIPT_GENESIS, 0, LINK_GENESIS}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t *body = body_of(&b, rows[i].type, rows[i].n, &len);
        for (size_t at = 0; at < len; at += len / 9 + 1) {
            body[at] ^= 1;
            expect(buffer_span(&b), &t.c->ledger, rows[i].link);
            body[at] ^= 1;
        }
    }
    uint8_t *proof = body_of(&b, RECEIPT_HOLDING, 0, &len);
    uint8_t *index = memmem(proof, len, "index ", 6), *note = memmem(proof, len, "\n\n", 2);
    uint8_t *hash = memchr(index, '\n', 20), *log = memmem(note + 2, 400, "\n\n", 2);
    log += 2;
    uint8_t *cosigner = memchr(log, '\n', 400), *end = proof + len - 6;
    const struct { uint8_t *at; enum receipt_link link; } places[] = {
        {index + 6, LINK_PROOF}, {hash + 3, LINK_PROOF}, {note + 10, LINK_HEAD},
        {cosigner - 20, LINK_HEAD}, {end - 30, LINK_COSIGNATURE}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const uint8_t was = *places[i].at;
        *places[i].at = was == 'A' ? 'B' : was >= '0' && was <= '8' ? was + 1 : 'A';
        expect(buffer_span(&b), &t.c->ledger, places[i].link);
        *places[i].at = was;
    }
    expect(buffer_span(&b), &t.c->ledger, LINK_NONE);
    buffer_clear(&b);
    receipt_town_clear(&t);
}

/* The file without its n-th frame. */
static void frame_drop(struct buffer *b, unsigned n)
{
    size_t at = strlen(RECEIPT_MAGIC);
    for (; n > 0; n--)
        at += 4 + load_u32(b->data + at);
    size_t len = 4 + load_u32(b->data + at);
    memmove(b->data + at, b->data + at + len, b->len - at - len);
    b->len -= len;
}

static unsigned frames(const struct buffer *b)
{
    unsigned count = 0;
    for (size_t at = strlen(RECEIPT_MAGIC); at < b->len; at += 4 + load_u32(b->data + at))
        count++;
    return count;
}

static void no_frame_is_there_in_vain_but_the_signers_enrolments(void **state)
{
    (void)state;
    struct receipt_town t = receipt_town_create();
    struct buffer b = {0};
    receipt_town_cosign(&t, TOWN_ZHUJIAN, TOWN_START_S + 200);
    assert_int_equal(receipt_town_build(&t, MEMBER_NONE, &b), OK);
    unsigned good = 0;
    for (unsigned n = 0; n < frames(&b); n++) {
        struct buffer cut = {0};
        assert_int_equal(buffer_put(&cut, b.data, b.len), OK);
        frame_drop(&cut, n);
        struct checked *c = check(buffer_span(&cut), &t.c->ledger);
        assert_true(c->err != OK || !c->receipt.signers_shown);
        good += c->err == OK;
        free(c);
        buffer_clear(&cut);
    }
    assert_int_equal(good, 1);
    for (size_t len = 0; len < b.len; len += 97)
        expect(span_of(b.data, len), NULL, LINK_FILE);
    assert_int_equal(buffer_put_u8(&b, 0), OK);
    expect(buffer_span(&b), NULL, LINK_FILE);
    buffer_clear(&b);
    receipt_town_clear(&t);
}

static void another_committees_chain_does_not_fit(void **state)
{
    (void)state;
    struct receipt_town t = receipt_town_create();
    struct buffer b = {0}, mixed = {0};
    size_t len;
    receipt_town_cosign(&t, TOWN_ZHUJIAN, TOWN_START_S + 200);
    assert_int_equal(receipt_town_build(&t, MEMBER_NONE, &b), OK);
    /* The certificate of one cosigner does for no other. */
    receipt_town_cosign(&t, TOWN_XIAOFANG, TOWN_START_S + 300);
    struct buffer other = {0};
    assert_int_equal(receipt_town_build(&t, TOWN_XIAOFANG, &other), OK);
    assert_int_equal(buffer_put(&mixed, b.data, b.len), OK);
    uint8_t *theirs = body_of(&other, RECEIPT_HOLDING, 0, &len);
    uint8_t *ours = body_of(&mixed, RECEIPT_HOLDING, 0, &len);
    mixed.len = (size_t)(ours - mixed.data) - 5;
    (void)body_of(&other, RECEIPT_HOLDING, 0, &len);
    assert_int_equal(buffer_put(&mixed, theirs - 5, len + 5), OK);
    expect(buffer_span(&mixed), &t.c->ledger, LINK_CERTIFICATE);
    /* Nor does one member count for two. */
    theirs = body_of(&b, RECEIPT_HOLDING, 0, &len);
    mixed.len = 0;
    assert_int_equal(buffer_put(&mixed, b.data, b.len), OK);
    assert_int_equal(buffer_put(&mixed, theirs - 5, len + 5), OK);
    expect(buffer_span(&mixed), &t.c->ledger, LINK_COSIGNATURE);
    buffer_clear(&b);
    buffer_clear(&mixed);
    buffer_clear(&other);
    receipt_town_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_receipt_proves_delivery_without_any_node),
        cmocka_unit_test(without_the_recipient_it_proves_that_others_hold_it),
        cmocka_unit_test(an_answer_is_delivered_to_the_offerer_by_its_base),
        cmocka_unit_test(a_recall_is_delivered_to_whom_its_base_offered),
        cmocka_unit_test(each_tampered_link_is_named),
        cmocka_unit_test(no_frame_is_there_in_vain_but_the_signers_enrolments),
        cmocka_unit_test(another_committees_chain_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
