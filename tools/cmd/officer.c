/* Officers: add (enrol), leave (end the enrolment), prove (a key's holder makes the proof), desk
 * (another key for an officer's desk, or none), list. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/log/home.h"
#include "ledger/roster/compose.h"
#include "tools/cmd/lists.h"
#include "tools/command.h"
#include "tools/desk_key.h"
#include "tools/grid.h"
#include "tools/member_input.h"
#include "tools/writing.h"

struct proven {
    struct pubkey key;
    struct sig proof;
    struct hash ledger;
    char member[ID_MAX_BYTES + 1];
    bool has_desk;
    struct xpubkey desk;
};

static int where_we_are(struct session *s, struct proven *p)
{
    json_t *status;
    size_t len;
    int code = session_ask(s, json_pack("{s:s}", "query", "status"), &status);
    if (code != EXIT_DONE)
        return code;
    const char *ledger = text_at(status, "ledger"), *member = text_at(status, "member");
    if (member[0] == 0 || hex_decode(p->ledger.b, HASH_BYTES, ledger, strlen(ledger), &len) != OK)
        code = session_fail_at(s, ERR_UNKNOWN_MEMBER, s->home);
    snprintf(p->member, sizeof p->member, "%s", member);
    json_decref(status);
    return code;
}

static int prove(struct session *s, struct proven *p, bool desk)
{
    struct signkey *key = NULL;
    const char *path = args_value(&s->args, "new-key");
    if (path == NULL)
        return session_usage(s, _("this option is needed"), "--new-key");
    p->has_desk = desk;
    int code = desk ? desk_key_pair(s, path, &key, &p->desk)
                           : key_read_or_create(s, path, &key);
    if (code == EXIT_DONE) {
        p->key = *signkey_public(key);
        enum err err = possession_sign(key, &p->ledger, p->member, "officer", &p->proof);
        code = err == OK ? EXIT_DONE : session_fail_at(s, err, path);
    }
    signkey_free(key);
    return code;
}

static bool take_hex(const json_t *o, const char *key, uint8_t *out, size_t out_bytes)
{
    size_t len;
    const char *hex = text_at(o, key);
    return hex_decode(out, out_bytes, hex, strlen(hex), &len) == OK && len == out_bytes;
}

static int read_proof(struct session *s, const char *path, struct proven *p)
{
    struct hash ledger;
    json_t *o = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    if (o == NULL)
        return session_fail_at(s, ERR_FORMAT, path);
    bool whole = take_hex(o, "key", p->key.b, PUBKEY_BYTES) &&
                 take_hex(o, "proof", p->proof.b, SIG_BYTES) &&
                 take_hex(o, "ledger", ledger.b, HASH_BYTES);
    p->has_desk = json_object_get(o, "desk") != NULL;
    if (p->has_desk)
        whole = whole && take_hex(o, "desk", p->desk.b, PUBKEY_BYTES);
    bool ours = whole && hash_equal(&ledger, &p->ledger) &&
                strcmp(text_at(o, "member"), p->member) == 0;
    json_decref(o);
    if (!whole)
        return session_fail_at(s, ERR_FORMAT, path);
    return ours ? EXIT_DONE
                : session_fail(s, ERR_WRONG_LEDGER,
                               _("the proof was made for another member or ledger"), NULL);
}

static int enrol(struct session *s, const struct proven *p)
{
    const char *posts[OFFICER_MAX_POSTS];
    struct enrol_fields f = {.key = p->key, .proof = p->proof, .posts = posts,
                             .transport = p->has_desk ? &p->desk : NULL};
    struct composition c;
    json_t *reply = NULL;
    f.person = args_value(&s->args, "person");
    while (f.post_count < OFFICER_MAX_POSTS && args_nth(&s->args, "post", f.post_count) != NULL) {
        posts[f.post_count] = args_nth(&s->args, "post", f.post_count);
        f.post_count++;
    }
    if (f.person == NULL || f.post_count == 0)
        return session_usage(s, _("this option is needed"),
                             f.person == NULL ? "--person" : "--post");
    composition_init(&c);
    int code = compose_enrol(&c, &f) == OK ? EXIT_DONE : session_fail_at(s, ERR_FORMAT, f.person);
    if (code == EXIT_DONE)
        code = writing_govern(s, KIND_ENROL, c.facts, c.fact_count, &reply);
    if (code == EXIT_DONE) {
        json_object_set_new(reply, "person", json_string(f.person));
        code = writing_tell(s, kind_row(KIND_ENROL), reply);
    }
    composition_clear(&c);
    return code;
}

static int add_run(struct session *s)
{
    struct proven p;
    const char *proof = args_value(&s->args, "proof");
    int code = where_we_are(s, &p);
    if (code == EXIT_DONE)
        code = proof != NULL ? read_proof(s, proof, &p) : prove(s, &p, args_has(&s->args, "desk"));
    return code == EXIT_DONE ? enrol(s, &p) : code;
}

/* The key of the officer of ours with this person number who has a desk. */
static int find_desk(struct session *s, const char *person, struct proven *p)
{
    json_t *reply;
    size_t i;
    const json_t *o;
    bool found = false;
    int code = session_ask(s, json_pack("{s:s,s:s}", "query", "officers", "member", p->member),
                           &reply);
    json_array_foreach(json_object_get(reply, "officers"), i, o) {
        if (strcmp(text_at(o, "person"), person) == 0 && json_object_get(o, "desk") != NULL)
            found = take_hex(o, "key", p->key.b, PUBKEY_BYTES);
    }
    json_decref(reply);
    if (code != EXIT_DONE || found)
        return code;
    return session_fail(s, ERR_NOTFOUND, _("no officer of ours with that person number has a desk"),
                        _("enrolled officers: jieli officer list"));
}

