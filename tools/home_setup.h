/* A node's home as `genesis` and `init` lay it out: keys, genesis, configuration. */
#ifndef JIELI_TOOLS_HOME_SETUP_H
#define JIELI_TOOLS_HOME_SETUP_H

#include "ledger/roster/genesis.h"
#include "tools/session.h"

/* The folder, and node.key, cosigner.key, transport.key, sealing.key where they are missing,
 * without passphrase for an unattended node. EXIT_DONE, or the failure printed, as all below. */
int home_setup_keys(struct session *s);
/* The node key of the home. */
int home_setup_node_key(struct session *s, struct signkey **out);
/* The genesis file and a jieli.conf that pins it; refuses to replace either. */
int home_setup_files(struct session *s, struct span genesis, const struct hash *ledger,
                     const char *member);
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
