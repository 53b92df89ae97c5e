#include "tests/support/gate_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

void node_init(struct node *n)
{
    *n = (struct node){0};
    log_fixture_init(&n->f);
    snprintf(n->last_head, sizeof n->last_head, "%s/last-head", n->f.home);
    snprintf(n->data, sizeof n->data, "%s/data.mdb", n->f.db);
    assert_int_equal(gate_open(&n->gate, n->f.home, n->f.store, &n->f.log, n->f.key), OK);
}

void node_clear(struct node *n)
{
    gate_close(n->gate);
    buffer_clear(&n->note);
    log_fixture_clear(&n->f);
}

enum err appended(struct node *n, uint64_t to)
{
    struct txn *t;
    uint64_t from = n->f.log.frontier.size;
    buffer_reset(&n->note);
    assert_int_equal(txn_write(n->f.store, &t), OK);
    enum err err = entries_append(t, &n->f.log, to);
    if (err == OK)
        err = gate_sign(n->gate, t, &n->f.log, &n->note);
    if (err != OK) {
        txn_abort(t);
        return err;
    }
    err = txn_commit(t);
    if (err == OK)
        err = gate_confirm(n->gate, &n->f.log, from);
    if (err == OK)
        n->published = to;
    return err;
}

enum err restarted(struct node *n)
{
    gate_close(n->gate);
    n->gate = NULL;
    log_fixture_reopen(&n->f);
    return gate_open(&n->gate, n->f.home, n->f.store, &n->f.log, n->f.key);
}

struct last_head last_head_now(struct node *n)
{
    struct last_head_file *file;
    struct last_head head = {0};
    assert_int_equal(last_head_open(&file, n->f.home, false), OK);
    enum err err = last_head_read(file, &head);
    assert_true(err == OK || err == ERR_NOTFOUND);
    last_head_close(file);
    return head;
}

static void stored_head_is(struct node *n, uint64_t size, const struct hash *root)
{
    struct txn *t;
    struct span note;
    struct checkpoint c;
    assert_int_equal(txn_read(n->f.store, &t), OK);
    assert_int_equal(log_head(t, n->f.log.no, &note), OK);
    assert_int_equal(checkpoint_verify(&c, note, n->f.log.origin, &n->f.log.node_key), OK);
    assert_int_equal(c.size, size);
    assert_true(hash_equal(&c.root, root));
    txn_abort(t);
}

void whole_again(struct node *n, uint64_t size)
{
    struct hash root;
    assert_int_equal(restarted(n), OK);
    assert_int_equal(n->f.log.frontier.size, size);
    assert_int_equal(n->f.log.head_size, size);
    assert_true(size >= n->published);
    struct last_head head = last_head_now(n);
    entries_root(size, &root);
    assert_int_equal(head.size, size);
    if (size != 0) {
        assert_true(hash_equal(&head.root, &root));
        stored_head_is(n, size, &root);
    }
    assert_int_equal(appended(n, size + 1), OK);
    assert_int_equal(last_head_now(n).size, size + 1);
}
