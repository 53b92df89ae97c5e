/* One side of a secure session for tests: its key, what it says and what it was told. */
#ifndef JIELI_TESTS_CHANNEL_PARTY_H
#define JIELI_TESTS_CHANNEL_PARTY_H

#include "crypto/channel.h"

struct channel_party {
    struct channel channel;
    struct xkey key;
    struct buffer certificate;             /* handed out */
    uint8_t psk[NOISE_PSK_BYTES];
    enum err opening_answer, certificate_answer, peer_answer;
    unsigned openings, peers;              /* times asked */
    enum channel_purpose purpose;
    struct buffer hint, peer_certificate;  /* told by the other side */
    struct xpubkey peer;
    uint64_t random;
};

extern const struct hash PARTY_LEDGER;

/* Key and ephemeral keys follow from `fill`; a certificate of certificate_len bytes `fill`. */
void party_init(struct channel_party *p, uint8_t fill, size_t certificate_len);
void party_clear(struct channel_party *p);
/* For channel_init, which the caller may change before; psk and hint "invitation" for ENROL. */
struct channel_config party_config(struct channel_party *p, enum noise_role role,
                                   enum channel_purpose purpose);
/* Both start anew as dialler and listener of `purpose`. */
void party_start(struct channel_party *dialler, struct channel_party *listener,
                 enum channel_purpose purpose);
/* What `from` has to say now goes to `to` in pieces of piece_bytes; the error of either. */
enum err party_pass(struct channel_party *from, struct channel_party *to, size_t piece_bytes);
/* All three messages; the first error. */
enum err party_shake(struct channel_party *dialler, struct channel_party *listener,
                     size_t piece_bytes);
/* Opens one frame out of `wire`; the frame is compared with `expected`. */
enum err party_receive(struct channel_party *p, struct span wire, struct span expected);

#endif
