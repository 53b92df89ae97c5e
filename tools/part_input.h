/* Parts of an act from the command line: --title --enterprise --place, --text, --photo, --scan. */
#ifndef JIELI_TOOLS_PART_INPUT_H
#define JIELI_TOOLS_PART_INPUT_H

#include "ledger/log/part.h"
#include "tools/session.h"

struct part_input { uint8_t role, salt[SALT_BYTES]; struct buffer bytes; };
struct part_inputs { unsigned count; struct part_input all[ENTRY_MAX_PARTS]; };

extern const struct option_row part_options[];

/* EXIT_DONE, or the failure printed. Clear in either case. */
int part_inputs_take(struct session *s, struct part_inputs *out);
void part_inputs_clear(struct part_inputs *p);
/* References for an entry, in the order of `p`. */
void part_inputs_refs(const struct part_inputs *p, struct part_ref out[ENTRY_MAX_PARTS]);

#endif
