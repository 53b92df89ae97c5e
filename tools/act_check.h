/* What people are told before an act is signed: slips that the law takes, but nobody wants. */
#ifndef JIELI_TOOLS_ACT_CHECK_H
#define JIELI_TOOLS_ACT_CHECK_H

#include "tools/session.h"

/* Reads a line of stdin: whether it begins with y. */
bool act_check_agreed(void);
/* A sector that the responsibility map does not know is nobody's. The law takes it, so this warns,
 * names the nearest codes of the map and, at a terminal, asks. EXIT_DONE: go on. A map without
 * rows says nothing. */
int act_check_sector(struct session *s, const char *sector);
/* Who confirms an erasure is told of what the node does not reach. */
void act_check_erasure(struct session *s);
/* The officer to whom a case is handed must be one of ours, or the node would refuse the act with
 * words that seem to speak of its signer. */
int act_check_officer(struct session *s, const char *person);

#endif
