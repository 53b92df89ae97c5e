#include "tools/desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/log/home.h"
#include "net/desk_message.h"
#include "tools/desk_key.h"
#include "tools/words.h"

#define SCHEME "tcp://"
enum { DESK_TIMEOUT_MS = 20000 };

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value == NULL || value[0] == 0 ? NULL : value;
}

bool desk_path(char out[DESK_KEY_PATH_BYTES])
{
    const char *file = environment("JIELI_DESK"), *config = environment("XDG_CONFIG_HOME");
    const char *home = environment("HOME");
    int n = -1;
    if (file != NULL)
        n = snprintf(out, DESK_KEY_PATH_BYTES, "%s", file);
    else if (config != NULL)
        n = snprintf(out, DESK_KEY_PATH_BYTES, "%s/jieli/desk.json", config);
    else if (home != NULL)
        n = snprintf(out, DESK_KEY_PATH_BYTES, "%s/.config/jieli/desk.json", home);
    return n > 0 && n < DESK_KEY_PATH_BYTES;
}

const char *desk_node(const struct args *args)
{
    char path[DESK_KEY_PATH_BYTES];
    const char *given = args_value(args, "node");
    if (given != NULL || args_has(args, "home") || args_has(args, "socket"))
        return given;
    given = environment("JIELI_NODE");
    if (given != NULL || environment("JIELI_HOME") != NULL)
        return given;
    return desk_path(path) && access(path, F_OK) == 0 ? "" : NULL;
}

int desk_file_read(struct session *s, const char *path, struct desk_file *out)
{
    struct buffer text = {0};
    enum err err = file_read(path, DESK_FILE_MAX_BYTES, &text);
    if (err == OK)
        err = desk_file_decode(out, buffer_span(&text));
    buffer_clear(&text);
    if (err == ERR_NOTFOUND)
        return session_fail(s, err, _("this computer is no desk of a node yet"),
                            _("get the desk file that `jieli desk --out FILE` writes at the node, "
                              "then here: jieli desk FILE --key KEY"));
    return err == OK ? EXIT_DONE : session_fail_at(s, err, path);
}

int desk_file_write(struct session *s, const char *path, const struct desk_file *f)
{
    struct buffer text = {0};
    enum err err = desk_file_encode(f, &text);
    if (err == OK)
        err = file_replace(path, buffer_span(&text), 0600);
    buffer_clear(&text);
    return err == OK ? EXIT_DONE : session_fail_file(s, err, path);
}

int desk_open(struct session *s)
{
    if (s->desk != NULL)
        return EXIT_DONE;
    struct desk *d = calloc(1, sizeof *d);
    if (d == NULL)
        return session_fail_at(s, ERR_NOMEM, NULL);
    int code = desk_path(d->path) ? desk_file_read(s, d->path, &d->file)
                                  : session_usage(s, _("set HOME or JIELI_DESK"), NULL);
    if (code == EXIT_DONE)
        s->desk = d;
    else
        free(d);
    return code;
}

void desk_close(struct desk *d)
{
    if (d != NULL)
        desk_hang_up(d->line);
    free(d);
}

/* ---- dialling ---- */

static enum err on_peer(void *ctx, const struct xpubkey *key, struct span certificate)
{
    struct desk *d = ctx;
    return desk_file_judge(&d->file, key, certificate, &d->certificate);
}

static int dial_failed(struct session *s, enum err err, const char *address)
{
    char message[256];
    switch ((unsigned)err) {
    case ERR_CONFIG:
        return session_usage(s, _("a node is tcp:// and a numeric address and port"), address);
    case ERR_NOTFOUND:
    case ERR_TIMEOUT:
        snprintf(message, sizeof message, _("no node answers at %s"), address);
        return session_fail_as(s, err, EXIT_NO_DAEMON, message,
                               _("is it running, does it `listen` there, does the network lead to "
                                 "it?"));
    case ERR_CLOSED:
        snprintf(message, sizeof message, _("the node at %s hung up"), address);
        return session_fail_as(s, err, EXIT_KEY, message,
                               _("this desk's key is not certified there, or no longer: an "
                                 "administrator certifies it with `jieli officer desk`"));
    case ERR_KEY:
    case ERR_WRONG_LEDGER:
    case ERR_OVERTAKEN:
    case ERR_SIGNATURE:
    case ERR_PROOF:
    case ERR_VOID:
    case ERR_UNAUTHENTIC:
        snprintf(message, sizeof message,
                 _("who answers at %s is not our node: its key is not certified (%s)"), address,
                 err_name(err));
        return session_fail_as(s, err, EXIT_KEY, message,
                               _("nothing was told to it; compare the address, then ask the "
                                 "node's administrator"));
    }
    return session_fail_at(s, err, address);
}

