/* A new member's node by invitation: keys and request, the session with the convenor, the
 * convenor's log, entry 0. Every step that was done is found done by the next run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ledger/log/home.h"
#include "net/desk_line.h"
#include "net/desk_message.h"
#include "net/invitation.h"
#include "net/message.h"
#include "tools/cmd/lists.h"
#include "tools/command.h"
#include "tools/dates.h"
#include "tools/home_setup.h"
#include "tools/local_node.h"
#include "tools/member_input.h"

enum { ENROL_TIMEOUT_MS = 20000, POLL_S = 5, POLLS_MAX = 24 * 3600 / POLL_S, WANT_PACKAGES = 8,
       WANTS_MAX = 1 << 20 };

struct enrolment {
    struct session *s;
    struct invitation i;
    struct buffer request, genesis;
    struct desk_line *line;
    const char *address;               /* of the line */
};

/* ---- the request ---- */

static const char *admin_key_path(const struct session *s)
{
    const char *path = args_value(&s->args, "key");
    return path == NULL ? getenv("JIELI_KEY") : path;
}

static int request_make(struct enrolment *e, const char *path)
{
    struct session *s = e->s;
    struct admission a = {.powers = 0};
    memcpy(a.id, e->i.member, sizeof a.id);
    if (admin_key_path(s) == NULL)
        return session_usage(s, _("this option is needed"), "--key");
    int code = member_input_text(s, "--post", args_value(&s->args, "post"), a.admin_post,
                                 sizeof a.admin_post);
    if (code == EXIT_DONE)
        code = member_input_text(s, "--person", args_value(&s->args, "person"), a.admin_person,
                                 sizeof a.admin_person);
    if (code == EXIT_DONE)
        code = home_setup_keys(s);
    if (code == EXIT_DONE)
        code = home_setup_prove(s, &e->i.ledger, admin_key_path(s), &a);
    if (code != EXIT_DONE)
        return code;
    enum err err = request_encode(&a, &e->i.ledger, &e->request);
    if (err == OK)
        err = file_replace(path, buffer_span(&e->request), 0644);
    return err == OK ? EXIT_DONE : session_fail_file(s, err, path);
}

/* As a former run wrote it, else made now. */
static int request_take(struct enrolment *e)
{
    char path[HOME_PATH_BYTES];
    struct admission a;
    struct hash ledger;
    enum err err = home_path(path, sizeof path, e->s->home, "request");
    if (err == OK && access(path, F_OK) != 0)
        return request_make(e, path);
    if (err == OK)
        err = file_read(path, REQUEST_MAX_BYTES, &e->request);
    if (err == OK)
        err = request_decode(&a, &ledger, buffer_span(&e->request));
    if (err != OK)
        return session_fail_at(e->s, err, path);
    if (hash_equal(&ledger, &e->i.ledger) && strcmp(a.id, e->i.member) == 0)
        return EXIT_DONE;
    return session_fail(e->s, ERR_EXISTS, _("this home belongs to another member or ledger"),
                        _("give another --home DIR"));
}

/* ---- the session ---- */

static enum err on_peer(void *ctx, const struct xpubkey *key, struct span certificate)
{
    const struct enrolment *e = ctx;
    (void)certificate;                 /* the invitation says more: it came by a trusted way */
    return memcmp(key->b, e->i.convenor.b, PUBKEY_BYTES) == 0 ? OK : ERR_KEY;
}

static int dial_failed(struct session *s, enum err err, const char *address)
{
    char message[256];
    if (err == ERR_NOTFOUND || err == ERR_TIMEOUT) {
        snprintf(message, sizeof message, _("no node answers at %s"), address);
        return session_fail_as(s, err, EXIT_NO_DAEMON, message,
                               _("look at the network, then give the command again: nothing is "
                                 "lost"));
    }
    if (err == ERR_CLOSED)
        return session_fail_as(s, err, EXIT_REFUSED,
                               _("the convenor's node does not take this invitation: it expired, "
                                 "was revoked, or is of another node"),
                               _("ask the convenor for a new one: jieli invite"));
    snprintf(message, sizeof message, _("who answers at %s is not the node that invited (%s)"),
             address, err_name(err));
    return session_fail_as(s, err, EXIT_KEY, message,
                           _("nothing was told to it; ask the convenor whether its node has "
                             "another key now, and for a new invitation"));
}

