/* Parts of an act from the command line: --title --enterprise --place, --text, --photo, --scan and
 * others. They are sealed for our own node, which shares them with their readers; --open leaves
 * those open that may be (ledger/cases/readers.h). */
#ifndef JIELI_TOOLS_PART_INPUT_H
#define JIELI_TOOLS_PART_INPUT_H

#include "ledger/log/part_seal.h"
#include "tools/session.h"

/* `bytes` are plain until part_inputs_seal. */
struct part_input {
    struct part_ref ref;
    uint8_t salt[SALT_BYTES];
    struct buffer bytes, wraps;
};
struct part_inputs { unsigned count; struct part_input all[ENTRY_MAX_PARTS]; };

extern const struct option_row part_options[];

/* EXIT_DONE, or the failure printed. Clear in either case. */
int part_inputs_take(struct session *s, struct part_inputs *out);
void part_inputs_clear(struct part_inputs *p);
/* Makes of the plain bytes what is stored, for the act of this member and nonce, and the references
 * in the order of `p`. ERR_TOO_LARGE, ERR_KEY, ERR_NOMEM. */
MUST_CHECK enum err part_inputs_seal(struct part_inputs *p, const struct hash *ledger,
                                     const char *member, const struct nonce *nonce,
                                     const struct xpubkey *reader,
                                     struct part_ref out[ENTRY_MAX_PARTS]);

#endif
