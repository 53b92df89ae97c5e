#ifndef JIELI_TOOLS_AUDIT_COSIGNED_H
#define JIELI_TOOLS_AUDIT_COSIGNED_H

#include "ledger/log/cosign_row.h"
#include "ledger/log/cosigned.h"
#include "tools/audit/run.h"

/* Checks one: counted where it holds, counted apart where a key or a proof that it needs is not
 * there. */
void run_cosigned(struct audit_run *r, const struct cosigned *c);
/* Those that a home keeps; after every log was read. */
MUST_CHECK enum err run_cosigned_rows(struct audit_run *r, struct txn *t);

#endif