static int hung_up(struct enrolment *e, enum err err)
{
    return dial_failed(e->s, err, e->address);
}

static int dial(struct enrolment *e)
{
    struct xkey key = {.secret = {0}};
    enum err err = ERR_NOTFOUND;
    int code = home_setup_transport_key(e->s, &key);
    const struct desk_dial how = {
        .purpose = CHANNEL_ENROL, .ledger = e->i.ledger, .key = &key,
        .hint = span_of(e->i.name, sizeof e->i.name), .psk = e->i.secret,
        .timeout_ms = ENROL_TIMEOUT_MS, .ctx = e, .on_peer = on_peer};
    for (unsigned n = 0; code == EXIT_DONE && e->line == NULL && n < e->i.address_count; n++) {
        e->address = e->i.addresses[n];
        err = desk_dial(&e->line, e->address, &how);
    }
    xkey_clear(&key);
    return code != EXIT_DONE || e->line != NULL ? code : hung_up(e, err);
}

/* The first message; it also proves that the other side knows the secret. */
static int genesis_take(struct enrolment *e)
{
    struct buffer frame = {0};
    struct span bytes;
    struct genesis g;
    enum err err = desk_receive(e->line, &frame);
    if (err == OK)
        err = enrol_bytes_decode(ENROL_GENESIS, buffer_span(&frame), &bytes);
    if (err == OK)
        err = genesis_decode(&g, bytes);
    if (err == OK)
        err = hash_equal(&g.ledger, &e->i.ledger) ? buffer_put(&e->genesis, bytes.data, bytes.len)
                                                  : ERR_WRONG_LEDGER;
    buffer_clear(&frame);
    return err == OK ? EXIT_DONE : hung_up(e, err);
}

static int files_write(struct enrolment *e)
{
    struct genesis g;
    struct config config;
    const char *listen = args_value(&e->s->args, "listen");
    if (home_setup_genesis(e->s, &g))
        return hash_equal(&g.ledger, &e->i.ledger)
                   ? EXIT_DONE
                   : session_fail_at(e->s, ERR_WRONG_LEDGER, e->s->home);
    home_setup_config(&config, &e->i.ledger, e->i.member);
    config.peer_count = e->i.address_count;
    for (unsigned n = 0; n < e->i.address_count; n++)
        memcpy(config.peers[n], e->i.addresses[n], CONFIG_ADDRESS_BYTES);
    if (listen != NULL && strlen(listen) < CONFIG_ADDRESS_BYTES) {
        config.listen_count = 1;
        strcpy(config.listen[0], listen);
    }
    return home_setup_files(e->s, buffer_span(&e->genesis), &config);
}

static int state_ask(struct enrolment *e, enum enrol_state *state, uint64_t *size)
{
    struct buffer frame = {0};
    enum err err = enrol_bytes_encode(ENROL_REQUEST, buffer_span(&e->request), &frame);
    if (err == OK)
        err = desk_send(e->line, buffer_span(&frame));
    if (err == OK)
        err = desk_receive(e->line, &frame);
    if (err == OK)
        err = enrol_state_decode(buffer_span(&frame), state, size);
    buffer_clear(&frame);
    return err == OK ? EXIT_DONE : hung_up(e, err);
}

/* ---- waiting for the admission ---- */

static int tell_waiting(struct session *s, const char *member)
{
    if (s->json)
        session_json(json_pack("{s:s,s:s}", "state", "waiting", "member", member));
    else
        printf(_("the convenor has the request and admits it: jieli admit %s …\nthen give this "
                 "command again; --wait waits for it\n"), member);
    return EXIT_LATER;
}

