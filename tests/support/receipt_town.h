/* A committee of four with an act and its receipt: yingji's report, offered to zhujian. The same
 * bytes at every run. */
#ifndef JIELI_TESTS_SUPPORT_RECEIPT_TOWN_H
#define JIELI_TESTS_SUPPORT_RECEIPT_TOWN_H

#include "net/receipt.h"
#include "tests/support/cluster.h"

enum { TOWN_CONVENOR, TOWN_YINGJI, TOWN_XIAOFANG, TOWN_ZHUJIAN, TOWN_COUNT };
#define TOWN_START_S UINT64_C(1772323200)

struct receipt_town { struct cluster *c; struct position at; struct hash id; };

struct receipt_town receipt_town_create(void);
void receipt_town_clear(struct receipt_town *t);
/* The member cosigns yingji's log at that time and yingji's ledger takes it. */
void receipt_town_cosign(struct receipt_town *t, unsigned member, uint64_t time_s);
/* By yingji's ledger; `by` may be MEMBER_NONE. */
enum err receipt_town_build(struct receipt_town *t, unsigned by, struct buffer *out);

#endif
