/* What is said of a member on the command line or in a table of members. */
#ifndef JIELI_TOOLS_MEMBER_INPUT_H
#define JIELI_TOOLS_MEMBER_INPUT_H

#include "ledger/roster/member.h"
#include "tools/session.h"

/* --name, --kind, --institution, --powers, --vertical, --members. */
#define MEMBER_OPTIONS                                                                             \
    {"name", "NAME", N_("name of the member as people read it")},                                  \
    {"kind", "KIND", N_("office, bureau, board, district, oversight or judicial")},                \
    {"institution", "ID", N_("institution that the member belongs to (itself)")},                  \
    {"powers", "POWER,…", N_("enforce, trade, owner, territory, coordinate, operator, oversee, "   \
                             "judicial")},                                                         \
    {"vertical", NULL, N_("a vertical organ: asked, not ordered")},                                \
    {"members", "FILE", N_("table of members (id, name, kind, institution, powers, vertical)")}

/* Fills what the options, or the row of a->id in --members, say; options win. EXIT_DONE, or the
 * failure printed. */
int member_input_take(struct session *s, struct admission *a);
/* Copies a text into a fixed room; complains of `option` when it is missing or too long. */
int member_input_text(struct session *s, const char *option, const char *text, char *out,
                      size_t out_bytes);

#endif
