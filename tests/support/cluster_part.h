/* Parts of an act in the making, as an officer's jieli would seal them. */
#ifndef JIELI_TESTS_SUPPORT_CLUSTER_PART_H
#define JIELI_TESTS_SUPPORT_CLUSTER_PART_H

#include "ledger/log/part_seal.h"
#include "tests/support/cluster.h"

struct cluster_part {
    struct part_ref ref;
    uint8_t salt[SALT_BYTES];
    struct buffer bytes;               /* as stored */
    struct part_wraps wraps;           /* for the member's own node */
};

/* Makes it for `a` of `member` and adds its reference there; the act gets a nonce of its own. */
struct cluster_part *cluster_part_create(struct cluster *c, unsigned member, struct cluster_act *a,
                                         enum part_role role, enum part_mode mode,
                                         struct span plain);
void cluster_part_free(struct cluster_part *p);
/* Puts it beside the entry `id`, which the member's open ledger holds. */
void cluster_part_keep(struct cluster *c, unsigned member, const struct hash *id,
                       struct cluster_part *p);
/* A report with one part of `plain`, kept by its author; the case. */
struct hash cluster_part_report(struct cluster *c, unsigned member, enum part_role role,
                                enum part_mode mode, struct span plain,
                                struct hash *commitment);
/* Reads it as `member` would: its plaintext, or why not. */
enum err cluster_part_open(struct cluster *c, unsigned member, const struct hash *id,
                           const struct hash *commitment, struct buffer *plain);

#endif
