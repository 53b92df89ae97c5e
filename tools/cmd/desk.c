/* An officer's desk: what it must know of the node, written there, taken up here. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ledger/log/home.h"
#include "net/address.h"
#include "tools/cmd/lists.h"
#include "tools/command.h"
#include "tools/desk.h"

/* ---- at the node ---- */

static bool everywhere(const char *address)
{
    return strncmp(address, "0.0.0.0:", 8) == 0 || strncmp(address, "[::]:", 5) == 0;
}

static int add_address(struct session *s, struct desk_file *f, const char *address)
{
    if (address_check(address) != OK || strlen(address) >= CONFIG_ADDRESS_BYTES ||
        f->address_count == CONFIG_MAX_LISTEN)
        return session_usage(s, _("an address is numeric, with a port: 192.0.2.7:7311"), address);
    snprintf(f->addresses[f->address_count++], CONFIG_ADDRESS_BYTES, "%s", address);
    return EXIT_DONE;
}

/* --address as given, else where the node listens. */
static int take_addresses(struct session *s, struct desk_file *f)
{
    struct config config;
    const char *given;
    int code = EXIT_DONE;
    for (unsigned i = 0; code == EXIT_DONE && (given = args_nth(&s->args, "address", i)) != NULL;
         i++)
        code = add_address(s, f, given);
    if (code == EXIT_DONE && f->address_count == 0)
        code = session_config(s, &config);
    bool listed = code == EXIT_DONE && f->address_count == 0;
    for (unsigned i = 0; code == EXIT_DONE && listed && i < config.listen_count; i++) {
        if (!everywhere(config.listen[i]))
            code = add_address(s, f, config.listen[i]);
    }
    if (code == EXIT_DONE && f->address_count == 0)
        code = session_usage(s, _("say where desks reach this node"), "--address HOST:PORT");
    return code;
}

static bool take_hex(const json_t *o, const char *name, uint8_t out[32])
{
    size_t len = 0;
    const char *hex = text_at(o, name);
    return hex_decode(out, 32, hex, strlen(hex), &len) == OK && len == 32;
}

static int take_node(struct session *s, struct desk_file *f)
{
    json_t *status, *reply;
    size_t i;
    const json_t *m;
    bool found = false;
    int code = session_ask(s, json_pack("{s:s}", "query", "status"), &status);
    if (code != EXIT_DONE)
        return code;
    bool good = take_hex(status, "ledger", f->ledger.b);
    snprintf(f->domain, sizeof f->domain, "%s", text_at(status, "domain"));
    snprintf(f->member, sizeof f->member, "%s", text_at(status, "member"));
    json_decref(status);
    code = session_ask(s, json_pack("{s:s}", "query", "members"), &reply);
    if (code != EXIT_DONE)
        return code;
    json_array_foreach(json_object_get(reply, "members"), i, m) {
        if (strcmp(text_at(m, "id"), f->member) == 0)
            found = take_hex(m, "node_key", f->node_key.b);
    }
    json_decref(reply);
    return good && found ? EXIT_DONE : session_fail_at(s, ERR_UNKNOWN_MEMBER, s->home);
}

static int write_out(struct session *s, const char *path)
{
    struct desk_file f = {.address_count = 0};
    int code = take_node(s, &f);
    if (code == EXIT_DONE)
        code = take_addresses(s, &f);
    if (code == EXIT_DONE)
        code = desk_file_write(s, path, &f);
    if (code != EXIT_DONE)
        return code;
    if (s->json)
        return session_json(json_pack("{s:s,s:s}", "desk", path, "member", f.member));
    printf(_("desk file of %s written to %s; at the desk: jieli desk %s --key KEY\n"), f.member,
           path, path);
    return EXIT_DONE;
}

/* ---- at the desk ---- */

static int key_take(struct session *s, struct desk_file *f)
{
    char whole[HOME_PATH_BYTES];
    const char *key = args_value(&s->args, "key");
    if (key == NULL)
        key = getenv("JIELI_KEY");
    if (key == NULL || key[0] == 0)
        return session_usage(s, _("this option is needed"), "--key");
    if (realpath(key, whole) == NULL)
        return session_fail_file(s, err_from_errno(errno), key);
    if (strlen(whole) >= sizeof f->key)
        return session_fail_at(s, ERR_TOO_LARGE, key);
    memcpy(f->key, whole, strlen(whole) + 1);
    return EXIT_DONE;
}

/* The folders above `path`, where they are missing. */
static enum err folders_create(const char *path)
{
    char at[DESK_KEY_PATH_BYTES];
    enum err err = OK;
    snprintf(at, sizeof at, "%s", path);
    for (char *slash = strchr(at + 1, '/'); err == OK && slash != NULL;
         slash = strchr(slash + 1, '/')) {
        struct stat st;
        *slash = 0;
        if (stat(at, &st) != 0)
            err = folder_create(at, 0700);
        *slash = '/';
    }
    return err;
}

/* Tries it at once: the reply says whose desk this is now. */
static int try_out(struct session *s, const char *path)
{
    json_t *status;
    s->node = args_value(&s->args, "node") == NULL ? "" : args_value(&s->args, "node");
    int code = session_ask(s, json_pack("{s:s}", "query", "status"), &status);
    if (code != EXIT_DONE)
        return code;
    if (s->json) {
        json_object_set_new(status, "desk", json_string(path));
        return session_json(status);
    }
    printf(_("this is a desk of %s now, kept in %s; try: jieli inbox\n"),
           text_at(status, "member"), path);
    json_decref(status);
    return EXIT_DONE;
}

static int take_up(struct session *s, const char *from)
{
    struct desk_file f;
    char path[DESK_KEY_PATH_BYTES];
    if (!desk_path(path))
        return session_usage(s, _("set HOME or JIELI_DESK"), NULL);
    int code = desk_file_read(s, from, &f);
    if (code == EXIT_DONE)
        code = key_take(s, &f);
    enum err err = code == EXIT_DONE ? folders_create(path) : OK;
    if (err != OK)
        return session_fail_file(s, err, path);
    if (code == EXIT_DONE)
        code = desk_file_write(s, path, &f);
    return code == EXIT_DONE ? try_out(s, path) : code;
}

static int desk_run(struct session *s)
{
    const char *out = args_value(&s->args, "out"), *from = args_word(&s->args, 0);
    if ((out == NULL) == (from == NULL))
        return session_usage(s, _("at the node --out FILE, at the desk the file from there"), NULL);
    return out != NULL ? write_out(s, out) : take_up(s, from);
}

static const struct option_row desk_options[] = {
    {"out", "FILE", N_("at the node: where the desk file goes")},
    {"address", "HOST:PORT", N_("at the node: where desks reach it; may repeat (listen)")},
    {NULL, NULL, NULL},
};

const struct command cmd_desk = {
    .name = "desk",
    .usage = "--out FILE | FILE --key KEY",
    .summary = N_("makes an officer's computer a desk of our node"),
    .example = "jieli desk zhujian.desk --key ~/e107.key",
    .options = desk_options,
    .keyed = true,
    .run = desk_run,
};
