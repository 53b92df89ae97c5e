/* Keys of an entry's payload map (see entry.h). */
#ifndef JIELI_LEDGER_LOG_PAYLOAD_H
#define JIELI_LEDGER_LOG_PAYLOAD_H

enum payload_key {
    PAYLOAD_LEDGER = 1, PAYLOAD_MEMBER = 2, PAYLOAD_EPOCH = 3, PAYLOAD_KIND = 4, PAYLOAD_CASE = 5,
    PAYLOAD_REFS = 6, PAYLOAD_BASE = 7, PAYLOAD_LAW = 8, PAYLOAD_OWN = 9, PAYLOAD_NONCE = 10,
    PAYLOAD_TIME = 11, PAYLOAD_FACTS = 12, PAYLOAD_PARTS = 13, PAYLOAD_OTHER_CASE = 14,
    PAYLOAD_OTHER_REFS = 15,
};

/* Bits 1 << key of those that every payload has. */
enum {
    PAYLOAD_REQUIRED = 1 << PAYLOAD_LEDGER | 1 << PAYLOAD_MEMBER | 1 << PAYLOAD_EPOCH |
                       1 << PAYLOAD_KIND | 1 << PAYLOAD_LAW | 1 << PAYLOAD_OWN |
                       1 << PAYLOAD_NONCE | 1 << PAYLOAD_TIME,
};

#endif