/* Whose desk, and which key it has from now on. */
static int desk_choose(struct session *s, struct proven *p)
{
    const char *proof = args_value(&s->args, "proof"), *person = args_value(&s->args, "person");
    if (args_has(&s->args, "end"))
        return person == NULL ? session_usage(s, _("this option is needed"), "--person")
                              : find_desk(s, person, p);
    int code = proof != NULL ? read_proof(s, proof, p) : EXIT_DONE;
    if (code == EXIT_DONE && proof != NULL && !p->has_desk)
        return session_usage(s, _("the proof names no key of a desk: officer prove --desk"), proof);
    return proof != NULL ? code : prove(s, p, true);
}

/* Writes what was composed, unless something failed before, and is done with it. */
static int govern(struct session *s, enum kind kind, struct composition *c, int code)
{
    json_t *reply = NULL;
    if (code == EXIT_DONE)
        code = writing_govern(s, kind, c->facts, c->fact_count, &reply);
    if (code == EXIT_DONE)
        code = writing_tell(s, kind_row(kind), reply);
    composition_clear(c);
    return code;
}

static int desk_run(struct session *s)
{
    struct proven p = {.has_desk = false};
    struct composition c;
    composition_init(&c);
    int code = where_we_are(s, &p);
    if (code == EXIT_DONE)
        code = desk_choose(s, &p);
    bool ends = args_has(&s->args, "end");
    if (code == EXIT_DONE && compose_desk(&c, &p.key, ends ? NULL : &p.desk) != OK)
        code = session_fail_at(s, ERR_NOMEM, NULL);
    return govern(s, KIND_ENROL, &c, code);
}

static bool administers(const json_t *o)
{
    size_t i;
    const json_t *post;
    json_array_foreach(json_object_get(o, "posts"), i, post) {
        if (strcmp(json_string_value(post), POST_ADMINISTRATOR) == 0)
            return true;
    }
    return false;
}

/* Of the officers of now: the one with this person number, or the beginning of whose key it is; and
 * how many administrators there are without him. */
static unsigned leaver_find(const json_t *officers, const char *person, const char *key,
                            struct proven *p, unsigned *administrators)
{
    size_t i;
    const json_t *o;
    unsigned found = 0;
    *administrators = 0;
    json_array_foreach(officers, i, o) {
        if (json_object_get(o, "left") != NULL || json_is_true(json_object_get(o, "root")))
            continue;
        bool meant = (person == NULL || strcmp(text_at(o, "person"), person) == 0) &&
                     (key == NULL || strncmp(text_at(o, "key"), key, strlen(key)) == 0);
        *administrators += !meant && administers(o);
        found += meant && take_hex(o, "key", p->key.b, PUBKEY_BYTES);
    }
    return found;
}

