/* The beginning of a ledger: the convenor's home, its keys and the genesis file. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tools/command.h"
#include "tools/home_setup.h"
#include "tools/member_input.h"
#include "tools/officer_key.h"

static const struct hash no_ledger;         /* genesis cannot name itself in its own proofs */

static int take_root(struct session *s, unsigned i, struct genesis *g)
{
    struct root_officer *root = &g->roots[i];
    struct signkey *key = NULL;
    const char *path = args_nth(&s->args, "root-key", i);
    int code = member_input_text(s, "--root-post", args_nth(&s->args, "root-post", i), root->post,
                                 sizeof root->post);
    if (code == EXIT_DONE)
        code = member_input_text(s, "--root-person", args_nth(&s->args, "root-person", i),
                                 root->person, sizeof root->person);
    if (code == EXIT_DONE)
        code = key_read_or_create(s, path, &key);
    if (code == EXIT_DONE) {
        root->key = *signkey_public(key);
        enum err err = possession_sign(key, &no_ledger, g->convenor.id, "root", &root->proof);
        code = err == OK ? EXIT_DONE : session_fail_at(s, err, path);
    }
    signkey_free(key);
    return code;
}

static int take_roots(struct session *s, struct genesis *g)
{
    int code = EXIT_DONE;
    const char *k = args_value(&s->args, "k");
    while (code == EXIT_DONE && args_nth(&s->args, "root-key", g->root_count) != NULL) {
        if (g->root_count == ROOT_OFFICERS_MAX)
            return session_usage(s, _("at most 16 root officers"), NULL);
        code = take_root(s, g->root_count, g);
        g->root_count++;
    }
    g->k = k == NULL ? 1 : (unsigned)(k[0] - '0');
    if (code == EXIT_DONE && g->root_count == 0)
        return session_usage(s, _("this option is needed"), "--root-key");
    if (code == EXIT_DONE && (g->k < 1 || g->k > g->root_count || (k != NULL && k[1] != 0)))
        return session_usage(s, _("--k is a number from 1 to that of the root officers"), k);
    return code;
}

static int sign_proof(struct session *s, const struct signkey *key, const char *member,
                      const char *role, struct pubkey *pub, struct sig *proof)
{
    *pub = *signkey_public(key);
    enum err err = possession_sign(key, &no_ledger, member, role, proof);
    return err == OK ? EXIT_DONE : session_fail_at(s, err, role);
}

static int take_convenor(struct session *s, struct admission *a)
{
    struct signkey *admin = NULL, *node = NULL;
    const char *path = args_value(&s->args, "key");
    int code =
        member_input_text(s, "--member", args_value(&s->args, "member"), a->id, sizeof a->id);
    if (code == EXIT_DONE)
        code = member_input_take(s, a);
    if (code == EXIT_DONE)
        code = member_input_text(s, "--post", args_value(&s->args, "post"), a->admin_post,
                                 sizeof a->admin_post);
    if (code == EXIT_DONE)
        code = member_input_text(s, "--person", args_value(&s->args, "person"), a->admin_person,
                                 sizeof a->admin_person);
    if (code == EXIT_DONE && path == NULL)
        code = session_usage(s, _("this option is needed"), "--key");
    if (code == EXIT_DONE)
        code = home_setup_keys(s);
    if (code == EXIT_DONE)
        code = home_setup_node_key(s, &node);
    if (code == EXIT_DONE)
        code = sign_proof(s, node, a->id, "node", &a->node_key, &a->node_proof);
    if (code == EXIT_DONE)
        code = key_read_or_create(s, path, &admin);
    if (code == EXIT_DONE)
        code = sign_proof(s, admin, a->id, "officer", &a->admin_key, &a->admin_proof);
    signkey_free(node);
    signkey_free(admin);
    return code;
}

static int tell(struct session *s, const struct genesis *g)
{
    char hex[HASH_BYTES * 2 + 1];
    enum err err = hex_encode(hex, sizeof hex, span_of(g->ledger.b, HASH_BYTES));
    if (err != OK)
        return session_fail_at(s, err, NULL);
    if (s->json) {
        json_t *o = json_pack("{s:s,s:s,s:s}", "ledger", hex, "domain", g->domain, "member",
                              g->convenor.id);
        if (s->warnings != NULL)
            json_object_set(o, "warnings", s->warnings);
        return session_json(o);
    }
    printf(_("ledger %s\n"), hex);
    printf(_("the convenor's home is %s; give %s/genesis to every member\n"), s->home, s->home);
    printf(_("next: jielid --home %s, then jieli init --home %s --key FILE\n"), s->home, s->home);
    return EXIT_DONE;
}

static int genesis_run(struct session *s)
{
    struct genesis g = {.suite = 1, .law_version = 1, .created_s = (uint64_t)time(NULL)}, old;
    struct config config;
    struct buffer bytes = {0};
    if (home_setup_genesis(s, &old))
        return session_fail(s, ERR_EXISTS, _("this home has a genesis already"), NULL);
    if (args_value(&s->args, "k") != NULL && strcmp(args_value(&s->args, "k"), "1") != 0)
        session_warn(s, _("warning: where more than one root officer must sign, this edition can "
                          "admit nobody and publish no map: that is later work; take --k 1"));
    int code = member_input_text(s, "--domain", args_value(&s->args, "domain"), g.domain,
                                 sizeof g.domain);
    if (code == EXIT_DONE)
        code = take_convenor(s, &g.convenor);
    if (code == EXIT_DONE)
        code = take_roots(s, &g);
    if (code != EXIT_DONE)
        return code;
    enum err err = genesis_encode(&g, &bytes);
    if (err == OK)
        err = genesis_decode(&old, buffer_span(&bytes));
    home_setup_config(&config, &g.ledger, g.convenor.id);
    code = err == OK ? home_setup_files(s, buffer_span(&bytes), &config)
                     : session_fail_at(s, err, "genesis");
    buffer_clear(&bytes);
    return code == EXIT_DONE ? tell(s, &g) : code;
}

static const struct option_row genesis_options[] = {
    {"domain", "DOMAIN", N_("domain name that the logs are named under")},
    {"member", "ID", N_("id of the convenor")},
    MEMBER_OPTIONS,
    {"post", "POST", N_("post of the first administrator: 管理员")},
    {"person", "NO", N_("person number of the first administrator")},
    {"root-key", "FILE", N_("key file of a root officer, made if missing; may repeat")},
    {"root-post", "POST", N_("post of the root officer, once for each")},
    {"root-person", "NO", N_("person number of the root officer, once for each")},
    {"k", "N", N_("root officers who must sign (1)")},
    {"no-passphrase", NULL,
     N_("new key files without passphrase: for service managers and trials")},
    {NULL, NULL, NULL},
};

const struct command cmd_genesis = {
    .name = "genesis",
    .usage = "--home DIR --domain DOMAIN --member ID --key FILE --root-key FILE …",
    .summary = N_("begins a ledger: the convenor's home, keys and genesis"),
    .example = "jieli genesis --home ./anweiban --domain aw.example.gov --member anweiban "
               "--name 市安委办 --kind office --institution yingji --powers coordinate "
               "--post 管理员 --person E001 --key e001.key "
               "--root-key e000.key --root-post 安委会主任 --root-person E000",
    .options = genesis_options,
    .signs = true,
    .at_home = true,
    .run = genesis_run,
};
