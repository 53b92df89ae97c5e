/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <stdlib.h>
#include <string.h>

#include "crypto/limits.h"
#include "net/message.h"
#include "tests/support/log_fixture.h"

static struct message *fresh(enum message_type type)
{
    struct message *m = calloc(1, sizeof *m);
    assert_non_null(m);
    m->type = type;
    return m;
}

/* Encodes m, which is freed; decodes, encodes again: the same bytes. Every shorter one and one
 * with a byte more are refused. */
static void there_and_back(struct message *m)
{
    struct buffer a = {0}, b = {0};
    struct message *back = fresh(MSG_PING);
    assert_int_equal(message_encode(m, &a), OK);
    assert_int_equal(message_decode(back, buffer_span(&a)), OK);
    assert_int_equal(back->type, m->type);
    assert_int_equal(message_encode(back, &b), OK);
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.data, b.data, a.len);
    size_t shortest = m->type == MSG_PART ? 47 : m->type == MSG_PROVEN ? 2 : a.len;
    for (size_t len = 0; len < shortest; len++)
        assert_int_not_equal(message_decode(back, span_of(a.data, len)), OK);
    assert_int_equal(buffer_put_u8(&a, 0), OK);
    if (m->type != MSG_PROVEN)
        assert_int_not_equal(message_decode(back, buffer_span(&a)), OK);
    buffer_clear(&a);
    buffer_clear(&b);
    free(back);
    free(m);
}

static void every_message_comes_back_as_it_was_and_no_prefix_of_it_does(void **state)
{
    (void)state;
    struct message *m = fresh(MSG_HELLO);
    m->u.hello.version = MESSAGE_VERSION;
    strcpy(m->u.hello.member, "anweiban");
    there_and_back(m);
    m = fresh(MSG_HEADS);
    m->u.heads.complete = true;
    m->u.heads.count = 2;
    m->u.heads.notes[0] = span_of("one", 3);
    m->u.heads.notes[1] = span_of("second", 6);
    there_and_back(m);
    m = fresh(MSG_WANT);
    m->u.want.request = 7;
    strcpy(m->u.want.log.member, "zhujian");
    m->u.want.from = 256;
    m->u.want.tree_size = 257;
    m->u.want.packages = MESSAGE_MAX_PACKAGES;
    there_and_back(m);
    m = fresh(MSG_PACKAGES);
    m->u.packages.note = span_of("note", 4);
    m->u.packages.consistency.count = 2;
    m->u.packages.count = 1;
    m->u.packages.packages[0] = span_of("package", 7);
    there_and_back(m);
    m = fresh(MSG_REFUSE);
    m->u.refuse.code = REFUSE_BUSY;
    there_and_back(m);
    there_and_back(fresh(MSG_PART_WANT));
    m = fresh(MSG_PART);
    m->u.part.total = 3;
    m->u.part.bytes = span_of("abc", 3);
    there_and_back(m);
    there_and_back(fresh(MSG_PING));
    there_and_back(fresh(MSG_PONG));
    m = fresh(MSG_BUNDLE);
    m->u.bundle.flags = BUNDLE_ONE_CASE | BUNDLE_PARTS;
    m->u.bundle.genesis = span_of("genesis", 7);
    there_and_back(m);
    m = fresh(MSG_COSIGN);
    m->u.cosign.count = 2;
    m->u.cosign.notes[0] = span_of("one", 3);
    m->u.cosign.notes[1] = span_of("second", 6);
    there_and_back(m);
    m = fresh(MSG_PROVEN);
    m->u.proven.entry = span_of("entry", 5);
    there_and_back(m);
    m = fresh(MSG_CONSISTENCY);
    strcpy(m->u.consistency.log.member, "zhujian");
    m->u.consistency.from = 256;
    m->u.consistency.to = 257;
    m->u.consistency.proof.count = 2;
    there_and_back(m);
    m = fresh(MSG_COSIGN);
    m->u.cosign.neighbours = true;
    m->u.cosign.neighbour_count = 2;
    strcpy(m->u.cosign.neighbour[0], "anweiban");
    strcpy(m->u.cosign.neighbour[1], "zhujian");
    there_and_back(m);
}

static enum err decoded(const char *hex)
{
    uint8_t bytes[256];
    size_t len;
    struct message *m = fresh(MSG_PING);
    assert_int_equal(hex_decode(bytes, sizeof bytes, hex, strlen(hex), &len), OK);
    enum err err = message_decode(m, span_of(bytes, len));
    free(m);
    return err;
}

