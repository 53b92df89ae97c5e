/* The state of a case as JSON without a ledger: field for field what `jieli show --json` says of it
 * (ledger/query/query.h, query_case_json). */
#ifndef JIELI_TOOLS_STATE_JSON_H
#define JIELI_TOOLS_STATE_JSON_H

#include <jansson.h>

#include "ledger/cases/state.h"

/* A new reference; NULL without memory. */
json_t *state_json(const struct case_state *s, const struct roster *r);

#endif
