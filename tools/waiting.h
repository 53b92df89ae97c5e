/* --wait: an act that was appended is waited for until others acknowledge it. The act stands
 * whatever comes of it. */
#ifndef JIELI_TOOLS_WAITING_H
#define JIELI_TOOLS_WAITING_H

#include "tools/session.h"

enum { WAITING_DEFAULT_S = 60, WAITING_MAX_S = 86400 };

/* Whether --wait and --timeout are well said, before anything is written. EXIT_DONE, or the
 * failure printed. */
int waiting_check(struct session *s);
/* Waits as --wait says for the entry that `reply` names, an append's answer; "level" and "ack" of
 * it become what was reached. EXIT_DONE at once without --wait, and in
 * commands that have no levels (session.waits); EXIT_NOT_REACHED when the time ran
 * out or nothing more can come. */
int waiting_run(struct session *s, json_t *reply);
/* Says in words what waiting_run ended with, to be followed up by `number` (NULL: no case). */
void waiting_tell(struct session *s, const json_t *reply, int code, const char *number);

#endif