static int leaver_choose(struct session *s, struct proven *p)
{
    json_t *reply;
    unsigned administrators;
    const char *person = args_value(&s->args, "person"), *key = args_value(&s->args, "which");
    if (person == NULL && key == NULL)
        return session_usage(s, _("this option is needed"), "--person");
    int code = session_ask(s, json_pack("{s:s,s:s}", "query", "officers", "member", p->member),
                           &reply);
    if (code != EXIT_DONE)
        return code;
    unsigned found = leaver_find(json_object_get(reply, "officers"), person, key, p,
                                 &administrators);
    json_decref(reply);
    if (found == 0)
        return session_fail(s, ERR_NOTFOUND, _("no officer of ours has that person number or key"),
                            _("enrolled officers: jieli officer list"));
    if (found > 1)
        return session_usage(s, _("several keys fit: name the one with --which, as `jieli officer "
                                  "list` prints it"), NULL);
    if (administrators == 0)
        return session_usage(s, _("nobody could enrol officers any more: enrol another "
                                  "administrator first"), NULL);
    return EXIT_DONE;
}

static int leave_run(struct session *s)
{
    struct proven p = {.has_desk = false};
    struct composition c;
    composition_init(&c);
    int code = where_we_are(s, &p);
    if (code == EXIT_DONE)
        code = leaver_choose(s, &p);
    if (code == EXIT_DONE && compose_leave(&c, &p.key) != OK)
        code = session_fail_at(s, ERR_NOMEM, NULL);
    return govern(s, KIND_LEAVE, &c, code);
}

static int take_place(struct session *s, struct proven *p)
{
    size_t len;
    const char *ledger = args_value(&s->args, "ledger"), *member = args_value(&s->args, "member");
    if (ledger == NULL && member == NULL)
        return where_we_are(s, p);
    if (ledger == NULL || hex_decode(p->ledger.b, HASH_BYTES, ledger, strlen(ledger), &len) != OK ||
        len != HASH_BYTES)
        return session_usage(s, _("--ledger is the ledger's id, 64 hex digits"), ledger);
    return member_input_text(s, "--member", member, p->member, sizeof p->member);
}

static int prove_run(struct session *s)
{
    struct proven p;
    char ledger[HASH_BYTES * 2 + 1], key[PUBKEY_BYTES * 2 + 1], proof[SIG_BYTES * 2 + 1];
    char desk[PUBKEY_BYTES * 2 + 1];
    const char *path = args_value(&s->args, "out");
    if (path == NULL)
        return session_usage(s, _("this option is needed"), "--out");
    int code = take_place(s, &p);
    if (code == EXIT_DONE)
        code = prove(s, &p, args_has(&s->args, "desk"));
    if (code != EXIT_DONE)
        return code;
    enum err err = hex_encode(ledger, sizeof ledger, span_of(p.ledger.b, HASH_BYTES));
    if (err == OK)
        err = hex_encode(key, sizeof key, span_of(p.key.b, PUBKEY_BYTES));
    if (err == OK)
        err = hex_encode(proof, sizeof proof, span_of(p.proof.b, SIG_BYTES));
    json_t *o = json_pack("{s:s,s:s,s:s,s:s}", "ledger", ledger, "member", p.member, "key", key,
                          "proof", proof);
    if (err == OK && p.has_desk)
        err = hex_encode(desk, sizeof desk, span_of(p.desk.b, PUBKEY_BYTES));
    if (err == OK && p.has_desk)
        json_object_set_new(o, "desk", json_string(desk));
    char *text = json_dumps(o, JSON_INDENT(1));
    json_decref(o);
    if (err == OK)
        err = text == NULL ? ERR_NOMEM : file_replace(path, span_of(text, strlen(text)), 0644);
    free(text);
    if (err != OK)
        return session_fail_at(s, err, path);
    if (s->json)
        return session_json(json_pack("{s:s,s:s}", "proof", path, "key", key));
    printf(_("proof written to %s; an administrator enrols it: jieli officer add --proof %s\n"),
           path, path);
    return EXIT_DONE;
}

