/* Facts of an act from the command line, by the tables of kinds and facts. */
#ifndef JIELI_TOOLS_FACT_INPUT_H
#define JIELI_TOOLS_FACT_INPUT_H

#include "ledger/log/entry.h"
#include "tools/session.h"

struct fact_inputs {
    struct buffer bytes;
    unsigned count;
    struct fact facts[2 * KIND_MAX_FACTS];      /* rising ids, values within bytes */
};

/* Takes every fact of the kind that has an option given; complains of a required one that is
 * missing, naming its choices. `case_text` is where --target's short ids are looked up; NULL for
 * none. EXIT_DONE, or the failure printed. Clear in either case. */
int fact_inputs_take(struct session *s, const struct kind_row *kind, const char *case_text,
                     struct fact_inputs *out);
/* Complains of the first fact that the kind requires and that has no option given; `except` (0:
 * none) is not asked for. */
int fact_inputs_required(struct session *s, const struct kind_row *kind, enum fact_id except);
void fact_inputs_clear(struct fact_inputs *f);

/* The id of an act of a case by its beginning, as `jieli show` prints it: *text becomes `whole`;
 * one that is whole already, or without a case, is left as it is. EXIT_DONE, or the failure
 * printed. */
int fact_input_act(struct session *s, const char *case_text, const char **text,
                   char whole[HASH_BYTES * 2 + 1]);

/* The value of one fact as a CBOR item appended to out: codes by name or Chinese word, dates as
 * dates.h reads them or "today", lists with commas, tracks as track=investigator. ERR_RANGE: no
 * such code; ERR_FORMAT: not of the fact's type. */
MUST_CHECK enum err fact_value_encode(const struct fact_row *row, const char *const *texts,
                                      unsigned count, uint64_t now_s, struct buffer *out);

#endif