/* The n-th address to dial; NULL past the last. */
static const char *address_at(const struct session *s, unsigned n)
{
    size_t scheme = strlen(SCHEME);
    if (s->node[0] == 0)
        return n < s->desk->file.address_count ? s->desk->file.addresses[n] : NULL;
    if (n > 0)
        return NULL;
    return strncmp(s->node, SCHEME, scheme) == 0 ? s->node + scheme : s->node;
}

static int dial(struct session *s, const struct xkey *key)
{
    struct desk *d = s->desk;
    const struct desk_dial how = {.purpose = CHANNEL_DESK, .ledger = d->file.ledger, .key = key,
                                  .timeout_ms = DESK_TIMEOUT_MS, .ctx = d, .on_peer = on_peer};
    enum err err = ERR_NOTFOUND;
    const char *address = "", *next;
    for (unsigned i = 0; d->line == NULL && (next = address_at(s, i)) != NULL; i++) {
        address = next;
        err = desk_dial(&d->line, address, &how);
    }
    return d->line != NULL ? EXIT_DONE : dial_failed(s, err, address);
}

static const char *officer_key(const struct session *s)
{
    const char *path = args_value(&s->args, "key");
    if (path == NULL)
        path = environment("JIELI_KEY");
    return path == NULL && s->desk->file.key[0] != 0 ? s->desk->file.key : path;
}

/* A later certificate of the node: an older one is refused from now on. */
static void remember(struct session *s)
{
    struct desk *d = s->desk;
    struct buffer text = {0};
    if (d->certificate <= d->file.certificate)
        return;
    d->file.certificate = d->certificate;
    if (desk_file_encode(&d->file, &text) != OK ||
        file_replace(d->path, buffer_span(&text), 0600) != OK)
        session_warn(s, _("the desk's file cannot be written: an older key of the node would be "
                          "taken"));
    buffer_clear(&text);
}

int desk_connect(struct session *s)
{
    struct xkey key = {.secret = {0}};
    int code = desk_open(s);
    if (code != EXIT_DONE)
        return code;
    if (s->desk->line != NULL && !desk_ended(s->desk->line))
        return EXIT_DONE;
    desk_hang_up(s->desk->line);
    s->desk->line = NULL;
    const char *path = officer_key(s);
    if (path == NULL)
        return session_usage(s, _("no key to work with: give --key FILE or set JIELI_KEY"), NULL);
    code = desk_key_read(s, path, &key);
    if (code == EXIT_DONE)
        code = dial(s, &key);
    xkey_clear(&key);
    if (code == EXIT_DONE)
        remember(s);
    return code;
}

enum err desk_call(struct desk *d, const json_t *request, struct span blob, json_t **reply,
                   struct buffer *reply_blob)
{
    struct buffer frame = {0};
    struct span answer_blob;
    json_t *head = NULL;
    enum err err = desk_message_encode(DESK_REQUEST, request, blob, &frame);
    if (err == OK)
        err = desk_send(d->line, buffer_span(&frame));
    if (err == OK)
        err = desk_receive(d->line, &frame);
    if (err == OK)
        err = desk_message_decode(DESK_ANSWER, buffer_span(&frame), &head, &answer_blob);
    if (err == OK && reply_blob != NULL)
        err = buffer_put(reply_blob, answer_blob.data, answer_blob.len);
    buffer_clear(&frame);
    if (err == OK)
        *reply = head;
    else
        json_decref(head);
    return err;
}
