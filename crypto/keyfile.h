/* A secret key in a file of its own: mode 0600, created exclusively, never through a symlink.
 * The form is given in FORMAT.md, "Key files". */
#ifndef JIELI_CRYPTO_KEYFILE_H
#define JIELI_CRYPTO_KEYFILE_H

#include "crypto/keys.h"

enum keyfile_kind { KEYFILE_ED25519 = 1, KEYFILE_X25519 = 3 };

/* Writes `secret` (32 bytes: seed or scalar) to a new file at `path`, flushed with its folder.
 * passphrase NULL writes the unencrypted form, for service managers and the demo only; else
 * argon2id (moderate) and XChaCha20-Poly1305 with the header as associated data.
 * A crash on the way leaves a short file, which keyfile_read refuses and which may be removed.
 * Errors: ERR_EXISTS (also a symlink), ERR_PASSPHRASE (empty), ERR_NOTFOUND (no such folder),
 * ERR_NOMEM, ERR_IO, ERR_PERMISSION, ERR_DISK_FULL. */
MUST_CHECK enum err keyfile_create(const char *path, enum keyfile_kind kind,
                                   const uint8_t secret[32], const char *passphrase);

/* Reads it back. Errors: ERR_PERMISSION (mode wider than 0600, a symlink, another owner),
 * ERR_PASSPHRASE (needed and NULL, or wrong), ERR_FORMAT, ERR_UNSUPPORTED (newer version),
 * ERR_KEY (a key of another kind), ERR_NOTFOUND, ERR_NOMEM, ERR_IO. A passphrase given for an
 * unencrypted file is ignored. `secret` is written on success only. */
MUST_CHECK enum err keyfile_read(const char *path, enum keyfile_kind kind,
                                 const char *passphrase, uint8_t secret[32]);

/* Whether a passphrase is needed to read `path`. Errors as keyfile_read. */
MUST_CHECK enum err keyfile_encrypted(const char *path, bool *encrypted);

/* Why a key file is refused with ERR_PERMISSION, for the people who have to mend it. *mode: its
 * permission bits, 0 where it cannot be looked at. */
enum keyfile_fault {
    KEYFILE_FINE,
    KEYFILE_ABSENT,         /* not there, or its folder may not be searched */
    KEYFILE_NOT_PLAIN,      /* a symbolic link, or no regular file */
    KEYFILE_OTHER_OWNER,    /* not owned by the user that reads it */
    KEYFILE_WIDE_MODE,      /* mode beyond 0600 */
    KEYFILE_NO_READ,        /* its own mode keeps its owner from reading it */
};
enum keyfile_fault keyfile_fault(const char *path, unsigned *mode);

#endif
