/* A member that misbehaves: a process of its own with the keys, the certificate and the home of a
 * member, which does one thing to a node over and over at a bounded rate (attacker.c has the table
 * of them). It runs at a low priority, as it would on another machine. */
#ifndef JIELI_TESTS_SUPPORT_ATTACKER_H
#define JIELI_TESTS_SUPPORT_ATTACKER_H

#include <sys/types.h>

#include "tests/support/cluster.h"

struct attacker;

struct attack {
    const char *name;
    const char *reason;          /* as the node's log names it; NULL: it is not cut off */
    void (*step)(struct attacker *a);   /* one turn; its state is in *a */
    unsigned every_ms;           /* between turns */
    /* Beforehand, by the convenor at home (member 0), whose ledger is open; NULL: nothing. */
    void (*prepare)(struct cluster *c, unsigned attacker);
};
extern const struct attack attacks[];
extern const unsigned attack_count;

struct attacker_options {
    struct cluster *c;
    unsigned member;             /* whose keys and home, which must be closed */
    unsigned port;               /* of the node */
    uint64_t held;               /* entries of the log of that member which the node holds */
    const struct attack *attack;
};
/* Forks; returns when the attack has begun. */
pid_t attacker_start(const struct attacker_options *o);
void attacker_stop(pid_t pid);

#endif
