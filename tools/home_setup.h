/* A node's home as `genesis` and `init` lay it out: keys, genesis, configuration. */
#ifndef JIELI_TOOLS_HOME_SETUP_H
#define JIELI_TOOLS_HOME_SETUP_H

#include "ledger/roster/genesis.h"
#include "net/config.h"
#include "tools/session.h"

/* The folder, and node.key, cosigner.key, transport.key, sealing.key where they are missing,
 * without passphrase for an unattended node. EXIT_DONE, or the failure printed, as all below. */
int home_setup_keys(struct session *s);
/* The node key of the home. */
int home_setup_node_key(struct session *s, struct signkey **out);
/* The transport key of the home; the caller clears it. */
int home_setup_transport_key(struct session *s, struct xkey *out);
/* Fills keys and proofs of a request of a->id: the home's node key, and the first administrator's
 * in `key_path`, made where it is missing. */
int home_setup_prove(struct session *s, const struct hash *ledger, const char *key_path,
                     struct admission *a);
/* A configuration for the home: the defaults, ledger and member. */
void home_setup_config(struct config *out, const struct hash *ledger, const char *member);
/* The genesis file and jieli.conf; refuses to replace either. What a crash between them left, a
 * jieli.conf of this very ledger and member, is kept as it is. */
int home_setup_files(struct session *s, struct span genesis, const struct config *config);
/* Whether the home has a genesis; *out is decoded from it. */
bool home_setup_genesis(struct session *s, struct genesis *out);
/* A fresh transport.key; the former one is kept as transport.key.old. */
int home_setup_new_transport_key(struct session *s);
/* A fresh sealing.key; the former ones stay beside it until the node is done with them. */
int home_setup_new_sealing_key(struct session *s);
/* The certificate of our node's keys as they lie in the home, signed by the session's key: entry 0
 * of our log, or one that replaces it. */
int home_setup_certify(struct session *s);

#endif
