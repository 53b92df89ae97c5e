/* What people ask of a ledger, as JSON in and JSON out (jansson): the same answer whether `jieli`
 * opens the home itself or asks the daemon over ipc. Times are Unix seconds, ids hex, members ids.
 *
 * Every request is an object with "query"; every answer names "as_of_s" (given by the caller) and
 * "heads": {member: size}. An answer with "error" (err_name) has "message" (English) besides, and
 * for an ambiguous case "candidates": [number...]. */
#ifndef JIELI_LEDGER_QUERY_QUERY_H
#define JIELI_LEDGER_QUERY_QUERY_H

#include <jansson.h>

#include "ledger/ledger.h"

/* Answers one request; *reply is a new reference, always set when OK.
 *
 * "cases"      {"custodian"?, "open"?: bool, "limit"?: n (50), "after"?: cursor,
 *               "sector"? "district"? "grade"?} → {"cases": [case...], "next"?: cursor}
 * "show"       {"case": text} → {"case": case, "acts": [act...], "erasures":
 *               [order...]} (timeline, with void and pending)
 * "inbox"      {"member"?: own} → {"offered": [case...], "named": [...], "asked": [...],
 *               "verify": [...], "petitions": [...], "erase": [...],
 *               "open": [case... (50)], "open_count"}: what waits for this member
 * "blindspots" {} → {"spots": [{"kind": n, "title", "case"?, "number"?, "since_s"?,
 *               "members": [...], "detail": {...}, "command": text}...],
 *               "offers": [open offers, oldest first], "erasures": [orders not confirmed by all]}
 * "whose"      {"sector", "district"} → {"level": …, "leads": […], "supports": […], "basis": …,
 *               "rows": [...]}
 * "members"    {} → {"members": [...]};  "officers" {"member"?, "key"?} → {"officers": […]}
 * "duties"     {} → {"rows": [...]};  "status" {} → own member, logs with stored and head sizes,
 *               folded size, pending and void counts, forks
 * "compose"    {"kind", "case"?} → fields of struct compose, ids hex
 * "propose"    {"case"} → {"leads": […], "supports": […]}: to whom the map would hand this case */
MUST_CHECK enum err query_run(struct ledger *l, const json_t *request, uint64_t as_of_s,
                              json_t **reply);

/* The JSON of one entry with verdict: shared by show and export. Facts by name, ids hex. */
MUST_CHECK enum err query_entry_json(struct ledger *l, struct position at, json_t **out);
/* A level of acknowledgement as "show" gives it for each act under "ack": {"level": "sequenced",
 * "mirrored" or "delivered", "mirrored_by": n, "held_by": [{"member", "since_s"}...], "concerns":
 * [{"member", "since_s"?, "parts"?: "held" or "unproven"}...], "delivered_s"?, "deemed"?: {"state":
 * "waiting" or "deemed", "to", "witnessed_s", "due_s", "length", "unit", "basis", …}}. */
struct act_level;
MUST_CHECK enum err query_level_json(struct ledger *l, const struct act_level *level,
                                     uint64_t as_of_s, json_t **out);
/* The state of a case, as "show" gives it but for its subject. ERR_NOMEM. */
MUST_CHECK enum err query_case_json(const struct roster *r, const struct case_state *s,
                                    json_t **out);

#endif
