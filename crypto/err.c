#include "crypto/err.h"

#include <errno.h>

const char *err_message(enum err code)
{
    switch (code) {
    case OK: return "no error";
    case ERR_NOMEM: return "memory ran out";
    case ERR_IO: return "the operating system refused a read or a write";
    case ERR_DISK_FULL: return "the disk is full; nothing was stored";
    case ERR_NOTFOUND: return "not held here";
    case ERR_EXISTS: return "it exists already and is not overwritten";
    case ERR_CORRUPT: return "stored bytes do not match their hash";
    case ERR_FORMAT: return "the bytes are not in the one allowed encoding";
    case ERR_TRUNCATED: return "the bytes end in the middle of an item";
    case ERR_TOO_LARGE: return "over a limit";
    case ERR_RANGE: return "a value is outside what its field allows";
    case ERR_SIGNATURE: return "a signature does not verify";
    case ERR_KEY: return "the key is not valid or of an unknown algorithm";
    case ERR_PASSPHRASE: return "the key file does not open with this passphrase";
    case ERR_PERMISSION: return "file mode or user does not permit it";
    case ERR_PROOF: return "the proof does not lead to the signed root";
    case ERR_FORK: return "two signed heads cannot be one tree";
    case ERR_OLD_HEAD: return "the head is smaller than the one held";
    case ERR_GAP: return "entries before this one are missing";
    case ERR_WRONG_LEDGER: return "it belongs to another ledger";
    case ERR_UNKNOWN_MEMBER: return "no admission of this member is held";
    case ERR_NOT_ENROLLED: return "the signer is not an officer of that member";
    case ERR_VOID: return "the act would be void";
    case ERR_PENDING: return "the act rests on something not held yet";
    case ERR_OVERTAKEN: return "the base of the draft is no longer in force; draft it anew";
    case ERR_LOCKED: return "another process runs on this home";
    case ERR_ROLLBACK: return "the data are older than the last published head";
    case ERR_CLOCK: return "the clock stands before what was already written";
    case ERR_BUSY: return "too much is waiting; try again";
    case ERR_TIMEOUT: return "nothing came in time";
    case ERR_CLOSED: return "the other side went away";
    case ERR_PROTOCOL: return "the peer broke the protocol";
    case ERR_UNAUTHENTIC: return "what the peer sent does not open under the keys of the session";
    case ERR_CONFIG: return "a configuration line is wrong";
    case ERR_USAGE: return "the command line is wrong";
    case ERR_UNSUPPORTED: return "newer than this software knows";
    case ERR_SUSPENDED: return "the member is suspended by the convenor";
    case ERR_UNCERTAIN: return "a commit failed in an unknown state";
    }
    return "unknown error";
}

#define NAME_OF(code) case code: return #code

const char *err_name(enum err code)
{
    switch (code) {
    NAME_OF(OK);
    NAME_OF(ERR_NOMEM);
    NAME_OF(ERR_IO);
    NAME_OF(ERR_DISK_FULL);
    NAME_OF(ERR_NOTFOUND);
    NAME_OF(ERR_EXISTS);
    NAME_OF(ERR_CORRUPT);
    NAME_OF(ERR_FORMAT);
    NAME_OF(ERR_TRUNCATED);
    NAME_OF(ERR_TOO_LARGE);
    NAME_OF(ERR_RANGE);
    NAME_OF(ERR_SIGNATURE);
    NAME_OF(ERR_KEY);
    NAME_OF(ERR_PASSPHRASE);
    NAME_OF(ERR_PERMISSION);
    NAME_OF(ERR_PROOF);
    NAME_OF(ERR_FORK);
    NAME_OF(ERR_OLD_HEAD);
    NAME_OF(ERR_GAP);
    NAME_OF(ERR_WRONG_LEDGER);
    NAME_OF(ERR_UNKNOWN_MEMBER);
    NAME_OF(ERR_NOT_ENROLLED);
    NAME_OF(ERR_VOID);
    NAME_OF(ERR_PENDING);
    NAME_OF(ERR_OVERTAKEN);
    NAME_OF(ERR_LOCKED);
    NAME_OF(ERR_ROLLBACK);
    NAME_OF(ERR_CLOCK);
    NAME_OF(ERR_BUSY);
    NAME_OF(ERR_TIMEOUT);
    NAME_OF(ERR_CLOSED);
    NAME_OF(ERR_PROTOCOL);
    NAME_OF(ERR_UNAUTHENTIC);
    NAME_OF(ERR_CONFIG);
    NAME_OF(ERR_USAGE);
    NAME_OF(ERR_UNSUPPORTED);
    NAME_OF(ERR_SUSPENDED);
    NAME_OF(ERR_UNCERTAIN);
    }
    return "ERR_?";
}

enum err err_from_errno(int errno_value)
{
    switch (errno_value) {
    case 0: return OK;
    case ENOMEM: return ERR_NOMEM;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return ERR_DISK_FULL;
    case ENOENT:
    case ENOTDIR: return ERR_NOTFOUND;
    case EEXIST: return ERR_EXISTS;
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP: return ERR_PERMISSION;
    case ENAMETOOLONG: return ERR_TOO_LARGE;
    case EAGAIN:
    case EBUSY: return ERR_BUSY;
    case ETIMEDOUT: return ERR_TIMEOUT;
    case EPIPE:
    case ECONNRESET:
    case ECONNREFUSED: return ERR_CLOSED;
    default: return ERR_IO;
    }
}
