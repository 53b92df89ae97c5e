#include "node/ending.h"

#include <stddef.h>

struct row { enum err err; struct ending ending; };

static const struct row ROWS[] = {
    {OK, {EXIT_STATUS_OK, ""}},
    {ERR_USAGE, {EXIT_STATUS_USAGE, "see jielid --help"}},
    {ERR_CONFIG, {EXIT_STATUS_CONFIG, "correct the line named above, then jielid --check"}},
    {ERR_NOTFOUND, {EXIT_STATUS_HOME, "make a home with `jieli init` or name another by --home"}},
    {ERR_WRONG_LEDGER, {EXIT_STATUS_WRONG_LEDGER,
                        "this home belongs to another ledger than [node] ledger pins: compare the "
                        "id with the one the convenor announced, never edit it to fit"}},
    {ERR_PERMISSION, {EXIT_STATUS_KEY,
                      "give the home and its key files to this user, keys with mode 0600"}},
    {ERR_PASSPHRASE, {EXIT_STATUS_KEY,
                      "an unattended node needs a key file without passphrase, handed over by the "
                      "service manager (LoadCredential=node.key:PATH)"}},
    {ERR_KEY, {EXIT_STATUS_KEY,
               "node.key is not the key that this member was admitted with: put back this "
               "member's own node.key, or correct [node] member"}},
    {ERR_TRUNCATED, {EXIT_STATUS_HOME, "a file of the home is cut short: put it back from a "
                                       "copy"}},
    {ERR_FORMAT, {EXIT_STATUS_HOME, "a file of the home is damaged: put it back from a copy"}},
    {ERR_EXISTS, {EXIT_STATUS_ADDRESS, "somebody listens there already: see [node] listen and "
                                       "[ipc] socket"}},
    {ERR_UNCERTAIN, {EXIT_STATUS_UNCERTAIN, "start again: the node rechecks what was stored"}},
    {ERR_CORRUPT, {EXIT_STATUS_UNCERTAIN,
                   "stored bytes fail their hash or are cut short: check disk and memory, then "
                   "jieli audit --home; do not restore an old copy over this home"}},
    {ERR_IO, {EXIT_STATUS_UNCERTAIN, "the disk refused a write: check it, then start again"}},
    {ERR_ROLLBACK, {EXIT_STATUS_ROLLBACK,
                    "this home is older than what it published, or last-head is gone: it reads "
                    "and serves, and signs nothing in its own log. Bring back the newest copy of "
                    "the home, or tell the convenor; never delete last-head"}},
    {ERR_FORK, {EXIT_STATUS_FORK,
                "two histories of our own log exist: keep this home untouched and call the "
                "convenor"}},
    {ERR_DISK_FULL, {EXIT_STATUS_DISK_FULL, "free space on the disk of the home"}},
    {ERR_LOCKED, {EXIT_STATUS_LOCKED,
                  "another jielid runs on this home (its pid is in the file lock): stop it first"}},
    {ERR_TIMEOUT, {EXIT_STATUS_STUCK, "no dial, read or write came to an end for minutes: start "
                                      "again; nothing that was stored is lost"}},
    {ERR_UNSUPPORTED, {EXIT_STATUS_UNSUPPORTED, "this home needs newer software: upgrade"}},
};

struct ending ending_of(enum err err)
{
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        if (ROWS[i].err == err) {
            return ROWS[i].ending;
        }
    }
    return (struct ending){EXIT_STATUS_OTHER, "see the lines above"};
}
