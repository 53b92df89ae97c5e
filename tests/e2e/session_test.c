/* Daemons and who may speak to them: strangers, impostors and members whose keys change. */
#include "tests/support/daemon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/keyfile.h"
#include "ledger/log/home.h"
#include "ledger/roster/compose.h"
#include "net/certificate.h"
#include "tests/support/cluster_keys.h"
#include "tests/support/transport_seen.h"

enum { NODES = 2, FIRST_PORT = 20000, PORTS = 12000, TRIES = 2000, TRY_US = 10000,
       LOG_BYTES = 1024 * 1024 };

struct duo {
    struct cluster *c;
    unsigned port;
    pid_t pids[NODES];
    struct ipc_client *clients[NODES];
    struct buffer certificates[NODES];   /* as of the start */
};

static void node_up(struct duo *t, unsigned i)
{
    t->clients[i] = daemon_up(t->c, i, &t->pids[i]);
}

static void node_down(struct duo *t, unsigned i)
{
    daemon_down(&t->clients[i], t->pids[i]);
}

static struct buffer certificate_of(struct cluster *c, unsigned member)
{
    struct buffer out = {0};
    const struct cluster_member *m = &c->members[member];
    bool closed = m->ledger == NULL;
    if (closed)
        cluster_open(c, member);
    assert_int_equal(certificate_build(ledger_txn(m->ledger), ledger_log(m->ledger, m->id, 0), 0,
                                       &out), OK);
    if (closed)
        cluster_close(c, member);
    return out;
}

static int duo_setup(void **state)
{
    struct duo *t = calloc(1, sizeof *t);
    const struct cluster_options options = {.seed = (uint64_t)getpid(), .members = NODES,
                                            .start_s = (uint64_t)time(NULL) - 3600};
    assert_non_null(t);
    t->port = FIRST_PORT + (unsigned)getpid() * NODES % PORTS;
    t->c = cluster_create(&options);
    for (unsigned i = 0; i < NODES; i++) {
        cluster_configure(t->c, i, t->port);
        t->certificates[i] = certificate_of(t->c, i);
    }
    for (unsigned i = 0; i < NODES; i++)
        node_up(t, i);
    *state = t;
    return 0;
}

static int duo_teardown(void **state)
{
    struct duo *t = *state;
    for (unsigned i = 0; i < NODES; i++) {
        if (t->clients[i] != NULL)
            node_down(t, i);
        buffer_clear(&t->certificates[i]);
    }
    cluster_free(t->c);
    free(t);
    return 0;
}

/* ---- acts ---- */

static struct hash report(struct duo *t, unsigned node)
{
    return daemon_report(t->clients[node], t->c, node);
}

static bool comes_to_know(struct duo *t, unsigned node, const struct hash *case_id)
{
    struct compose compose;
    for (unsigned i = 0; i < TRIES; i++) {
        if (daemon_compose(t->clients[node], KIND_NOTIFY, case_id, &compose))
            return true;
        assert_false(daemon_ends_within(t->pids[node], TRY_US));
    }
    return false;
}

static void acts_flow(struct duo *t)
{
    for (unsigned from = 0; from < NODES; from++) {
        struct hash id = report(t, from);
        assert_true(comes_to_know(t, 1 - from, &id));
    }
}

/* Node 1's administrator certifies a fresh transport key, which lies in its home by then. */
static void change_key(struct duo *t, struct xkey *fresh)
{
    const struct cluster_member *m = &t->c->members[1];
    struct certify_fields f = {.cosigner = *signkey_public(m->cosigner),
                               .sealing = m->sealing.pub};
    struct composition facts;
    struct cluster_act a;
    char path[HOME_PATH_BYTES];
    xkey_create(fresh);
    assert_int_equal(home_path(path, sizeof path, m->home, "transport.key"), OK);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(keyfile_create(path, KEYFILE_X25519, fresh->secret, NULL), OK);
    f.transport = fresh->pub;
    composition_init(&facts);
    assert_int_equal(possession_sign(m->cosigner, &t->c->ledger, m->id, "cosigner",
                                     &f.cosigner_proof), OK);
    assert_int_equal(compose_certify(&facts, &f), OK);
    cluster_act_init(&a, KIND_CERTIFY, NULL);
    a.signer_count = 1;
    a.signers[0].member = 1;
    a.signers[0].officer = OFFICER_ADMIN;
    a.signers[0].role = ROLE_HANDLE;
    for (unsigned i = 0; i < facts.fact_count; i++)
        cluster_fact_item(&a, facts.facts[i].id, facts.facts[i].value);
    (void)daemon_act(t->clients[1], t->c, 1, &a);
    composition_clear(&facts);
}

