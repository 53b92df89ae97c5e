/* The invitations that a convenor's node has made, with their secrets and the requests that came by
 * them: a table of at most INVITATIONS_MAX rows and its file, <home>/invitations, mode 0600. What
 * may become of a row is here; who asks, and the session, are in invitations.c. Pure but for load
 * and store.
 *
 *   OPEN → WAITING (used by one key, its request is held) → gone (admitted and certified, or late)
 *   OPEN, WAITING → REVOKED → gone (expired)         OPEN → gone (expired) */
#ifndef JIELI_NODE_INVITATION_BOOK_H
#define JIELI_NODE_INVITATION_BOOK_H

#include "net/desk_message.h"
#include "net/invitation.h"

enum invited_state { INVITED_OPEN = 1, INVITED_WAITING = 2, INVITED_REVOKED = 3 };

struct invited {
    uint8_t name[INVITATION_NAME_BYTES], secret[NOISE_PSK_BYTES];
    char member[ID_MAX_BYTES + 1];
    char by[PERSON_MAX_BYTES + 1];      /* officer who ordered it */
    uint64_t expires_s;
    enum invited_state state;
    struct xpubkey key;                 /* WAITING: the one machine that may use it */
    uint64_t used_s;
    size_t request_len;
    uint8_t request[REQUEST_MAX_BYTES];
};

struct invitation_book { unsigned count; struct invited rows[INVITATIONS_MAX]; };

struct invited *invited_find(struct invitation_book *b, struct span name);
/* The waiting request of a member; NULL: none. */
struct invited *invited_waiting(struct invitation_book *b, const char *member);
/* A fresh row with a secret of its own. ERR_EXISTS: the name was used before; ERR_RANGE: an expiry
 * that is over, or more than INVITATION_MAX_AGE_S ahead; ERR_BUSY: too many. */
MUST_CHECK enum err invited_add(struct invitation_book *b, const struct invitation_order *order,
                                const char *by, uint64_t now_s, struct invited **out);
/* Whether a session may begin with it: ERR_NOTFOUND when it is over. */
MUST_CHECK enum err invited_check(const struct invited *i, uint64_t now_s);
/* The first request uses an open invitation up, a later one of the same key replaces it.
 * ERR_EXISTS: another key; ERR_NOTFOUND as above; ERR_TOO_LARGE. */
MUST_CHECK enum err invited_use(struct invited *i, const struct xpubkey *key, struct span request,
                                uint64_t now_s);
void invited_remove(struct invitation_book *b, struct invited *i);
/* Drops what is over; true when something was. */
bool invitation_book_prune(struct invitation_book *b, uint64_t now_s);

/* ERR_FORMAT, ERR_TRUNCATED, ERR_CORRUPT (its hash), ERR_UNSUPPORTED. */
MUST_CHECK enum err invitation_book_decode(struct invitation_book *out, struct span bytes);
MUST_CHECK enum err invitation_book_encode(const struct invitation_book *b, struct buffer *out);
/* Empty where there is no file; those of decode and of file_read. */
MUST_CHECK enum err invitation_book_load(struct invitation_book *out, const char *home);
MUST_CHECK enum err invitation_book_store(const struct invitation_book *b, const char *home);

#endif
