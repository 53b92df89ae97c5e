/* What cluster.c and cluster_build.c share. */
#ifndef JIELI_TESTS_SUPPORT_CLUSTER_KEYS_H
#define JIELI_TESTS_SUPPORT_CLUSTER_KEYS_H

#include "tests/support/cluster.h"

/* Ends the test program with a message unless `good`. */
#define CLUSTER_DEMAND(good) cluster_demand((good), #good, __FILE__, __LINE__)
void cluster_demand(bool good, const char *what, const char *file, int line);

extern const char *const cluster_posts[OFFICER_COUNT];
extern const char *const cluster_officer_names[OFFICER_COUNT];

/* 32 bytes that follow from the seed, a member's id and a purpose. */
struct hash cluster_secret(const struct cluster *c, const char *id, const char *purpose);
/* Keys of a member in memory, then files, genesis and configuration in its home. */
void cluster_keys_init(struct cluster *c, struct cluster_member *m);
void cluster_keys_clear(struct cluster_member *m);
void cluster_home_create(struct cluster *c, struct cluster_member *m, struct span genesis);

#endif