static int refused(struct session *s, enum enrol_state state, const char *member)
{
    char message[256];
    switch (state) {
    case ENROL_USED:
        return session_fail(s, ERR_EXISTS, _("this invitation was used from another home or "
                                             "machine"),
                            _("go on there; if that was not you, tell the convenor at once, who "
                              "revokes it: jieli invite --revoke NAME"));
    case ENROL_TAKEN:
        snprintf(message, sizeof message, _("%s is admitted already, with other keys"), member);
        return session_fail(s, ERR_EXISTS, message,
                            _("ask the convenor which home has the keys of that member"));
    case ENROL_REFUSED:
    case ENROL_WAITING:
    case ENROL_ADMITTED: break;
    }
    return session_fail(s, ERR_FORMAT, _("the convenor's node refuses the request"),
                        _("ask the convenor for a new invitation, and use it with an empty home"));
}

static int admission_await(struct enrolment *e, uint64_t *size)
{
    enum enrol_state state = ENROL_WAITING;
    bool waits = args_has(&e->s->args, "wait");
    int code = EXIT_DONE;
    for (unsigned n = 0; code == EXIT_DONE && state == ENROL_WAITING && n < POLLS_MAX; n++) {
        if (n > 0)
            nanosleep(&(struct timespec){.tv_sec = POLL_S}, NULL);
        code = state_ask(e, &state, size);
        if (code == EXIT_DONE && state == ENROL_WAITING && !waits)
            return tell_waiting(e->s, e->i.member);
    }
    if (code != EXIT_DONE || state == ENROL_ADMITTED)
        return code;
    return state == ENROL_WAITING ? tell_waiting(e->s, e->i.member)
                                  : refused(e->s, state, e->i.member);
}

/* ---- the convenor's log ---- */

static uint64_t entries_held(struct session *s, const char *log)
{
    json_t *status;
    size_t i;
    const json_t *one;
    uint64_t held = 0;
    if (session_ask(s, json_pack("{s:s}", "query", "status"), &status) != EXIT_DONE)
        return 0;
    json_array_foreach(json_object_get(status, "logs"), i, one) {
        if (strcmp(text_at(one, "member"), log) == 0 && number_at(one, "epoch") == 0)
            held = number_at(one, "stored");
    }
    json_decref(status);
    return held;
}

static enum err packages_ask(struct enrolment *e, const char *log, uint64_t from, uint64_t size,
                             struct buffer *frame)
{
    struct message want = {.type = MSG_WANT,
                           .u.want = {.request = 1, .from = from, .tree_size = size,
                                      .packages = WANT_PACKAGES}};
    snprintf(want.u.want.log.member, sizeof want.u.want.log.member, "%s", log);
    enum err err = message_encode(&want, frame);
    if (err == OK)
        err = desk_send(e->line, buffer_span(frame));
    if (err == OK)
        err = desk_receive(e->line, frame);
    if (err == OK && (frame->len == 0 || frame->data[0] != MSG_PACKAGES))
        err = ERR_PROTOCOL;
    return err;
}

static int log_fetch(struct enrolment *e, uint64_t size)
{
    struct genesis g;
    json_t *reply;
    int code = home_setup_genesis(e->s, &g) ? EXIT_DONE : session_fail_home(e->s, ERR_FORMAT);
    uint64_t held = code == EXIT_DONE ? entries_held(e->s, g.convenor.id) : 0;
    for (unsigned n = 0; code == EXIT_DONE && held < size && n < WANTS_MAX; n++) {
        struct buffer frame = {0};
        uint64_t before = held;
        enum err err = packages_ask(e, g.convenor.id, held, size, &frame);
        code = err == OK ? session_tell(e->s, json_pack("{s:s}", "op", "receive"),
                                        buffer_span(&frame), &reply, NULL)
                         : hung_up(e, err);
        buffer_clear(&frame);
        if (code == EXIT_DONE) {
            json_decref(reply);
            held = entries_held(e->s, g.convenor.id);
            if (held <= before)
                code = session_fail_at(e->s, ERR_PROTOCOL, e->address);
        }
    }
    return code;
}

