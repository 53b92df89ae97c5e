/* A consistency proof from what we hold, drawn from a package that reaches beyond it. */
#ifndef JIELI_NET_OVERLAP_H
#define JIELI_NET_OVERLAP_H

#include "ledger/log/package.h"

/* Proof from log->frontier.size to p->tree_size, for a package with p->start <= that size < its
 * end. What is held comes from the store, the rest from the package's entries and its own proof;
 * nothing is trusted: the result is to be verified like any other. ERR_PROOF when the package's
 * proof has not the length that its place asks for; ERR_NOTFOUND, ERR_CORRUPT from the store;
 * ERR_NOMEM. */
MUST_CHECK enum err overlap_consistency(struct txn *t, const struct log *log,
                                        const struct package *p, struct proof *out);

#endif
