/* Keys of the tables that hold logs: big-endian, so that LMDB's order is the order of a log. */
#ifndef JIELI_LEDGER_LOG_LOG_KEY_H
#define JIELI_LEDGER_LOG_LOG_KEY_H

#include "ledger/log/log.h"

struct log_key { uint8_t b[12]; uint8_t len; };

/* log_no: TABLE_LOGS, TABLE_HEAD */
static inline struct log_key log_key_log(struct log_no no)
{
    struct log_key k = {.len = 4};
    store_u32(k.b, no.v);
    return k;
}

/* log_no ‖ index u64: TABLE_ENTRY, TABLE_VERDICT, TABLE_GOV */
static inline struct log_key log_key_entry(struct log_no no, uint64_t index)
{
    struct log_key k = {.len = 12};
    store_u32(k.b, no.v);
    store_u64(k.b + 4, index);
    return k;
}

/* log_no ‖ n u32: TABLE_BUNDLE, TABLE_FORK */
static inline struct log_key log_key_numbered(struct log_no no, uint32_t n)
{
    struct log_key k = {.len = 8};
    store_u32(k.b, no.v);
    store_u32(k.b + 4, n);
    return k;
}

/* log_no ‖ level u8 ‖ n u32: TABLE_TILE */
static inline struct log_key log_key_tile(struct log_no no, uint8_t level, uint32_t n)
{
    struct log_key k = {.len = 9};
    store_u32(k.b, no.v);
    k.b[4] = level;
    store_u32(k.b + 5, n);
    return k;
}

static inline struct span log_key_span(const struct log_key *k)
{
    return span_of(k->b, k->len);
}

#endif