/* ---- the whole ---- */

static bool certified(struct session *s, const char *member)
{
    json_t *reply;
    size_t i;
    const json_t *m;
    bool done = false;
    if (session_ask(s, json_pack("{s:s}", "query", "members"), &reply) != EXIT_DONE)
        return false;
    json_array_foreach(json_object_get(reply, "members"), i, m) {
        if (strcmp(text_at(m, "id"), member) == 0)
            done = json_is_true(json_object_get(m, "certified"));
    }
    json_decref(reply);
    return done;
}

static int tell_done(struct session *s, const char *member)
{
    if (s->json)
        return session_json(json_pack("{s:s,s:s}", "state", "certified", "member", member));
    printf(_("%s is admitted and this node certified; start it: jielid --home %s\n"), member,
           s->home);
    return EXIT_DONE;
}

static int finish(struct enrolment *e, uint64_t size)
{
    int code = local_node_open(e->s);
    if (code == EXIT_DONE)
        code = log_fetch(e, size);
    if (code == EXIT_DONE && !certified(e->s, e->i.member))
        code = home_setup_certify(e->s);
    return code == EXIT_DONE ? tell_done(e->s, e->i.member) : code;
}

static int enrol(struct enrolment *e)
{
    uint64_t size = 0;
    int code = request_take(e);
    if (code == EXIT_DONE)
        code = dial(e);
    if (code == EXIT_DONE)
        code = genesis_take(e);
    if (code == EXIT_DONE)
        code = files_write(e);
    if (code == EXIT_DONE)
        code = admission_await(e, &size);
    return code == EXIT_DONE ? finish(e, size) : code;
}

/* A fresh home has nothing to go on with once the time is over; the node judges the others. */
static int check_expiry(struct session *s, const struct invitation *i)
{
    struct genesis g;
    char message[128], until[DATE_TEXT_BYTES];
    if ((uint64_t)time(NULL) < i->expires_s || home_setup_genesis(s, &g))
        return EXIT_DONE;
    time_format(i->expires_s, until);
    snprintf(message, sizeof message, _("this invitation expired on %s"), until);
    return session_fail(s, ERR_VOID, message, _("ask the convenor for a new one: jieli invite"));
}

static int enrol_run(struct session *s)
{
    struct enrolment e = {.s = s};
    const char *text = args_word(&s->args, 0);
    if (text == NULL)
        return session_usage(s, _("give the invitation, one line that begins with jieli1."), NULL);
    enum err err = invitation_decode(&e.i, text);
    int code = err == OK ? check_expiry(s, &e.i)
                         : session_fail(s, err, _("this is no invitation, or it was mistyped"),
                                        _("copy the whole line as `jieli invite` printed it"));
    if (code == EXIT_DONE)
        code = enrol(&e);
    desk_hang_up(e.line);
    buffer_clear(&e.request);
    buffer_clear(&e.genesis);
    wipe(&e.i, sizeof e.i);
    return code;
}

static const struct option_row enrol_options[] = {
    {"post", "POST", N_("post of the first administrator: 管理员")},
    {"person", "NO", N_("person number of the first administrator")},
    {"listen", "HOST:PORT", N_("where our node is to listen")},
    {"wait", NULL, N_("waits for the admission, a day at most")},
    {"no-passphrase", NULL,
     N_("new key files without passphrase: for service managers and trials")},
    {NULL, NULL, NULL},
};

const struct command cmd_enrol = {
    .name = "enrol",
    .usage = "INVITATION --home DIR --post POST --person NO --key FILE [--wait]",
    .summary = N_("makes a new member's node by invitation; run again until it is done"),
    .example = "jieli enrol jieli1.… --home ./zhujian --post 管理员 --person E101 --key e101.key",
    .options = enrol_options,
    .keyed = true,
    .at_home = true,
    .run = enrol_run,
};
