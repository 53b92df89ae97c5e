/* A member's home: keys and a request; once admitted, entry 0 of its log. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/log/home.h"
#include "tools/cmd/lists.h"
#include "tools/command.h"
#include "tools/home_setup.h"
#include "tools/member_input.h"
#include "tools/officer_key.h"

static const char *admin_key_path(const struct session *s)
{
    const char *path = args_value(&s->args, "key");
    return path == NULL ? getenv("JIELI_KEY") : path;
}

static int request_path(struct session *s, char out[HOME_PATH_BYTES])
{
    const char *given = args_value(&s->args, "out");
    if (given != NULL && strlen(given) < HOME_PATH_BYTES) {
        snprintf(out, HOME_PATH_BYTES, "%s", given);
        return EXIT_DONE;
    }
    enum err err = home_path(out, HOME_PATH_BYTES, s->home, "request");
    return err == OK ? EXIT_DONE : session_fail_at(s, err, s->home);
}

static int write_request(struct session *s, const struct admission *a, const struct hash *ledger)
{
    char path[HOME_PATH_BYTES];
    struct buffer bytes = {0};
    int code = request_path(s, path);
    if (code != EXIT_DONE)
        return code;
    enum err err = request_encode(a, ledger, &bytes);
    if (err == OK)
        err = file_replace(path, buffer_span(&bytes), 0644);
    buffer_clear(&bytes);
    if (err != OK)
        return session_fail_at(s, err, path);
    if (s->json)
        return session_json(json_pack("{s:s,s:s,s:s}", "state", "requested", "request", path,
                                      "member", a->id));
    printf(_("request written to %s; the convenor admits it: jieli admit %s\n"), path, path);
    printf(_("then start the node (jielid --home %s) and run jieli init again\n"), s->home);
    return EXIT_DONE;
}

static int request(struct session *s)
{
    struct admission a = {.powers = 0};
    struct genesis g;
    struct config config;
    struct buffer bytes = {0};
    const char *path = args_value(&s->args, "genesis");
    if (path == NULL)
        return session_usage(s, _("give the committee's genesis file"), "--genesis");
    if (admin_key_path(s) == NULL)
        return session_usage(s, _("this option is needed"), "--key");
    int code = member_input_text(s, "--member", args_value(&s->args, "member"), a.id, sizeof a.id);
    if (code == EXIT_DONE)
        code = member_input_text(s, "--post", args_value(&s->args, "post"), a.admin_post,
                                 sizeof a.admin_post);
    if (code == EXIT_DONE)
        code = member_input_text(s, "--person", args_value(&s->args, "person"), a.admin_person,
                                 sizeof a.admin_person);
    if (code != EXIT_DONE)
        return code;
    enum err err = file_read(path, GENESIS_MAX_BYTES, &bytes);
    if (err == OK)
        err = genesis_decode(&g, buffer_span(&bytes));
    code = err == OK ? home_setup_keys(s) : session_fail_at(s, err, path);
    if (code == EXIT_DONE)
        code = home_setup_prove(s, &g.ledger, admin_key_path(s), &a);
    home_setup_config(&config, &g.ledger, a.id);
    if (code == EXIT_DONE)
        code = home_setup_files(s, buffer_span(&bytes), &config);
    if (code == EXIT_DONE)
        code = write_request(s, &a, &g.ledger);
    buffer_clear(&bytes);
    return code;
}

static int tell_state(struct session *s, const char *state, const char *words, int code)
{
    if (s->json)
        session_json(json_pack("{s:s}", "state", state));
    else
        puts(words);
    return code;
}

static bool certified(const json_t *members, const char *id)
{
    size_t i;
    const json_t *m;
    json_array_foreach(members, i, m) {
        if (strcmp(text_at(m, "id"), id) == 0)
            return json_is_true(json_object_get(m, "certified"));
    }
    return false;
}

/* The home is there: where does its member stand? */
static int go_on(struct session *s)
{
    json_t *status, *members;
    int code = session_ask_daemon(s, json_pack("{s:s}", "query", "status"), &status);
    if (code != EXIT_DONE)
        return code;
    const char *member = text_at(status, "member");
    if (member[0] == 0) {
        json_decref(status);
        return tell_state(s, "waiting",
                          _("not admitted yet: the convenor admits the request, then it must reach "
                            "this node"), EXIT_LATER);
    }
    code = session_ask_daemon(s, json_pack("{s:s}", "query", "members"), &members);
    bool done = code == EXIT_DONE && certified(json_object_get(members, "members"), member);
    json_decref(members);
    json_decref(status);
    if (code != EXIT_DONE)
        return code;
    if (done && args_has(&s->args, "new-sealing-key")) {
        code = home_setup_new_sealing_key(s);
        return code == EXIT_DONE ? home_setup_certify(s) : code;
    }
    if (done && args_has(&s->args, "new-transport-key")) {
        code = home_setup_new_transport_key(s);
        return code == EXIT_DONE ? home_setup_certify(s) : code;
    }
    if (done)
        return tell_state(s, "certified", _("this node is admitted and certified: nothing to do"),
                          EXIT_DONE);
    return home_setup_certify(s);
}

static int init_run(struct session *s)
{
    struct genesis g;
    return home_setup_genesis(s, &g) ? go_on(s) : request(s);
}

static const struct option_row init_options[] = {
    {"genesis", "FILE", N_("the committee's genesis file")},
    {"member", "ID", N_("id of our member")},
    {"post", "POST", N_("post of the first administrator: 管理员")},
    {"person", "NO", N_("person number of the first administrator")},
    {"out", "FILE", N_("where the request goes (request in the home)")},
    {"new-transport-key", NULL,
     N_("of a certified node: makes a new transport key and certifies it; the old one ends")},
    {"new-sealing-key", NULL,
     N_("of a certified node: makes a new sealing key and certifies it; the old one is kept until "
        "all parts are wrapped for the new one")},
    {"no-passphrase", NULL,
     N_("new key files without passphrase: for service managers and trials")},
    {NULL, NULL, NULL},
};

const struct command cmd_init = {
    .name = "init",
    .usage = "--home DIR --genesis FILE --member ID --post POST --person NO --key FILE",
    .summary = N_("makes a node's home and its request; run again once admitted"),
    .example = "jieli init --home ./zhujian --genesis genesis --member zhujian --post 管理员 "
               "--person E101 --key e101.key",
    .options = init_options,
    .signs = true,
    .at_home = true,
    .run = init_run,
};
