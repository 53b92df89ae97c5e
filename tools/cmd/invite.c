/* Invitations to enrol: made, listed and revoked at the convenor's node. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/address.h"
#include "net/invitation.h"
#include "tools/cmd/lists.h"
#include "tools/command.h"
#include "tools/dates.h"
#include "tools/grid.h"
#include "tools/officer_key.h"

/* "72h", "7d". */
static int take_expiry(struct session *s, uint64_t *expires_s)
{
    const char *text = args_value(&s->args, "expires");
    uint64_t seconds = INVITATION_AGE_S;
    char *end;
    if (text != NULL) {
        long n = strtol(text, &end, 10);
        bool hours = strcmp(end, "h") == 0, days = strcmp(end, "d") == 0;
        if (n < 1 || n > INVITATION_MAX_AGE_S / 3600 || (!hours && !days))
            return session_usage(s, _("--expires is a number of hours or days: 72h, 7d"), text);
        seconds = (uint64_t)n * (hours ? 3600 : 86400);
    }
    if (seconds > INVITATION_MAX_AGE_S)
        return session_usage(s, _("an invitation is good for 30 days at most"), text);
    *expires_s = (uint64_t)time(NULL) + seconds;
    return EXIT_DONE;
}

static int take_ledger(struct session *s, struct hash *out)
{
    json_t *status;
    size_t len;
    int code = session_ask(s, json_pack("{s:s}", "query", "status"), &status);
    if (code != EXIT_DONE)
        return code;
    const char *hex = text_at(status, "ledger");
    if (hex_decode(out->b, HASH_BYTES, hex, strlen(hex), &len) != OK || len != HASH_BYTES)
        code = session_fail_at(s, ERR_PROTOCOL, s->home);
    json_decref(status);
    return code;
}

/* Puts name, signer and signature of the order into the request. */
static int sign(struct session *s, const struct invitation_order *o, json_t *request)
{
    struct officer_keys keys;
    struct sig sig;
    char name[2 * INVITATION_NAME_BYTES + 1], key[2 * PUBKEY_BYTES + 1], hex[2 * SIG_BYTES + 1];
    int code = officer_keys_read(s, &keys);
    enum err err = code == EXIT_DONE ? officer_key_order(&keys.all[0], o, &sig) : OK;
    if (code == EXIT_DONE && err == OK) {
        err = hex_encode(name, sizeof name, span_of(o->name, sizeof o->name));
        if (err == OK)
            err = hex_encode(key, sizeof key,
                             span_of(keys.all[0].pub.b, PUBKEY_BYTES));
        if (err == OK)
            err = hex_encode(hex, sizeof hex, span_of(sig.b, SIG_BYTES));
        json_object_set_new(request, "name", json_string(name));
        json_object_set_new(request, "signer", json_string(key));
        json_object_set_new(request, "signature", json_string(hex));
    }
    officer_keys_clear(&keys);
    return err == OK ? code : session_fail_at(s, err, NULL);
}

static int order(struct session *s, struct invitation_order *o, json_t *request, json_t **reply)
{
    int code = take_ledger(s, &o->ledger);
    if (code == EXIT_DONE)
        code = sign(s, o, request);
    if (code == EXIT_DONE)
        return session_tell(s, request, (struct span){0}, reply, NULL);
    json_decref(request);
    return code;
}

