/* The configuration of a node, <home>/jieli.conf: an ini file of at most CONFIG_MAX_BYTES. Sections
 * and keys that are not in the table below are errors, each with its line, so a typo never passes
 * for a default. Pure but for config_read and config_write; users are not looked up.
 *
 *   [node]  member = id                    own member id
 *           ledger = 64 hex                ledger id, pinned
 *           listen = address[, address]    may repeat; "127.0.0.1:7311", "[::1]:7311"
 *           peer   = address[, address]    may repeat
 *   [ipc]   mode   = octal                 of the socket, 0600
 *           allow  = uid or user[, …]      may repeat; empty: whoever the mode lets through
 *           socket = path                  jielid.sock; a relative one lies in the home
 *   [http]  listen = address              of the loopback alone: 127.0.0.1:9311, [::1]:9311
 *   [notify] run   = path                  absolute, of a program: see node/notify.h
 *   [log]   level  = error|warn|info|debug
 *   [folder] a peer reached by folders (net/folder.h); the section may repeat, one for each peer
 *           out    = path                  absolute; at least one of the two
 *           in     = path
 *           every  = seconds               1 to 86400, at most one bundle in so long; 60
 *           again  = hours                 0 (never) to 8760; what is not acknowledged; 24 */
#ifndef JIELI_NET_CONFIG_H
#define JIELI_NET_CONFIG_H

#include "crypto/bytes.h"
#include "crypto/limits.h"

enum {
    CONFIG_MAX_LISTEN = 8,
    CONFIG_MAX_ALLOW = 32,
    CONFIG_ADDRESS_BYTES = 56,     /* "[ IPv6 ]:65535", NUL included */
    CONFIG_USER_BYTES = 33,
    CONFIG_SOCKET_BYTES = 108,     /* sun_path of unix(7) */
    CONFIG_PROGRAM_BYTES = 160,
    CONFIG_ERROR_BYTES = 160,
    CONFIG_MAX_FOLDERS = 8,
    CONFIG_PATH_BYTES = 192,
};
#define CONFIG_FILE "jieli.conf"

enum log_level { LEVEL_ERROR, LEVEL_WARN, LEVEL_INFO, LEVEL_DEBUG };

struct config_folder {
    char out[CONFIG_PATH_BYTES], in[CONFIG_PATH_BYTES];   /* "" for none */
    unsigned every_s, again_h;
};

struct config {
    char member[ID_MAX_BYTES + 1];
    bool has_ledger;
    struct hash ledger;
    unsigned listen_count, peer_count, allow_count;
    char listen[CONFIG_MAX_LISTEN][CONFIG_ADDRESS_BYTES];
    char peers[PEERS_MAX][CONFIG_ADDRESS_BYTES];
    char allow[CONFIG_MAX_ALLOW][CONFIG_USER_BYTES];   /* decimal uid or user name */
    unsigned ipc_mode;
    char socket[CONFIG_SOCKET_BYTES];
    char http_listen[CONFIG_ADDRESS_BYTES];            /* "": no http */
    char notify_run[CONFIG_PROGRAM_BYTES];             /* "": nobody is told */
    enum log_level level;
    unsigned folder_count;
    struct config_folder folders[CONFIG_MAX_FOLDERS];
};

/* What is wrong and in which line, English; line 0 speaks of the file as a whole. */
struct config_error { unsigned line; char text[CONFIG_ERROR_BYTES]; };

/* Room for `path` and a line of it, NUL included, as editors and people read it. */
enum { CONFIG_PLACE_BYTES = 4096 + 16 };
/* "PATH:LINE", or "PATH" alone where the error speaks of the file as a whole. Cut to the room. */
void config_error_place(const struct config_error *error, const char *path,
                        char out[CONFIG_PLACE_BYTES]);

/* The defaults: no member and no pinned ledger yet, socket jielid.sock of mode 0600, level info. */
void config_init(struct config *c);
/* ERR_CONFIG with *error set; *out is then unspecified. */
MUST_CHECK enum err config_parse(struct config *out, struct span text,
                                 struct config_error *error);
/* The file at `path`. Besides the above those of file_read, *error set. */
MUST_CHECK enum err config_read(struct config *out, const char *path,
                                struct config_error *error);
/* Appends a file that parses to the same configuration, each key explained. */
MUST_CHECK enum err config_format(const struct config *c, struct buffer *out);
/* Writes <home>/jieli.conf, mode 0600, whole or not at all. Replaces a file that is there. */
MUST_CHECK enum err config_write(const struct config *c, const char *home);

/* Room for a path of `name` in `home`, or `name` itself where it is absolute. ERR_TOO_LARGE. */
MUST_CHECK enum err config_socket_path(const struct config *c, const char *home, char *out,
                                       size_t out_bytes);
/* "error", "warn", "info", "debug". */
const char *log_level_name(enum log_level level);

#endif
