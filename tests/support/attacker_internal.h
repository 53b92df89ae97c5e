/* What attacker.c (process, session) and attacker_acts.c (the table) share. */
#ifndef JIELI_TESTS_SUPPORT_ATTACKER_INTERNAL_H
#define JIELI_TESTS_SUPPORT_ATTACKER_INTERNAL_H

#include "net/message.h"
#include "tests/support/attacker.h"
#include "tests/support/transport_seen.h"

enum { ATTACKER_IDLE = 300, ATTACKER_SESSIONS = 64, ATTACKER_FRAMES = 8 };

struct attacker {
    struct attacker_options o;
    const struct cluster_member *self;       /* its ledger is open */
    const struct log *log;                   /* its own, longer than what the node holds */
    struct buffer certificate;
    struct raw_peer r;
    bool open;
    struct buffer in;                        /* bytes that are not whole frames yet */
    bool wanted, part_wanted;                /* a request came that was not answered yet */
    struct message want, part_want;
    struct buffer frames[ATTACKER_FRAMES];   /* made once */
    unsigned frame_count, turn;
    int idle[ATTACKER_IDLE];
    unsigned idle_count;
    struct raw_peer mute[ATTACKER_SESSIONS];
    unsigned mute_count;
    struct message *scratch;
};

/* Makes sure of a session that has said hello, and hears what has come. False: hung up on, the next
 * turn tries again. */
bool attacker_session(struct attacker *a);
void attacker_hang_up(struct attacker *a);
void attacker_say(struct attacker *a, const struct message *m);
/* Whether the node takes bytes at the moment. */
bool attacker_writable(const struct attacker *a);
/* Drops what has come, unread. */
void attacker_drain(struct attacker *a);

#endif
