/* What `jieli` ends with. Scripts rely on these: numbers never change their meaning. `jieli audit`
 * has its own, named in its help. */
#ifndef JIELI_TOOLS_EXIT_CODE_H
#define JIELI_TOOLS_EXIT_CODE_H

#include "crypto/err.h"

enum exit_code {
    EXIT_DONE = 0,          /* done, or answered */
    EXIT_REFUSED = 1,       /* the act would be void, or the node refuses it: see the reason */
    EXIT_USAGE = 2,         /* the command line is wrong: see --help */
    EXIT_NOTFOUND = 3,      /* no such case, member, draft, file, or several match */
    EXIT_NO_DAEMON = 4,     /* no jielid answers for this home */
    EXIT_LATER = 5,         /* rests on something not held, or was overtaken: sync, or draft anew */
    EXIT_IO = 6,            /* disk, file or network failed; memory ran out */
    EXIT_KEY = 7,           /* key file, passphrase, file mode or user */
    EXIT_BROKEN = 8,        /* stored data contradicts itself or what was published */
    EXIT_SPOTS = 9,         /* `blindspots`: there are some */
    EXIT_MORE_SIGNATURES = 10,  /* `sign`: signed, and further signatures are needed */
    EXIT_NOT_REACHED = 11,  /* --wait: the act stands, the level waited for was not reached */
};

int exit_code_of(enum err err);

#endif
