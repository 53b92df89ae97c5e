/* What the ledger thread tells of itself, for other threads to read: the newest metrics, the facts
 * of health, and its heartbeat. Nobody waits for the ledger thread here. */
#ifndef JIELI_NODE_BOARD_H
#define JIELI_NODE_BOARD_H

#include "node/health.h"

struct board;

MUST_CHECK enum err board_create(struct board **out, uint64_t now_ms);
void board_free(struct board *b);             /* NULL is fine */
/* Takes the bytes of *metrics over and leaves it the former ones, to be written over. */
void board_publish(struct board *b, struct buffer *metrics, const struct health_facts *facts);
/* The ledger thread came round. */
void board_beat(struct board *b, uint64_t now_ms);
/* Appends the newest metrics. ERR_NOMEM. */
MUST_CHECK enum err board_metrics(struct board *b, struct buffer *out);
/* The newest facts, the heartbeat's age as of now_ms. */
void board_facts(struct board *b, uint64_t now_ms, struct health_facts *out);

#endif