/* ---- what the log of node 0 says ---- */

static unsigned lines_with(struct duo *t, unsigned node, const char *text)
{
    char path[HOME_PATH_BYTES];
    struct buffer bytes = {0};
    unsigned count = 0;
    assert_int_equal(home_path(path, sizeof path, t->c->members[node].home, "jielid.log"), OK);
    assert_int_equal(file_read(path, LOG_BYTES, &bytes), OK);
    assert_int_equal(buffer_put_u8(&bytes, 0), OK);
    for (const char *at = (const char *)bytes.data; (at = strstr(at, text)) != NULL; at++)
        count++;
    buffer_clear(&bytes);
    return count;
}

static void assert_said(struct duo *t, unsigned node, const char *text)
{
    for (unsigned i = 0; i < TRIES && lines_with(t, node, text) == 0; i++)
        assert_false(daemon_ends_within(t->pids[node], TRY_US));
    assert_true(lines_with(t, node, text) > 0);
}

static void node_address(const struct duo *t, char out[32])
{
    snprintf(out, 32, "127.0.0.1:%u", t->port);
}

/* Dials node 0 with a key and a certificate, twice, and is hung up on; one line says why. */
static void is_refused(struct duo *t, const struct hash *ledger, const struct xkey *key,
                       struct span certificate, const char *error)
{
    char address[32], text[64];
    const struct transport_options options = {.ledger = *ledger};
    node_address(t, address);
    for (unsigned i = 0; i < 2; i++) {
        struct seen s;
        seen_init(&s);
        seen_start_as(&s, &options, key, certificate);
        assert_int_equal(transport_dial(s.t, address), OK);
        assert_true(seen_wait(&s, &s.closed, 1, 20000));
        transport_close(s.t);
    }
    snprintf(text, sizeof text, "err=%s ", error);
    assert_said(t, 0, text);
    assert_int_equal(lines_with(t, 0, text), 1);
}

static void impostors_are_refused_each_with_its_reason(void **state)
{
    struct duo *t = *state;
    struct xkey key;
    struct buffer *b = &t->certificates[1];
    const struct xkey *own = &t->c->members[1].transport;
    xkey_create(&key);
    is_refused(t, &t->c->ledger, &key, buffer_span(b), "ERR_KEY");
    is_refused(t, &t->c->ledger, own, span_of("", 0), "ERR_TRUNCATED");
    uint8_t *in_signature = &b->data[b->len - 60];          /* base64 of the head's */
    *in_signature = *in_signature == 'A' ? 'B' : 'A';
    is_refused(t, &t->c->ledger, own, buffer_span(b), "ERR_SIGNATURE");
    acts_flow(t);
}

/* How many refusals for that reason `status` counts under a name; under no name with "". */
static unsigned refusals(struct duo *t, const char *member, const char *error)
{
    json_t *peer, *reply = daemon_ask(t->clients[0], json_pack("{s:s}", "op", "peers"),
                                      (struct span){0}, NULL);
    unsigned count = 0;
    size_t i;
    assert_non_null(reply);
    json_array_foreach(json_object_get(reply, "peers"), i, peer) {
        const json_t *times = json_object_get(json_object_get(peer, "refused"), error);
        if (strcmp(json_string_value(json_object_get(peer, "member")), member) == 0)
            count += (unsigned)json_integer_value(times);
    }
    json_decref(reply);
    return count;
}

