/* When an address that we keep a connection to is dialled again. Pure: time and noise come in; the
 * transport and the network laboratory of the tests use the same code.
 *
 * Each link backs off on its own from REDIAL_MIN_MS to REDIAL_MAX_MS, with up to a quarter more of
 * noise. A peer that is switched off for weeks is thus dialled about once a minute; but when a
 * network was cut and heals, nobody wants to wait for that minute. Two rules shorten it, for links
 * that were lost or not reached, never for those whose peer answered and was found wanting:
 *   - several links down at once, or no connection at all, look like a cut: then one waiting link
 *     after the other is dialled, one each REDIAL_PROBE_MS;
 *   - whenever any connection opens, in either direction, the network is back: what waits is
 *     dialled within REDIAL_SOON_MS.
 * A cut of any length is so noticed to be over within about REDIAL_PROBE_MS and the time of a
 * dial, and costs a node one connection attempt a second meanwhile. */
#ifndef JIELI_NET_REDIAL_H
#define JIELI_NET_REDIAL_H

#include <stdbool.h>
#include <stdint.h>

enum { REDIAL_LINKS_MAX = 256, REDIAL_MIN_MS = 1000, REDIAL_MAX_MS = 60000,
       REDIAL_PROBE_MS = 1000, REDIAL_SOON_MS = 500,
       REDIAL_DIAL_MS = 4000,          /* a dial is given up after this */
       REDIAL_SETTLED_MS = 5000 };     /* a connection that lived this long had lived well */

/* How an attempt or a connection ended. */
enum redial_end {
    REDIAL_LOST,                   /* it had lived well: the back-off begins anew */
    REDIAL_UNREACHED,              /* nobody answered the dial, or a good session soon broke */
    REDIAL_REFUSED,                /* somebody answered, but no session came of it, or a bad one,
                                      or hung up before its first frame */
};

struct redial_link {
    bool up;                       /* being dialled, or connected */
    bool refused;
    unsigned wait_ms;              /* before the next attempt but one */
    uint64_t due_ms;
};

struct redial {
    unsigned count, turn;
    uint64_t probe_ms;             /* not probed before */
    struct redial_link links[REDIAL_LINKS_MAX];
};

/* A new link, due at once; false when there are REDIAL_LINKS_MAX. */
bool redial_add(struct redial *r, unsigned *link);
/* A link to be dialled now, which is then up; false when there is none. `connected`: whether any
 * connection, dialled or accepted, is open. */
bool redial_next(struct redial *r, uint64_t now_ms, bool connected, uint32_t noise,
                 unsigned *link);
void redial_down(struct redial *r, unsigned link, enum redial_end end, uint64_t now_ms,
                 uint32_t noise);
/* A connection has opened. */
void redial_opened(struct redial *r, uint64_t now_ms, uint32_t noise);

#endif
