/* What an officer's desk knows of its node, one JSON object in a file: nothing in it is secret.
 *
 *   {"jieli_desk": 1, "ledger": hex, "domain": …, "member": …, "node_key": hex,
 *    "addresses": ["192.0.2.7:7311", …], "certificate": n, "key": path}
 *
 * `certificate` is the greatest index of a transport certificate seen: an older one is refused.
 * `key` is the officer's key file on this computer, "" in the file that the node writes. */
#ifndef JIELI_NET_DESK_FILE_H
#define JIELI_NET_DESK_FILE_H

#include "net/config.h"

enum { DESK_FILE_MAX_BYTES = 16384, DESK_KEY_PATH_BYTES = 1024 };

struct desk_file {
    struct hash ledger;
    char domain[DOMAIN_MAX_BYTES + 1], member[ID_MAX_BYTES + 1];
    struct pubkey node_key;             /* signs the heads of the member's log */
    unsigned address_count;
    char addresses[CONFIG_MAX_LISTEN][CONFIG_ADDRESS_BYTES];
    uint64_t certificate;
    char key[DESK_KEY_PATH_BYTES];
};

/* Strict: all names, no others, none twice. ERR_FORMAT, ERR_RANGE (a value outside its field),
 * ERR_UNSUPPORTED (a newer form). */
MUST_CHECK enum err desk_file_decode(struct desk_file *out, struct span text);
MUST_CHECK enum err desk_file_encode(const struct desk_file *f, struct buffer *out);

/* Judges the node's certificate for the key that it has proven, without a roster: it stands in the
 * log whose heads the known node key signs. *index is its place. ERR_WRONG_LEDGER (another ledger,
 * member or epoch), ERR_OVERTAKEN (older than one seen), ERR_SIGNATURE, ERR_PROOF, ERR_VOID (no
 * certify entry), ERR_KEY; those of certificate_decode. */
MUST_CHECK enum err desk_file_judge(const struct desk_file *f, const struct xpubkey *key,
                                    struct span certificate, uint64_t *index);

#endif
