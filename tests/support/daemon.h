/* A jielid under test: as a process of its own on a home of a cluster, or any daemon through its
 * socket. Fails by aborting, like the cluster. */
#ifndef JIELI_TESTS_SUPPORT_DAEMON_H
#define JIELI_TESTS_SUPPORT_DAEMON_H

#include <sys/types.h>

#include "net/ipc.h"
#include "tests/support/cluster.h"

/* Path of the built jielid: $JIELID, else beside the folder tests/ in which this program lies. */
void daemon_path(char *out, size_t out_bytes);
/* Starts jielid on the member's home (which must be closed); its log goes to <home>/jielid.log. */
pid_t daemon_start(const struct cluster *c, unsigned member);
/* Connects as soon as the daemon listens; NULL when the process ends before or after 30 s. */
struct ipc_client *daemon_connect(const struct cluster *c, unsigned member, pid_t pid);
/* Both of the above, and must. */
struct ipc_client *daemon_up(const struct cluster *c, unsigned member, pid_t *pid);
/* Hangs up and ends it, which must go well; nothing where *client is NULL, as it is afterwards. */
void daemon_down(struct ipc_client **client, pid_t pid);
/* Whether it ends by itself within `us` microseconds; waits as long. */
bool daemon_ends_within(pid_t pid, uint64_t us);
/* SIGTERM and the exit status. */
int daemon_stop(pid_t pid);
/* SIGKILL and gone. */
void daemon_kill(pid_t pid);

/* One request; the reply is a new reference, NULL when no answer came. */
json_t *daemon_ask(struct ipc_client *client, json_t *request, struct span blob,
                   struct buffer *reply_blob);
/* What an act must be built on. False when no good answer came. */
bool daemon_compose(struct ipc_client *client, uint32_t kind, const struct hash *case_id,
                    struct compose *out);
/* Sends one encoded entry. The reply, NULL when none came. */
json_t *daemon_append(struct ipc_client *client, struct span entry);
/* An act without a case, or one that opens one: composed, signed and taken; its id. Clears it. */
struct hash daemon_act(struct ipc_client *client, struct cluster *c, unsigned member,
                       struct cluster_act *a);
/* A whole report of a general hazard; the case id. */
struct hash daemon_report(struct ipc_client *client, struct cluster *c, unsigned member);
bool daemon_ok(const json_t *reply);
/* "error" of a reply, "" for none. */
const char *daemon_error(const json_t *reply);
/* "id" of a reply, or another hex member. */
bool daemon_hash(const json_t *reply, const char *key, struct hash *out);

#endif