static void come_to(struct duo *t, const char *member, const char *error, unsigned count)
{
    for (unsigned i = 0; i < TRIES && refusals(t, member, error) != count; i++)
        assert_false(daemon_ends_within(t->pids[0], TRY_US));
    assert_int_equal(refusals(t, member, error), count);
}

/* The certificate is public: whoever shows it with a key of his own blackens nobody's name. */
static void what_an_impostor_does_is_not_counted_under_the_name_it_claims(void **state)
{
    struct duo *t = *state;
    struct xkey key;
    struct buffer *b = &t->certificates[1];
    char claims[64];
    xkey_create(&key);
    acts_flow(t);
    is_refused(t, &t->c->ledger, &key, buffer_span(b), "ERR_KEY");
    snprintf(claims, sizeof claims, "claims=%s err=ERR_KEY", t->c->members[1].id);
    assert_said(t, 0, claims);
    come_to(t, "", "ERR_KEY", 2);
    assert_int_equal(refusals(t, t->c->members[1].id, "ERR_KEY"), 0);
    uint8_t *in_signature = &b->data[b->len - 60];          /* the member itself, with its key */
    *in_signature = *in_signature == 'A' ? 'B' : 'A';
    is_refused(t, &t->c->ledger, &t->c->members[1].transport, buffer_span(b), "ERR_SIGNATURE");
    come_to(t, t->c->members[1].id, "ERR_SIGNATURE", 2);
    assert_int_equal(refusals(t, "", "ERR_SIGNATURE"), 0);
}

static void strangers_are_refused_each_with_its_reason(void **state)
{
    struct duo *t = *state;
    struct cluster_options options = t->c->options;
    options.members = NODES + 1;                            /* the same genesis, one more member */
    struct cluster *larger = cluster_create(&options);
    options.seed++;
    struct cluster *foreign = cluster_create(&options);
    struct buffer a = certificate_of(larger, NODES), f = certificate_of(foreign, 1);
    is_refused(t, &t->c->ledger, &larger->members[NODES].transport, buffer_span(&a),
               "ERR_UNKNOWN_MEMBER");
    is_refused(t, &foreign->ledger, &foreign->members[1].transport, buffer_span(&f),
               "ERR_WRONG_LEDGER");
    acts_flow(t);
    buffer_clear(&a);
    buffer_clear(&f);
    cluster_free(larger);
    cluster_free(foreign);
}

static void openings_that_are_not_ours_are_named_once_a_minute(void **state)
{
    struct duo *t = *state;
    static const struct { const char *error; const char *bytes; size_t len; } openings[] = {
        {"err=ERR_PROTOCOL ", "\0\0\0\x2a\1", 5},                     /* plain frames */
        {"err=ERR_UNSUPPORTED ", "jieli/session/v1\0\2\1otherone", 28},
        {"err=ERR_WRONG_LEDGER ", "jieli/session/v1\0\1\1otherone", 28},
    };
    for (unsigned i = 0; i < sizeof openings / sizeof openings[0]; i++) {
        for (unsigned again = 0; again < 5; again++) {
            int fd = raw_connect(t->port, "127.0.0.1");
            char end;
            assert_int_equal(write(fd, openings[i].bytes, openings[i].len), openings[i].len);
            assert_true(read(fd, &end, 1) <= 0);
            close(fd);
        }
        assert_said(t, 0, openings[i].error);
    }
    acts_flow(t);
    for (unsigned i = 0; i < sizeof openings / sizeof openings[0]; i++)
        assert_int_equal(lines_with(t, 0, openings[i].error), 1);
}

