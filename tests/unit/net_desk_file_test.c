#include "net/desk_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/certificate.h"
#include "tests/support/cluster_keys.h"

static const char GOOD[] =
    "{\"jieli_desk\":1,\"ledger\":"
    "\"0101010101010101010101010101010101010101010101010101010101010101\",\"domain\":"
    "\"aw.example\",\"member\":\"yjj\",\"node_key\":"
    "\"0202020202020202020202020202020202020202020202020202020202020202\","
    "\"addresses\":[\"192.0.2.7:7311\",\"[2001:db8::7]:7311\"],\"certificate\":7,\"key\":\"/k\"}";

static void a_file_comes_back_as_it_was(void **state)
{
    struct desk_file f, again;
    struct buffer text = {0};
    (void)state;
    assert_int_equal(desk_file_decode(&f, span_of(GOOD, strlen(GOOD))), OK);
    assert_string_equal(f.member, "yjj");
    assert_string_equal(f.addresses[1], "[2001:db8::7]:7311");
    assert_int_equal(f.certificate, 7);
    assert_int_equal(desk_file_encode(&f, &text), OK);
    assert_int_equal(desk_file_decode(&again, buffer_span(&text)), OK);
    assert_memory_equal(&f, &again, sizeof f);
    buffer_clear(&text);
}

/* The good text with its first `from` turned into `to`. */
static enum err altered(const char *from, const char *to)
{
    struct desk_file f;
    char text[2048];
    const char *at = strstr(GOOD, from);
    assert_non_null(at);
    size_t before = (size_t)(at - GOOD);
    memcpy(text, GOOD, before);
    strcpy(text + before, to);
    strcat(text, at + strlen(from));
    return desk_file_decode(&f, span_of(text, strlen(text)));
}

static void what_is_no_desk_file_is_refused(void **state)
{
    struct desk_file f;
    (void)state;
    assert_int_equal(altered("yjj", "zhujian"), OK);
    assert_int_equal(altered("\"jieli_desk\":1", "\"jieli_desk\":2"), ERR_UNSUPPORTED);
    assert_int_equal(altered("\"jieli_desk\":1", "\"jieli_tray\":1"), ERR_FORMAT);
    assert_int_equal(altered("\"key\"", "\"more\":1,\"key\""), ERR_FORMAT);
    assert_int_equal(altered("\"key\"", "\"member\":\"x\",\"key\""), ERR_FORMAT);
    assert_int_equal(altered("\"0101", "\"01"), ERR_RANGE);
    assert_int_equal(altered("\"0202", "\"020Z"), ERR_RANGE);
    assert_int_equal(altered("yjj", "Yjj"), ERR_RANGE);
    assert_int_equal(altered("192.0.2.7:7311", "example.org:7311"), ERR_RANGE);
    assert_int_equal(altered("\"certificate\":7", "\"certificate\":-1"), ERR_RANGE);
    assert_int_equal(desk_file_decode(&f, span_of(GOOD, strlen(GOOD) - 1)), ERR_FORMAT);
    assert_int_equal(desk_file_decode(&f, span_of("", 0)), ERR_FORMAT);
}

/* ---- a node's certificate ---- */

struct bench { struct cluster *c; struct desk_file f; struct buffer certificate; };

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    const struct cluster_options options = {.seed = 3, .members = 2, .start_s = 1800000000};
    assert_non_null(b);
    b->c = cluster_create(&options);
    cluster_open(b->c, 1);
    const struct cluster_member *m = &b->c->members[1];
    b->f.ledger = b->c->ledger;
    b->f.node_key = *signkey_public(m->node);
    strcpy(b->f.member, m->id);
    strcpy(b->f.domain, ledger_genesis(m->ledger)->domain);
    assert_int_equal(certificate_build(ledger_txn(m->ledger), ledger_log(m->ledger, m->id, 0), 0,
                                       &b->certificate), OK);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    buffer_clear(&b->certificate);
    cluster_free(b->c);
    free(b);
    return 0;
}

static enum err judged(const struct bench *b)
{
    uint64_t index = 99;
    enum err err = desk_file_judge(&b->f, &b->c->members[1].transport.pub,
                                   buffer_span(&b->certificate), &index);
    assert_true(err != OK || index == 0);
    return err;
}

static void the_node_of_the_file_is_known_by_its_log(void **state)
{
    const struct bench *b = *state;
    uint64_t index;
    assert_int_equal(judged(b), OK);
    assert_int_equal(desk_file_judge(&b->f, &b->c->members[0].transport.pub,
                                     buffer_span(&b->certificate), &index), ERR_KEY);
}

static void another_node_is_refused_each_with_its_reason(void **state)
{
    struct bench *b = *state;
    const struct desk_file f = b->f;
    b->f.node_key = *signkey_public(b->c->members[0].node);
    assert_int_equal(judged(b), ERR_SIGNATURE);
    b->f = f;
    b->f.ledger.b[0] ^= 1;
    assert_int_equal(judged(b), ERR_WRONG_LEDGER);
    b->f = f;
    strcpy(b->f.member, "zhujian");
    assert_int_equal(judged(b), ERR_WRONG_LEDGER);
    b->f = f;
    b->f.certificate = 1;
    assert_int_equal(judged(b), ERR_OVERTAKEN);
    b->f = f;
    b->certificate.data[40] ^= 1;
    assert_true(judged(b) != OK);
    b->certificate.len--;
    assert_true(judged(b) != OK);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_comes_back_as_it_was),
        cmocka_unit_test(what_is_no_desk_file_is_refused),
        FRESH(the_node_of_the_file_is_known_by_its_log),
        FRESH(another_node_is_refused_each_with_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
