/* Work from an officer's desk: where the node is, what is known of it, and requests over a secure
 * session (net/desk_line.h) in place of the node's socket. */
#ifndef JIELI_TOOLS_DESK_H
#define JIELI_TOOLS_DESK_H

#include "net/desk_file.h"
#include "net/desk_line.h"
#include "tools/session.h"

struct desk {
    char path[DESK_KEY_PATH_BYTES];     /* of the desk's file */
    struct desk_file file;
    struct desk_line *line;             /* dialled when first needed */
    uint64_t certificate;               /* of the node, as shown on this line */
};

/* The node that a run is meant for: "tcp://HOST:PORT", or "" for the addresses of the desk's file;
 * NULL: a home on this computer. Options come before the environment (JIELI_NODE, JIELI_HOME), that
 * before the file. */
const char *desk_node(const struct args *args);
/* JIELI_DESK, else $XDG_CONFIG_HOME/jieli/desk.json, else ~/.config/jieli/desk.json. False when
 * there is no place. */
bool desk_path(char out[DESK_KEY_PATH_BYTES]);
/* Reads a desk's file. EXIT_DONE, or the failure printed, as all below. */
int desk_file_read(struct session *s, const char *path, struct desk_file *out);
/* Writes it whole or not at all, mode 0600. */
int desk_file_write(struct session *s, const char *path, const struct desk_file *f);

/* Sets s->desk from the desk's file, nothing dialled yet. */
int desk_open(struct session *s);
void desk_close(struct desk *d);        /* NULL is fine */
/* Dials the node that s->desk knows, with the transport key beside the officer's key (--key,
 * JIELI_KEY, the desk's file); keeps the greatest certificate seen in the file. A session that
 * ended while somebody was asked something is dialled again; what was sent is never sent again. */
int desk_connect(struct session *s);
/* One request to the node; as ipc_call. */
MUST_CHECK enum err desk_call(struct desk *d, const json_t *request, struct span blob,
                              json_t **reply, struct buffer *reply_blob);

#endif
