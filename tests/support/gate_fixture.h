/* A node's own log behind its signing gate, for tests of the gate. */
#ifndef JIELI_TESTS_SUPPORT_GATE_FIXTURE_H
#define JIELI_TESTS_SUPPORT_GATE_FIXTURE_H

#include "ledger/log/gate.h"
#include "tests/support/log_fixture.h"

struct node {
    struct log_fixture f;
    struct gate *gate;
    struct buffer note;            /* the newest that was signed */
    char last_head[160], data[200];
    uint64_t published;            /* size of the newest head that was confirmed */
};

void node_init(struct node *n);
void node_clear(struct node *n);
/* The whole order of an append of entries up to `to`; only its last step publishes. */
enum err appended(struct node *n, uint64_t to);
/* Closes everything and opens it again; the verdict of gate_open. */
enum err restarted(struct node *n);
struct last_head last_head_now(struct node *n);
/* After a restart last-head, stored checkpoint and entries say one thing of `size` entries, nothing
 * published is missing from it, and the next append works. */
void whole_again(struct node *n, uint64_t size);

#endif
