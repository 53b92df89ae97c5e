/* The one list of errors of the program. Every function that can fail on something from the
 * world (bytes, disk, peers, people) returns one of these; assert() is for our own bugs only. */
#ifndef JIELI_CRYPTO_ERR_H
#define JIELI_CRYPTO_ERR_H

#define MUST_CHECK __attribute__((warn_unused_result))

enum err {
    OK = 0,
    ERR_NOMEM,        /* memory ran out: give up this operation, keep running */
    ERR_IO,           /* the operating system refused a read or a write: stop accepting writes */
    ERR_DISK_FULL,    /* no room: nothing was stored, free space and try again */
    ERR_NOTFOUND,     /* what was asked for is not held here */
    ERR_EXISTS,       /* it is there already and is not overwritten */
    ERR_CORRUPT,      /* stored bytes fail their own hash: ask a peer for them */
    ERR_FORMAT,       /* bytes do not decode, or not in the one allowed encoding */
    ERR_TRUNCATED,    /* bytes end in the middle of an item */
    ERR_TOO_LARGE,    /* over a limit of limits.h */
    ERR_RANGE,        /* a value outside what its field allows */
    ERR_SIGNATURE,    /* a signature does not verify */
    ERR_KEY,          /* a key is not a valid point, or is of an unknown algorithm */
    ERR_PASSPHRASE,   /* the key file does not open with this passphrase */
    ERR_PERMISSION,   /* file mode or caller's uid forbids it */
    ERR_PROOF,        /* a Merkle proof does not lead to the signed root */
    ERR_FORK,         /* two signed heads that cannot be one tree: keep both */
    ERR_OLD_HEAD,     /* a head smaller than one held: ignore it */
    ERR_GAP,          /* an index beyond the end of the log: fetch what lies between first */
    ERR_WRONG_LEDGER, /* belongs to another ledger */
    ERR_UNKNOWN_MEMBER, /* no admission of this member is held */
    ERR_NOT_ENROLLED, /* the signer is not an officer of that member there */
    ERR_VOID,         /* the act would be void; the reason goes beside it */
    ERR_PENDING,      /* the act rests on something not held yet */
    ERR_OVERTAKEN,    /* the base of a draft is no longer in force: draft anew */
    ERR_LOCKED,       /* another process runs on this home */
    ERR_ROLLBACK,     /* data older than the last head that was published: refuse to sign */
    ERR_CLOCK,        /* the clock stands before what was already written */
    ERR_BUSY,         /* a bounded queue is full: try again */
    ERR_TIMEOUT,      /* nothing came in time */
    ERR_CLOSED,       /* the other side went away */
    ERR_PROTOCOL,     /* a peer broke the protocol: cut it off */
    ERR_UNAUTHENTIC,  /* a session's bytes do not open: altered, or other keys, ledger or secret */
    ERR_CONFIG,       /* a configuration line is wrong; file and line go beside it */
    ERR_USAGE,        /* a command line is wrong */
    ERR_UNSUPPORTED,  /* newer law, suite or format than this software knows */
    ERR_SUSPENDED,    /* a member that the convenor suspended: nothing is exchanged with it */
    ERR_UNCERTAIN,    /* a commit failed in an unknown state: the process must end */
};

/* One sentence in English for `code`, static text, safe from any thread. The caller translates. */
const char *err_message(enum err code);

/* Name of the code, "ERR_GAP", for logs and tests. */
const char *err_name(enum err code);

/* Translates errno to one of the codes above. */
enum err err_from_errno(int errno_value);

#endif
