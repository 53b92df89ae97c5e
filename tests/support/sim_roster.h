/* A small committee for tests of the fold, made of genuine governance entries. Each member has
 * three officers besides its administrator: number 1 works, 2 and 3 are 验收人; the convenor's
 * number 4 is 安委会主任. Person numbers are "<member>-<officer>". */
#ifndef JIELI_TESTS_SUPPORT_SIM_ROSTER_H
#define JIELI_TESTS_SUPPORT_SIM_ROSTER_H

#include "tests/support/roster_fixture.h"

enum sim_member { ANWEIBAN, YINGJI, JIAOTONG, HAIGUAN, ECHENG, JIWEI, SHICHANG, SIM_MEMBERS };
enum { SIM_OFFICERS = 4, SIM_CROWD = SIM_MEMBERS + 5 };
/* Where the acts of a case begin: convenor's log, other logs. */
enum { SIM_CONVENOR_START = 60, SIM_LOG_START = 30 };

struct sim_officer { struct pubkey key; struct hash enrolment; };

/* anweiban and yingji are one institution; haiguan is vertical; echeng a district; jiwei oversees.
 * The map: sector "gas" is led by jiaotong, "chem" by yingji, others by nobody. */
struct sim_roster {
    struct fixture fixture;
    const struct roster *roster;
    const char *names[SIM_CROWD];
    uint64_t convenor_index;           /* of the convenor's last governance entry */
    struct sim_officer officers[SIM_CROWD][SIM_OFFICERS + 1];
};

void sim_roster_init(struct sim_roster *s);
/* Admits members SIM_MEMBERS up to SIM_CROWD as well: boards, all of one institution. */
void sim_roster_crowd(struct sim_roster *s);
void sim_roster_clear(struct sim_roster *s);

#endif
