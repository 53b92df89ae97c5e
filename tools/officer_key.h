/* The keys that officers sign with: files, the posts their holders have, and new ones. */
#ifndef JIELI_TOOLS_OFFICER_KEY_H
#define JIELI_TOOLS_OFFICER_KEY_H

#include "crypto/keyfile.h"
#include "ledger/log/entry.h"
#include "net/invitation.h"
#include "tools/session.h"

struct officer_key {
    struct signkey *key;                /* NULL: `jieli unlock` keeps it open, the agent signs */
    struct hash name;                   /* of the key, for the agent */
    struct pubkey pub;
    struct signer signer;               /* key, post, role and enrolment to sign with */
    char person[PERSON_MAX_BYTES + 1];
};
struct officer_keys { unsigned count; struct officer_key all[ENTRY_MAX_SIGNERS]; };

/* Reads the files of --key, --key2 …, or of JIELI_KEY. EXIT_DONE, or the failure printed. */
int officer_keys_read(struct session *s, struct officer_keys *out);
/* Finds each key among the officers that may sign for `member`: its post (--as, or the one that the
 * act needs, or the only one), its role (--role, or 经办 for the first and 签发 for the others;
 * 验收 for all on `verify`). `already` signatures stand before these. */
int officer_keys_match(struct session *s, struct officer_keys *keys, const char *member,
                       const struct kind_row *kind, unsigned already);
void officer_keys_clear(struct officer_keys *keys);
/* Signs a payload as k->signer says, into *signer. Those of entry_sign; ERR_NOTFOUND, ERR_CLOSED:
 * the agent ended meanwhile. */
MUST_CHECK enum err officer_key_sign(const struct officer_key *k, struct span payload,
                                     const struct hash *ledger, struct signer *signer);
/* Signs an order of an invitation. */
MUST_CHECK enum err officer_key_order(const struct officer_key *k,
                                      const struct invitation_order *order, struct sig *sig);

/* The secret of a key file; asks for its passphrase where it has one. To be wiped by the caller.
 * EXIT_DONE, or the failure printed. */
int key_secret_read(struct session *s, const char *path, enum keyfile_kind kind,
                    uint8_t secret[32]);
/* The same of a signing key. */
int key_read(struct session *s, const char *path, struct signkey **out);
/* The key in `path`, made first where there is no such file: with a passphrase, or without one
 * where --no-passphrase was given. */
int key_read_or_create(struct session *s, const char *path, struct signkey **out);

/* A key file that cannot be used, in words: not there, mode, owner, passphrase. */
int session_fail_key(struct session *s, enum err err, const char *path);

#endif
