/* Two acts of one case that missed each other: on which histories, which acts, and what is known of
 * the history before them, written down by hand. */
#ifndef JIELI_TESTS_SUPPORT_SIM_PAIR_H
#define JIELI_TESTS_SUPPORT_SIM_PAIR_H

#include "tests/support/sim_case.h"

enum { PAIR_MAX_LINES = 8, PAIR_MAX_MOVES = 160 };
enum pair_track { TRACK_NONE, TRACK_OPEN, TRACK_ENDED };

#define BIT(m) (1u << (m))
/* An officer: member and number. */
#define OFFICER(m, o) ((int)((m) * 10 + (o)))

/* A history, each act behind all before it, and what it comes to. Members by M(), 0 is none. */
struct pair_base {
    const char *name;
    struct sim_line lines[PAIR_MAX_LINES];       /* ends with kind 0 */
    int custodian, offered, passed, named, ruled, interim;
    bool request, closed, archived, asked, petition;
    unsigned flags;                              /* of the offer, enum pair_flag */
    unsigned grade, had, listed, refusals, moves;   /* had, listed: sets of BIT() */
    uint64_t due_on;
    enum pair_track track;                       /* track "a", investigated by jiwei */
    int handler;
};
enum pair_flag { FLAG_SIGNED = 1, FLAG_ASKED = 2, FLAG_RECALL = 4 };

struct pair_move { const char *name; struct sim_line line; };

struct pair {
    const struct pair_base *base;
    const struct sim_line *a, *b;                /* neither had seen the other */
};

const struct pair_base *pair_base_at(unsigned i);            /* NULL past the end */
/* Writes the history of a base; the number of its acts. */
unsigned pair_base_write(struct sim_case *c, const struct pair_base *base);
/* Acts of all members that would be valid for somebody who has seen all of `c`; how many. */
unsigned pair_moves(struct sim_case *c, struct pair_move out[PAIR_MAX_MOVES]);

/* sim_pair_law.c */
enum { PAIR_ANY = -1 };
struct pair_found { const struct case_state *s; enum verdict a, b; };
struct pair_sentence {
    const char *says;
    int (*wanted)(const struct pair *p);         /* PAIR_ANY: the law leaves it open */
    int (*found)(const struct pair_found *f);
};
const struct pair_sentence *pair_sentence_at(unsigned i);    /* NULL past the end */
/* Whether the convenor, signing twice and having seen both, may close and archive. */
bool pair_closable(const struct pair *p);
bool pair_archivable(const struct pair *p);

#endif
