/* The state of one case: what the fold yields and every copy must agree on. Encoded as
 * deterministic CBOR for the store and compared byte for byte by the audit. Levels of
 * acknowledgement are not part of it. Members are roster numbers in memory and ids in the
 * encoding. */
#ifndef JIELI_LEDGER_CASES_STATE_H
#define JIELI_LEDGER_CASES_STATE_H

#include "ledger/cases/kinds.h"
#include "ledger/roster/roster.h"

enum { STATE_MAX_MEMBERS = 64, STATE_MAX_TRACKS = 16, STATE_MAX_LISTINGS = 64 };

enum case_phase {
    CASE_NONE = 0,        /* nothing valid opens it (yet) */
    CASE_OPEN = 1,        /* 在办 */
    CASE_CLOSED = 2,      /* 已销号 with tracks open: still an open case */
    CASE_ENDED = 3,       /* 已销号 without tracks, or 已结案 */
};

struct state_offer {
    bool open, is_request;         /* a ruling that asks a vertical organ (商请) */
    struct member_no by, to;
    struct hash id;                /* the baton act that made it */
    uint64_t time_s;               /* claimed by it */
    bool signed_for, asked_more, recall_asked;
};

struct state_support { struct member_no member; uint8_t status; };   /* enum step: ask … decline */
struct state_listing { struct member_no by; uint8_t level; struct hash id; uint64_t time_s; };
struct state_track {
    char name[ID_MAX_BYTES + 1];
    struct member_no investigator;
    uint8_t outcome;               /* 0 open, OUTCOME_CONCLUDED, OUTCOME_WAIVED */
    struct hash id;                /* the opening */
};

struct case_state {
    struct hash id;                /* case id */
    enum case_phase phase;
    bool closed, archived;         /* 销号 stands; 结案 stands */
    struct member_no opener;       /* reporter or convenor */
    uint64_t opened_s, opened_index;
    uint32_t opened_epoch;
    bool assigned;                 /* opened by 交办 */
    char sector[ID_MAX_BYTES + 1], district[ID_MAX_BYTES + 1];
    char clause[NAME_MAX_BYTES + 1];
    uint64_t found_on;             /* 0: not said */
    enum source source;
    enum grade grade;
    struct member_no custodian;
    struct hash in_force;          /* the baton act to build on */
    uint64_t custody_since_s;      /* claimed time of the act that made the custodian */
    struct state_offer offer;
    unsigned refusals;             /* without those returned on recall */
    unsigned custody_moves, custody_returns;  /* returns: to a member that had it before (cycle) */
    bool petition_open;            /* no ruling has seen it */
    struct hash petition;
    /* last ruling in force */
    bool ruled, rule_final, rule_signed_for, rule_conflict_later;
    struct hash rule;
    struct member_no rule_named, interim_control;  /* 留守管控; MEMBER_NONE when over */
    uint64_t due_on;               /* rectification term, 0: none */
    unsigned support_count, listing_count, track_count;
    struct state_support supports[STATE_MAX_MEMBERS];
    struct state_listing listings[STATE_MAX_LISTINGS];
    struct state_track tracks[STATE_MAX_TRACKS];
    bool has_verifier;
    struct member_no verifier;     /* named in the latest 申请复查 */
    char handler[PERSON_MAX_BYTES + 1];
    bool verified_by_custodian;    /* the pass that the standing closure rests on */
    struct hash closure, pass;     /* zero: none */
    unsigned entry_count, pending_count, void_count, overtaken_count;
    unsigned erasure_count;        /* orders to erase parts of it */
    uint64_t last_s;               /* greatest claimed time of a valid act */
};

/* All empty: CASE_NONE, no members. */
void case_state_init(struct case_state *s, const struct hash *id);
/* One state has one encoding (FORMAT.md, "Case state encoding"). Decode is strict: ERR_FORMAT,
 * ERR_RANGE, ERR_UNKNOWN_MEMBER. */
MUST_CHECK enum err case_state_encode(const struct case_state *s, const struct roster *r,
                                      struct buffer *out);
MUST_CHECK enum err case_state_decode(struct case_state *out, const struct roster *r,
                                      struct span bytes);

/* Case number: <member>-<year of opened_s in UTC+8>[e<epoch>]-<ordinal>-<check>, ordinal = index of
 * the opening entry in its log, check = ISO 7064 MOD 37,36 over the letters and digits before it
 * (small letters count as capitals). ERR_RANGE when it does not fit. */
#define CASE_NUMBER_BYTES 64
MUST_CHECK enum err case_number_format(char out[CASE_NUMBER_BYTES], const char *member,
                                       uint64_t opened_s, uint32_t epoch, uint64_t index);
/* Splits a whole number; ERR_FORMAT for a wrong shape or check character (*bad_check set). */
MUST_CHECK enum err case_number_parse(const char *text, char member[ID_MAX_BYTES + 1],
                                      unsigned *year, uint32_t *epoch, uint64_t *index,
                                      bool *bad_check);

#endif