static int make(struct session *s, const char *member)
{
    struct invitation_order o = {.verb = INVITATION_MAKE};
    char until[DATE_TEXT_BYTES];
    const char *address;
    json_t *reply;
    if (strlen(member) >= sizeof o.member)
        return session_usage(s, _("a member id has at most 31 letters"), member);
    strcpy(o.member, member);
    random_bytes(o.name, sizeof o.name);
    int code = take_expiry(s, &o.expires_s);
    if (code != EXIT_DONE)
        return code;
    json_t *addresses = json_array();
    for (unsigned i = 0; (address = args_nth(&s->args, "address", i)) != NULL; i++) {
        if (address_check(address) != OK) {
            json_decref(addresses);
            return session_usage(s, _("an address is numeric, with a port: 192.0.2.7:7311"),
                                 address);
        }
        json_array_append_new(addresses, json_string(address));
    }
    code = order(s, &o, json_pack("{s:s,s:s,s:I,s:o}", "op", "invite", "member", member,
                                  "expires_s", (json_int_t)o.expires_s, "addresses", addresses),
                 &reply);
    if (code != EXIT_DONE)
        return code;
    if (s->json) {
        json_object_set_new(reply, "expires_s", json_integer((json_int_t)o.expires_s));
        return session_json(reply);
    }
    puts(text_at(reply, "invitation"));
    fflush(stdout);
    time_format(o.expires_s, until);
    fprintf(stderr, _("good once, until %s; whoever has this line can ask for the admission of %s, "
                      "so hand it over in person\nthere: jieli enrol INVITATION --home DIR --post "
                      "管理员 --person NO --key FILE\n"), until, member);
    json_decref(reply);
    return EXIT_DONE;
}

static const char *state_word(const char *state)
{
    static const struct { const char *name, *word; } rows[] = {
        {"open", N_("not used yet")},
        {"waiting", N_("requested: jieli admit")},
        {"admitted", N_("admitted")},
        {"revoked", N_("revoked")},
        {"expired", N_("expired")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, state) == 0)
            return _(rows[i].word);
    }
    return state;
}

static int list(struct session *s)
{
    const char *const heading[] = {_("member"), _("state"), _("expires"), _("invited by"),
                                   _("name")};
    struct grid g;
    size_t i;
    const json_t *o;
    json_t *reply;
    int code = session_tell(s, json_pack("{s:s}", "op", "invitations"), (struct span){0}, &reply,
                            NULL);
    if (code != EXIT_DONE)
        return code;
    if (s->json)
        return session_json(reply);
    grid_init(&g, 5, heading);
    json_array_foreach(json_object_get(reply, "invitations"), i, o) {
        char until[DATE_TEXT_BYTES];
        time_format(number_at(o, "expires_s"), until);
        grid_row(&g, (const char *[]){text_at(o, "member"), state_word(text_at(o, "state")), until,
                                      text_at(o, "by"), text_at(o, "name")});
    }
    grid_print(&g, stdout);
    grid_clear(&g);
    json_decref(reply);
    return EXIT_DONE;
}

static int revoke(struct session *s, const char *name)
{
    struct invitation_order o = {.verb = INVITATION_REVOKE};
    size_t len = 0;
    json_t *reply;
    if (hex_decode(o.name, sizeof o.name, name, strlen(name), &len) != OK || len != sizeof o.name)
        return session_usage(s, _("name it as `jieli invite --list` does"), name);
    int code = order(s, &o, json_pack("{s:s}", "op", "revoke-invitation"), &reply);
    if (code != EXIT_DONE)
        return code;
    if (s->json)
        return session_json(reply);
    puts(_("revoked: nobody can use it from now on"));
    json_decref(reply);
    return EXIT_DONE;
}

static int invite_run(struct session *s)
{
    const char *member = args_value(&s->args, "member"), *name = args_value(&s->args, "revoke");
    if (args_has(&s->args, "list"))
        return list(s);
    if (name != NULL)
        return revoke(s, name);
    return member != NULL ? make(s, member)
                          : session_usage(s, _("this option is needed"), "--member");
}

static const struct option_row invite_options[] = {
    {"member", "ID", N_("id of the member that is invited")},
    {"expires", "TIME", N_("72h, 7d: until when it may be used (72h)")},
    {"address", "HOST:PORT", N_("where the new member reaches this node; may repeat (listen)")},
    {"list", NULL, N_("lists invitations and the requests that wait")},
    {"revoke", "NAME", N_("revokes one")},
    {NULL, NULL, NULL},
};

const struct command cmd_invite = {
    .name = "invite",
    .usage = "--member ID [--expires TIME] --key FILE | --list | --revoke NAME --key FILE",
    .summary = N_("invites a new member: convenor's node, root officer or administrator"),
    .example = "jieli invite --member zhujian --expires 72h --key e000.key",
    .options = invite_options,
    .keyed = true,
    .run = invite_run,
};
