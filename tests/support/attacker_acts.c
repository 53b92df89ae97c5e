/* The table of what an attacker does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ledger/parts.h"
#include "node/invitation_book.h"
#include "tests/support/attacker_internal.h"
#include "tests/support/cluster_keys.h"

enum { HEADS = MESSAGE_MAX_HEADS, SILENT = TRANSPORT_ADDRESS_CLAIMS, IDLE_A_TURN = 10,
       SLOW = 4, LATE = 7, WANTS_A_TURN = 4, PINGS_A_TURN = 100 };

/* ---- strangers, and members that do not speak our protocol ---- */

static bool hung_up(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

/* Keeps `count` connections that say nothing, from forty addresses. */
static void keep_idle(struct attacker *a, unsigned count)
{
    char host[16];
    unsigned opened = 0;
    for (unsigned i = 0; i < count && opened < IDLE_A_TURN; i++) {
        bool fresh = i >= a->idle_count;
        if (!fresh && !hung_up(a->idle[i]))
            continue;
        if (fresh)
            a->idle_count++;
        else
            close(a->idle[i]);
        snprintf(host, sizeof host, "127.0.1.%u", count < ATTACKER_IDLE ? 1 : 1 + i % 40);
        a->idle[i] = raw_connect(a->o.port, host);
        opened++;
    }
}

static void say_nothing(struct attacker *a)
{
    keep_idle(a, SILENT);
}

static void idle_connections(struct attacker *a)
{
    keep_idle(a, ATTACKER_IDLE);
}

/* Four that never finish their opening, and a session that never finishes a frame. */
static void one_byte_a_second(struct attacker *a)
{
    static const char opening[] = "jieli/session/v1";
    keep_idle(a, SLOW);
    for (unsigned i = 0; i < SLOW; i++)
        (void)!send(a->idle[i], &opening[a->turn % (sizeof opening - 1)], 1, MSG_NOSIGNAL);
    if (!attacker_session(a))
        return;
    if (a->in.len == 0) {
        uint8_t large[4096] = {MSG_PING};
        CLUSTER_DEMAND(channel_seal(&a->r.channel, span_of(large, sizeof large), &a->in) == OK);
        a->turn = 0;
    }
    raw_send(&a->r, span_of(a->in.data + a->turn++, 1));
}

static void speak_plaintext(struct attacker *a)
{
    char end;
    (void)a;
    int fd = raw_connect(a->o.port, "127.0.0.4");
    (void)!send(fd, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL);
    (void)!recv(fd, &end, 1, 0);
    close(fd);
}

static void replay_a_handshake(struct attacker *a)
{
    struct raw_peer r;
    uint8_t byte;
    if (a->frame_count == 0) {
        raw_open_as(&r, a->o.port, "127.0.0.4", &a->o.c->ledger, &a->self->transport,
                    buffer_span(&a->certificate));
        CLUSTER_DEMAND(channel_handshake_out(&r.channel, &a->frames[0]) == OK);
        raw_send(&r, buffer_span(&a->frames[0]));
        while (!noise_is_our_turn(&r.channel.noise)) {
            struct span in = span_of(&byte, 1);
            CLUSTER_DEMAND(recv(r.fd, &byte, 1, 0) == 1);
            CLUSTER_DEMAND(channel_handshake_in(&r.channel, &in) == OK);
        }
        CLUSTER_DEMAND(channel_handshake_out(&r.channel, &a->frames[1]) == OK);
        raw_close(&r);
        a->frame_count = 2;
    }
    int fd = raw_connect(a->o.port, "127.0.0.4");
    for (unsigned i = 0; i < 2; i++)
        (void)!send(fd, a->frames[i].data, a->frames[i].len, MSG_NOSIGNAL);
    while (recv(fd, &byte, 1, 0) == 1) {
    }
    close(fd);
}

/* Sessions of a member that never say hello, the oldest given up for a new one. */
static void open_mute_sessions(struct attacker *a)
{
    struct raw_peer *r = &a->mute[a->turn++ % ATTACKER_SESSIONS];
    if (a->mute_count == ATTACKER_SESSIONS)
        raw_close(r);
    else
        a->mute_count++;
    raw_open_as(r, a->o.port, "127.0.0.3", &a->o.c->ledger, &a->self->transport,
                buffer_span(&a->certificate));
    raw_begin(r);
    (void)raw_finish(r);
}

static void suspend(struct cluster *c, unsigned attacker)
{
    struct cluster_act a;
    struct hash id;
    cluster_act_init(&a, KIND_SUSPEND, NULL);
    cluster_fact_text(&a, FACT_TO, c->members[attacker].id);
    cluster_fact_text(&a, FACT_CLAUSE, "安委办〔2026〕9号");
    cluster_fact_uint(&a, FACT_COUNT, 1 << 20);
    a.signer_count = 1;
    a.signers[0].member = 0;
    a.signers[0].officer = OFFICER_ROOT;
    a.signers[0].role = ROLE_HANDLE;
    cluster_append(c, 0, &a, &id);
    cluster_act_clear(&a);
}

/* Made yesterday for an hour. */
static void invite_for_an_hour(struct cluster *c, unsigned attacker)
{
    static struct invitation_book book;
    struct invited *row;
    const uint64_t then_s = (uint64_t)time(NULL) - 86400;
    struct invitation_order order = {.verb = INVITATION_MAKE, .expires_s = then_s + 3600};
    snprintf(order.member, sizeof order.member, "late%u", attacker);
    memset(order.name, LATE, sizeof order.name);
    CLUSTER_DEMAND(invited_add(&book, &order, "p1", then_s, &row) == OK);
    CLUSTER_DEMAND(invitation_book_store(&book, c->members[0].home) == OK);
}

static void enrol_too_late(struct attacker *a)
{
    static const uint8_t secret[NOISE_PSK_BYTES] = {1};
    uint8_t name[INVITATION_NAME_BYTES];
    struct raw_peer *r = &a->mute[a->turn++ % ATTACKER_SESSIONS];
    if (a->mute_count == ATTACKER_SESSIONS)
        raw_close(r);
    else
        a->mute_count++;
    memset(name, LATE, sizeof name);
    raw_open_enrol(r, a->o.port, "127.0.0.5", &a->o.c->ledger, span_of(name, sizeof name), secret);
    raw_begin(r);
    (void)raw_finish(r);
}

static void announce_gigabytes(struct attacker *a)
{
    if (attacker_session(a))
        raw_record(&a->r, span_of("\xff\xff\xff\xff" "x", 5));
}

static void send_garbage(struct attacker *a)
{
    if (attacker_session(a))
        raw_send(&a->r, span_of("\0\x20garbage-garbage-garbage-garbage-", 34));
}

/* ---- members that lie ---- */

static void show_own_head(struct attacker *a)
{
    struct message *m = a->scratch;
    *m = (struct message){.type = MSG_HEADS, .u.heads = {.count = 1}};
    CLUSTER_DEMAND(log_head(ledger_txn(a->self->ledger), a->log->no, &m->u.heads.notes[0]) == OK);
    attacker_say(a, m);
}

/* The honest answer to the want that waits. */
static struct buffer own_packages(struct attacker *a, uint32_t request, uint64_t from)
{
    struct buffer frame = {0};
    uint64_t end;
    CLUSTER_DEMAND(message_packages_build(ledger_txn(a->self->ledger), a->log, request, from, 1,
                                          &frame, &end) == OK);
    return frame;
}

static void answer(struct attacker *a, void (*spoil)(struct package *p, struct span bytes))
{
    struct package p;
    if (!attacker_session(a))
        return;
    if (!a->wanted) {
        show_own_head(a);
        return;
    }
    a->wanted = false;
    struct buffer frame = own_packages(a, a->want.u.want.request, a->want.u.want.from);
    CLUSTER_DEMAND(message_decode(a->scratch, buffer_span(&frame)) == OK);
    struct span bytes = a->scratch->u.packages.packages[0];
    CLUSTER_DEMAND(package_decode(&p, bytes) == OK);
    if (spoil != NULL)
        spoil(&p, bytes);
    raw_frame(&a->r, buffer_span(&frame));
    buffer_clear(&frame);
}

static void flip(const uint8_t *at)
{
    *(uint8_t *)(uintptr_t)at ^= 1;
}

static void spoil_entry(struct package *p, struct span bytes)
{
    (void)bytes;
    flip(p->entries[p->count - 1].data + p->entries[p->count - 1].len - 1);
}

static void spoil_proof(struct package *p, struct span bytes)
{
    CLUSTER_DEMAND(p->proof.count > 0);
    flip(bytes.data + bytes.len - 1);
}

static void forge_packages(struct attacker *a)
{
    answer(a, spoil_entry);
}

static void prove_wrong_subtrees(struct attacker *a)
{
    answer(a, spoil_proof);
}

static void send_what_nobody_asked_for(struct attacker *a)
{
    if (!attacker_session(a))
        return;
    struct buffer frame = own_packages(a, ++a->turn, 0);
    raw_frame(&a->r, buffer_span(&frame));
    buffer_clear(&frame);
}

/* Serves its log as it should, and then a part that is not what its name says. */
static void send_wrong_parts(struct attacker *a)
{
    struct part_place at;
    struct buffer bytes = {0};
    struct entry e;
    answer(a, NULL);
    if (!a->open || !a->part_wanted)
        return;
    a->part_wanted = false;
    struct message *m = a->scratch;
    *m = a->part_want;
    CLUSTER_DEMAND(ledger_part_held(a->self->ledger, &m->u.part.commitment, &e, &at) == OK);
    CLUSTER_DEMAND(ledger_part_carry(a->self->ledger, &at, (struct member_no){0}, &bytes) == OK);
    bytes.data[bytes.len - 1] ^= 1;
    m->type = MSG_PART;
    m->u.part.total = (uint32_t)bytes.len;
    m->u.part.bytes = buffer_span(&bytes);
    attacker_say(a, m);
    buffer_clear(&bytes);
}

/* ---- members that ask or tell too much ---- */

static void head_add(struct attacker *a, struct message *m, const struct checkpoint *head)
{
    struct buffer note = {0};                     /* lives as long as the process */
    CLUSTER_DEMAND(checkpoint_sign(head, a->self->node, &note) == OK);
    m->u.heads.notes[m->u.heads.count++] = buffer_span(&note);
}

static void heads_make(struct attacker *a, uint64_t first, bool past)
{
    struct message *m = a->scratch;
    struct checkpoint head;
    memcpy(head.origin, a->log->origin, sizeof head.origin);
    *m = (struct message){.type = MSG_HEADS};
    for (unsigned i = 0; i < HEADS; i++) {
        head.size = past ? 1 + i % (a->o.held - 1) : first + i;
        memset(head.root.b, (int)i, HASH_BYTES);
        if (past)
            CLUSTER_DEMAND(log_root(ledger_txn(a->self->ledger), a->log, head.size,
                                    &head.root) == OK);
        head_add(a, m, &head);
    }
    CLUSTER_DEMAND(message_encode(m, &a->frames[a->frame_count++]) == OK);
}

static void flood(struct attacker *a)
{
    if (attacker_session(a) && attacker_writable(a))
        raw_frame(&a->r, buffer_span(&a->frames[a->turn++ % a->frame_count]));
}

static void show_heads_from_the_past(struct attacker *a)
{
    if (a->frame_count == 0)
        heads_make(a, 0, true);
    flood(a);
}

/* Each for a tree that never was, and none of them served. */
static void flood_heads(struct attacker *a)
{
    while (a->frame_count < ATTACKER_FRAMES)
        heads_make(a, a->log->head_size + 1 + a->frame_count * HEADS, false);
    flood(a);
}

static void want_much(struct attacker *a)
{
    struct message m = {.type = MSG_WANT,
                        .u.want = {.packages = MESSAGE_MAX_PACKAGES, .tree_size = a->o.held}};
    memcpy(m.u.want.log.member, a->self->id, sizeof a->self->id);
    for (unsigned i = 0; i < WANTS_A_TURN && attacker_writable(a); i++) {
        m.u.want.request = ++a->turn;
        attacker_say(a, &m);
    }
}

static void flood_wants(struct attacker *a)
{
    if (a->open || attacker_session(a))
        want_much(a);
    attacker_drain(a);
}

/* Its own answers fill up at the node. */
static void flood_wants_and_read_nothing(struct attacker *a)
{
    if (a->open || attacker_session(a))
        want_much(a);
}

static void flood_pings(struct attacker *a)
{
    const struct message m = {.type = MSG_PING, .u.ping = {7}};
    if (!attacker_session(a))
        return;
    for (unsigned i = 0; i < PINGS_A_TURN && attacker_writable(a); i++)
        attacker_say(a, &m);
}

const struct attack attacks[] = {
    {"silent connections", NULL, say_nothing, 50, NULL},
    {"one byte a second", NULL, one_byte_a_second, 1000, NULL},
    {"300 idle connections", NULL, idle_connections, 5, NULL},
    {"plaintext", "ERR_PROTOCOL", speak_plaintext, 5, NULL},
    {"a replayed handshake", "ERR_UNAUTHENTIC", replay_a_handshake, 5, NULL},
    {"sessions that never say hello", NULL, open_mute_sessions, 5, NULL},
    {"a suspended member", "ERR_SUSPENDED", open_mute_sessions, 5, suspend},
    {"an expired invitation", "ERR_NOTFOUND", enrol_too_late, 5, invite_for_an_hour},
    {"4 GiB announced", "ERR_TOO_LARGE", announce_gigabytes, 5, NULL},
    {"garbage after the handshake", "ERR_UNAUTHENTIC", send_garbage, 5, NULL},
    {"forged packages", "ERR_PROOF", forge_packages, 5, NULL},
    {"wrong subtree proofs", "ERR_PROOF", prove_wrong_subtrees, 5, NULL},
    {"packages that nobody asked for", "ERR_PROTOCOL", send_what_nobody_asked_for, 5, NULL},
    {"a part that does not match its commitment", "ERR_PROOF", send_wrong_parts, 5, NULL},
    {"heads from the past", NULL, show_heads_from_the_past, 5, NULL},
    {"a flood of heads", NULL, flood_heads, 5, NULL},
    {"a flood of wants", NULL, flood_wants, 5, NULL},
    {"a flood of wants whose answers are not read", NULL, flood_wants_and_read_nothing, 5, NULL},
    {"a flood of pings", NULL, flood_pings, 5, NULL},
};
const unsigned attack_count = sizeof attacks / sizeof attacks[0];