static void each_broken_message_has_its_own_error(void **state)
{
    (void)state;
    assert_int_equal(decoded(""), ERR_TRUNCATED);
    assert_int_equal(decoded("00"), ERR_UNSUPPORTED);
    assert_int_equal(decoded("7f"), ERR_UNSUPPORTED);
    assert_int_equal(decoded("ff"), ERR_UNSUPPORTED);
    assert_int_equal(decoded("010002"), ERR_UNSUPPORTED);              /* a later version */
    assert_int_equal(decoded("02020000"), ERR_FORMAT);                 /* complete is 0 or 1 */
    assert_int_equal(decoded("02000201"), ERR_TOO_LARGE);              /* 513 heads */
    assert_int_equal(decoded("0200000100000000"), ERR_FORMAT);         /* an empty note */
    assert_int_equal(decoded("02000001ffffffff"), ERR_TOO_LARGE);      /* a note of 4 GiB */
    assert_int_equal(decoded("0300000001" "0141" "00000000"), ERR_FORMAT);   /* member "A" */
    /* from = size, then no packages, then too many */
    assert_int_equal(decoded("0300000001" "0161" "00000000" "0000000000000001"
                             "0000000000000001" "01"), ERR_RANGE);
    assert_int_equal(decoded("0300000001" "0161" "00000000" "0000000000000000"
                             "0000000000000001" "00"), ERR_RANGE);
    assert_int_equal(decoded("0300000001" "0161" "00000000" "0000000000000000"
                             "0000000000000001" "21"), ERR_RANGE);
    assert_int_equal(decoded("0400000001" "0000000161" "41"), ERR_TOO_LARGE);  /* 65 hashes */
    assert_int_equal(decoded("0400000001" "0000000161" "00" "00"), ERR_RANGE); /* no package */
    assert_int_equal(decoded("0500000001" "06"), ERR_RANGE);
    assert_int_equal(decoded("0a08"), ERR_UNSUPPORTED);
    assert_int_equal(decoded("08000000000000000100"), ERR_FORMAT);     /* a byte too many */
    assert_int_equal(decoded("0b020000"), ERR_FORMAT);                 /* an unknown flag */
    assert_int_equal(decoded("0b000041"), ERR_TOO_LARGE);              /* 65 cosignatures */
    assert_int_equal(decoded("0b000001" "00000801"), ERR_TOO_LARGE);   /* one of 2,049 bytes */
    assert_int_equal(decoded("0b0101" "0141" "0000"), ERR_FORMAT);     /* neighbour "A" */
    assert_int_equal(decoded("0c"), ERR_TRUNCATED);                    /* no entry */
    /* from 0, from = to, then 65 hashes */
    assert_int_equal(decoded("0d" "0161" "00000000" "0000000000000000" "0000000000000001" "00"),
                     ERR_RANGE);
    assert_int_equal(decoded("0d" "0161" "00000000" "0000000000000001" "0000000000000001" "00"),
                     ERR_RANGE);
    assert_int_equal(decoded("0d" "0161" "00000000" "0000000000000001" "0000000000000002" "41"),
                     ERR_TOO_LARGE);
    assert_int_equal(decoded("0d" "0141" "00000000" "0000000000000001" "0000000000000002" "00"),
                     ERR_FORMAT);                                      /* member "A" */
}

static void pieces_of_a_part_stay_within_its_announced_size(void **state)
{
    (void)state;
    struct buffer b = {0};
    struct message *m = fresh(MSG_PART), *back = fresh(MSG_PING);
    m->u.part.bytes = span_of("abcd", 4);
    m->u.part.offset = 6;
    m->u.part.total = 10;
    assert_int_equal(message_encode(m, &b), OK);
    assert_int_equal(message_decode(back, buffer_span(&b)), OK);
    buffer_reset(&b);
    m->u.part.offset = 7;
    assert_int_equal(message_encode(m, &b), OK);
    assert_int_equal(message_decode(back, buffer_span(&b)), ERR_RANGE);
    buffer_reset(&b);
    m->u.part.total = PART_CARRIED_MAX_BYTES + 1;
    assert_int_equal(message_encode(m, &b), OK);
    assert_int_equal(message_decode(back, buffer_span(&b)), ERR_TOO_LARGE);
    buffer_clear(&b);
    free(m);
    free(back);
}

/* Gives the log a head of its present size; the note's text is of no matter here. */
static void head_put(struct log_fixture *f, uint64_t size)
{
    struct txn *t;
    assert_int_equal(txn_write(f->store, &t), OK);
    assert_int_equal(log_head_put(t, &f->log, span_of("a head", 6), size), OK);
    assert_int_equal(txn_commit(t), OK);
}

static void packages_from_the_store_start_where_asked_and_prove_what_came_before(void **state)
{
    (void)state;
    struct log_fixture f;
    struct buffer out = {0};
    struct txn *t;
    struct message *m = fresh(MSG_PING);
    struct package *p = calloc(1, sizeof *p);
    uint64_t end;
    log_fixture_init(&f);
    log_fixture_grow(&f, 700);
    head_put(&f, 700);
    assert_int_equal(txn_read(f.store, &t), OK);
    assert_int_equal(message_packages_build(t, &f.log, 9, 100, 2, &out, &end), OK);
    assert_int_equal(end, 512);
    assert_int_equal(message_decode(m, buffer_span(&out)), OK);
    assert_int_equal(m->u.packages.request, 9);
    assert_int_equal(m->u.packages.count, 2);
    struct hash old_root, root;
    entries_root(100, &old_root);
    entries_root(700, &root);
    assert_int_equal(merkle_verify_consistency(100, 700, &old_root, &root,
                                               &m->u.packages.consistency), OK);
    assert_int_equal(package_decode(p, m->u.packages.packages[0]), OK);
    assert_int_equal(p->start, 100);
    assert_int_equal(p->count, 156);
    assert_int_equal(package_decode(p, m->u.packages.packages[1]), OK);
    assert_int_equal(p->start, 256);
    assert_int_equal(p->tree_size, 700);
    assert_int_equal(message_packages_build(t, &f.log, 9, 700, 2, &out, &end), ERR_NOTFOUND);
    f.log.head_size = 701;
    assert_int_equal(message_packages_build(t, &f.log, 9, 0, 2, &out, &end), ERR_NOTFOUND);
    txn_abort(t);
    log_fixture_clear(&f);
    buffer_clear(&out);
    free(p);
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_comes_back_as_it_was_and_no_prefix_of_it_does),
        cmocka_unit_test(each_broken_message_has_its_own_error),
        cmocka_unit_test(pieces_of_a_part_stay_within_its_announced_size),
        cmocka_unit_test(packages_from_the_store_start_where_asked_and_prove_what_came_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
