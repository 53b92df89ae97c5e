/* Whom this node met since it started, and how those meetings ended: for status and metrics. Who
 * has proven to hold a key of a member's is counted under its id, others under the address,
 * whatever name they claimed: nobody blackens another's. Belongs to the ledger thread. */
#ifndef JIELI_NODE_CONTACTS_H
#define JIELI_NODE_CONTACTS_H

#include "net/transport.h"

enum { ERR_COUNT = ERR_UNCERTAIN + 1 };

struct contact {
    char member[ID_MAX_BYTES + 1];        /* "": known by its address alone */
    char address[ADDRESS_MAX_BYTES + 1];  /* the newest */
    unsigned sessions;                    /* that were accepted */
    uint64_t bytes_in, bytes_out;         /* of connections that have ended */
    uint64_t last_ms;                     /* when it was last dealt with, steady clock */
    enum err last_why;                    /* why the last connection ended; OK: it has not */
    unsigned ended[ERR_COUNT];            /* how often for each reason */
};

struct contacts {
    unsigned count;
    struct contact items[CONTACTS_MAX];
    uint64_t ended[ERR_COUNT];            /* of all, those forgotten included */
};

/* An ordinary end, or one that was meant to refuse. */
bool contact_refusal(enum err why);

/* A session of the member began. */
void contacts_opened(struct contacts *c, const char *member, const char *address, uint64_t now_ms);
/* A connection ended. `member` as proven, "" when none was. When all places are taken, of those
 * that never had a session the one longest unheard gives way, else the one longest unheard. */
void contacts_closed(struct contacts *c, const char *member,
                     const struct transport_event *event, uint64_t now_ms);
/* By member, or with an empty one by address; NULL. */
const struct contact *contacts_find(const struct contacts *c, const char *member,
                                    const char *address);

#endif
