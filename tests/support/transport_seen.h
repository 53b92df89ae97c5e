/* Transports under test and raw sockets beside them: a handler that counts what it saw, a peer that
 * speaks the protocol by hand. Fails by aborting. */
#ifndef JIELI_TESTS_SUPPORT_TRANSPORT_SEEN_H
#define JIELI_TESTS_SUPPORT_TRANSPORT_SEEN_H

#include <pthread.h>

#include "crypto/channel.h"
#include "net/transport.h"

/* What a handler saw; tests wait on a condition with a deadline. */
struct seen {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct transport *t;           /* accepts claims by itself, unless told to wait */
    unsigned claimed, connected, frames, closed;
    uint64_t bytes;
    struct peer_id last_peer;      /* claimed or connected last */
    struct xpubkey last_key;
    char last_claim[32];
    bool judging;                  /* claims wait for the test */
    enum err last_why;
    uint8_t last_byte;
    bool full;                     /* pushes frames back */
};

uint64_t seen_now_ms(void);
void seen_init(struct seen *s);
/* Waits until *counter >= value; false after `ms`. */
bool seen_wait(struct seen *s, const unsigned *counter, unsigned value, unsigned ms);
/* A transport of the ledger 07…07 with a key of its own and the certificate "certificate", which
 * gives an attempt `handshake_ms` (0: the ordinary time). */
struct transport *seen_start(struct seen *s, unsigned handshake_ms);
struct transport *seen_start_as(struct seen *s, const struct transport_options *options,
                                const struct xkey *key, struct span certificate);
/* A free port of loopback as an address. */
void address_pick(char out[32], unsigned *port);
/* A connection to it from `host` ("127.0.0.1", "127.0.0.2" …). */
int raw_connect(unsigned port, const char *host);

/* a listens, b dials, both have accepted each other. */
struct pair { struct seen a_seen, b_seen; struct transport *a, *b; unsigned port; };
void pair_init(struct pair *p, unsigned handshake_ms);
void pair_clear(struct pair *p);

/* A dialler by hand. */
struct raw_peer { int fd; struct xkey key; struct span certificate; struct channel channel; };
/* With a key of its own and the certificate "by hand"; or as whom key and certificate say, both
 * borrowed. */
void raw_open(struct raw_peer *r, unsigned port, const char *host, const struct hash *ledger);
void raw_open_as(struct raw_peer *r, unsigned port, const char *host, const struct hash *ledger,
                 const struct xkey *key, struct span certificate);
/* Opening and first message; then the listener's second is read and the third sent. False when the
 * listener hung up. */
/* The same of a machine that enrols by an invitation; `psk` of NOISE_PSK_BYTES. */
void raw_open_enrol(struct raw_peer *r, unsigned port, const char *host, const struct hash *ledger,
                    struct span name, const uint8_t *psk);
void raw_begin(struct raw_peer *r);
bool raw_finish(struct raw_peer *r);
void raw_send(struct raw_peer *r, struct span bytes);
/* One record of an open session, whatever it says (at most 64 bytes). */
void raw_record(struct raw_peer *r, struct span plain);
/* Seals a frame and sends it. */
void raw_frame(struct raw_peer *r, struct span frame);
/* True when the other side hangs up within 15 s; what it says until then is dropped. */
bool raw_hung_up(const struct raw_peer *r);
void raw_close(struct raw_peer *r);

extern const struct hash seen_ledger;

#endif