static void print_officers(struct session *s, const json_t *officers)
{
    const char *const heading[] = {_("member"), _("person"), _("posts"), _("key"),
                                   _("enrolled by"), _("ended by")};
    struct grid g;
    size_t i;
    const json_t *o;
    grid_init(&g, 6, heading);
    json_array_foreach(officers, i, o) {
        char posts[512] = "", key[17], entry[64], gone[64] = "";
        const json_t *list = json_object_get(o, "posts");
        for (size_t k = 0; k < json_array_size(list); k++) {
            size_t used = strlen(posts);
            snprintf(posts + used, sizeof posts - used, "%s%s", k == 0 ? "" : ", ",
                     json_string_value(json_array_get(list, k)));
        }
        snprintf(key, sizeof key, "%.16s", text_at(o, "key"));
        snprintf(entry, sizeof entry, _("entry %llu"), (unsigned long long)number_at(o, "index"));
        const char *by = json_is_true(json_object_get(o, "root")) ? _("genesis")
                         : json_is_true(json_object_get(o, "from_admission")) ? _("admission")
                                                                              : entry;
        if (json_object_get(o, "left") != NULL)
            snprintf(gone, sizeof gone, _("entry %llu"),
                     (unsigned long long)number_at(o, "left"));
        grid_row(&g, (const char *[]){session_member(s, text_at(o, "member")), text_at(o, "person"),
                                      posts, key, by, gone});
    }
    grid_print(&g, stdout);
    grid_clear(&g);
}

static int list_run(struct session *s)
{
    json_t *reply, *request = json_pack("{s:s}", "query", "officers");
    const char *member = args_value(&s->args, "member");
    if (member != NULL)
        json_object_set_new(request, "member", json_string(session_member_id(s, member)));
    int code = session_ask(s, request, &reply);
    if (code != EXIT_DONE)
        return code;
    if (s->json)
        return session_json(reply);
    print_officers(s, json_object_get(reply, "officers"));
    json_decref(reply);
    return EXIT_DONE;
}

static int officer_run(struct session *s)
{
    const char *what = args_word(&s->args, 0);
    if (what != NULL && strcmp(what, "add") == 0)
        return add_run(s);
    if (what != NULL && strcmp(what, "prove") == 0)
        return prove_run(s);
    if (what != NULL && strcmp(what, "list") == 0)
        return list_run(s);
    if (what != NULL && strcmp(what, "desk") == 0)
        return desk_run(s);
    if (what != NULL && strcmp(what, "leave") == 0)
        return leave_run(s);
    return session_usage(s, _("say add, leave, prove, desk or list"), what);
}

static const struct option_row officer_options[] = {
    {"post", "POST", N_("post of the new officer; may repeat")},
    {"person", "NO", N_("person number of the officer")},
    {"which", "KEY", N_("leave: beginning of the key to end, of a person who has several")},
    {"new-key", "FILE", N_("key file of the new officer, made if missing")},
    {"proof", "FILE", N_("proof that the new officer made with `officer prove`")},
    {"member", "ID", N_("list: only of this member; prove: where there is no home")},
    {"ledger", "HEX", N_("prove: id of the ledger, where there is no home")},
    {"out", "FILE", N_("prove: where the proof goes")},
    {"desk", NULL, N_("add, prove: with a transport key, to work from a desk")},
    {"end", NULL, N_("desk: ends the desk of the officer of --person")},
    {"no-passphrase", NULL,
     N_("new key files without passphrase: for service managers and trials")},
    {NULL, NULL, NULL},
};

const struct command cmd_officer = {
    .name = "officer",
    .usage = "add --post POST --person NO (--new-key FILE | --proof FILE) | leave --person NO | "
             "prove … | desk … | list",
    .summary = N_("enrols officers of our member and their desks, ends them, makes proofs, lists "
                  "them"),
    .example = "jieli officer add --post 经办人 --person E007 --new-key e007.key --key e001.key",
    .options = officer_options,
    .signs = true,
    .run = officer_run,
};