static void member_has_four_sessions_and_the_oldest_gives_way(void **state)
{
    struct duo *t = *state;
    enum { SESSIONS = 6, ROOM = 4, SOON_MS = 8000 };          /* before silence ends any of them */
    struct raw_peer r[SESSIONS];
    node_down(t, 1);
    const uint64_t begin_ms = seen_now_ms();
    for (unsigned i = 0; i < SESSIONS; i++) {
        raw_open_as(&r[i], t->port, "127.0.0.2", &t->c->ledger, &t->c->members[1].transport,
                    buffer_span(&t->certificates[1]));
        raw_begin(&r[i]);
        assert_true(raw_finish(&r[i]));
    }
    for (unsigned i = 0; i < SESSIONS - ROOM; i++)
        assert_true(raw_hung_up(&r[i]));
    assert_true(seen_now_ms() - begin_ms < SOON_MS);
    for (unsigned i = 0; i < SESSIONS; i++)
        raw_close(&r[i]);
    node_up(t, 1);
    acts_flow(t);
}

static void changed_key_ends_the_session_at_once_and_the_new_one_serves(void **state)
{
    struct duo *t = *state;
    struct xkey fresh;
    acts_flow(t);
    change_key(t, &fresh);
    assert_said(t, 0, "err=ERR_OVERTAKEN ");
    acts_flow(t);
    is_refused(t, &t->c->ledger, &t->c->members[1].transport, buffer_span(&t->certificates[1]),
               "ERR_OVERTAKEN");
    acts_flow(t);
}

static void suspended_member_is_cut_off_at_once_and_refused_when_it_comes_back(void **state)
{
    struct duo *t = *state;
    struct cluster_act a;
    acts_flow(t);
    cluster_act_init(&a, KIND_SUSPEND, NULL);
    cluster_fact_text(&a, FACT_TO, t->c->members[1].id);
    cluster_fact_text(&a, FACT_CLAUSE, "安委办〔2026〕9号");
    cluster_fact_uint(&a, FACT_COUNT, 1000);
    a.signer_count = 1;
    a.signers[0].member = 0;
    a.signers[0].officer = OFFICER_ROOT;
    a.signers[0].role = ROLE_HANDLE;
    (void)daemon_act(t->clients[0], t->c, 0, &a);
    assert_said(t, 0, "ERR_SUSPENDED");
    node_down(t, 0);
    node_up(t, 0);
    assert_said(t, 0, "suspended by the convenor");
}

static void key_changed_while_both_were_away_is_believed(void **state)
{
    struct duo *t = *state;
    struct xkey fresh;
    acts_flow(t);
    node_down(t, 0);
    change_key(t, &fresh);
    struct hash meanwhile = report(t, 1);
    node_down(t, 1);
    node_up(t, 0);
    node_up(t, 1);
    assert_true(comes_to_know(t, 0, &meanwhile));
    acts_flow(t);
}

static void node_whose_key_is_not_the_certified_one_says_so_and_stays_alone(void **state)
{
    struct duo *t = *state;
    struct xkey other;
    char path[HOME_PATH_BYTES];
    acts_flow(t);
    node_down(t, 1);
    assert_int_equal(home_path(path, sizeof path, t->c->members[1].home, "transport.key"), OK);
    xkey_create(&other);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(keyfile_create(path, KEYFILE_X25519, other.secret, NULL), OK);
    node_up(t, 1);
    assert_said(t, 1, "state=other-key");
    struct hash kept = report(t, 1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(keyfile_create(path, KEYFILE_X25519, t->c->members[1].transport.secret,
                                    NULL), OK);
    assert_true(comes_to_know(t, 0, &kept));             /* put back: taken up by itself */
}

#define WITH_DUO(test) cmocka_unit_test_setup_teardown(test, duo_setup, duo_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DUO(impostors_are_refused_each_with_its_reason),
        WITH_DUO(what_an_impostor_does_is_not_counted_under_the_name_it_claims),
        WITH_DUO(strangers_are_refused_each_with_its_reason),
        WITH_DUO(openings_that_are_not_ours_are_named_once_a_minute),
        WITH_DUO(member_has_four_sessions_and_the_oldest_gives_way),
        WITH_DUO(changed_key_ends_the_session_at_once_and_the_new_one_serves),
        WITH_DUO(suspended_member_is_cut_off_at_once_and_refused_when_it_comes_back),
        WITH_DUO(key_changed_while_both_were_away_is_believed),
        WITH_DUO(node_whose_key_is_not_the_certified_one_says_so_and_stays_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
