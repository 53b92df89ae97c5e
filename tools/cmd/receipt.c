/* 送达回执: one file that proves who holds an act. */
#include <stdio.h>
#include <string.h>

#include "ledger/log/home.h"
#include "net/receipt.h"
#include "tools/cmd/lists.h"
#include "tools/command.h"
#include "tools/fact_input.h"
#include "tools/home_open.h"

/* From our own copy of the ledger. */
static int build_here(struct session *s, const char *hex, const char *member, struct buffer *out)
{
    struct member_no by = {MEMBER_NONE};
    struct position at;
    struct ledger *l;
    struct hash id;
    size_t len;
    int code = home_open_read(s, &l);
    if (code != EXIT_DONE)
        return code;
    enum err err = hex_decode(id.b, HASH_BYTES, hex, strlen(hex), &len);
    if (err == OK && len != HASH_BYTES)
        err = ERR_FORMAT;
    if (err == OK)
        err = ledger_find_id(l, &id, &at);
    if (err == OK && member != NULL) {
        const struct member *m = roster_by_log(ledger_roster(l), member);
        err = m == NULL ? ERR_UNKNOWN_MEMBER : OK;
        by.v = m == NULL ? by.v : m->no.v;
    }
    if (err == OK)
        err = receipt_build(l, at, by, out);
    if (err == ERR_PENDING)
        return session_fail(s, err, _("nobody asked for is known to hold this act yet"),
                            _("`jieli show` tells who does; cosignatures come with the peers"));
    return err == OK ? EXIT_DONE : session_fail_at(s, err, hex);
}

static int build(struct session *s, const char *hex, const char *member, struct buffer *out)
{
    json_t *reply = NULL;
    if (session_reads_home(s))
        return build_here(s, hex, member, out);
    json_t *request = json_pack("{s:s,s:s}", "op", "receipt", "id", hex);
    if (member != NULL)
        json_object_set_new(request, "member", json_string(member));
    int code = session_tell(s, request, (struct span){0}, &reply, out);
    json_decref(reply);
    return code;
}

/* The ledger's id, from the receipt's own genesis. */
static int ledger_id(struct session *s, struct span bytes, char out[HASH_BYTES * 2 + 1])
{
    struct receipt_file file;
    struct genesis genesis;
    enum err err = receipt_decode(&file, bytes);
    if (err == OK)
        err = genesis_decode(&genesis, file.frames[0].body);
    if (err == OK)
        err = hex_encode(out, HASH_BYTES * 2 + 1, span_of(genesis.ledger.b, HASH_BYTES));
    return err == OK ? EXIT_DONE : session_fail_at(s, err, NULL);
}

static int keep(struct session *s, struct span bytes, const char *hex)
{
    char name[64], id[HASH_BYTES * 2 + 1];
    const char *path = args_value(&s->args, "out");
    snprintf(name, sizeof name, "%.8s.receipt", hex);
    if (path == NULL)
        path = name;
    int code = ledger_id(s, bytes, id);
    enum err err = code == EXIT_DONE ? file_replace(path, bytes, 0644) : OK;
    if (code != EXIT_DONE || err != OK)
        return code != EXIT_DONE ? code : session_fail_file(s, err, path);
    if (s->json)
        return session_json(json_pack("{s:s,s:s,s:s}", "receipt", path, "act", hex, "ledger", id));
    printf(_("receipt written to %s; it is checked anywhere with\n"
             "  jieli verify-receipt %s --genesis %s\n"), path, path, id);
    return EXIT_DONE;
}

static int receipt_run(struct session *s)
{
    const char *case_text = args_word(&s->args, 0), *act = args_word(&s->args, 1);
    const char *member = args_value(&s->args, "member");
    char whole[HASH_BYTES * 2 + 1];
    struct buffer bytes = {0};
    if (case_text == NULL || act == NULL)
        return session_usage(s, _("name the case, and the act by its id as `jieli show` prints it"),
                             NULL);
    int code = fact_input_act(s, case_text, &act, whole);
    if (code == EXIT_DONE)
        code = build(s, act, member == NULL ? NULL : session_member_id(s, member), &bytes);
    if (code == EXIT_DONE)
        code = keep(s, buffer_span(&bytes), act);
    buffer_clear(&bytes);
    return code;
}

static const struct option_row receipt_options[] = {
    {"member", "ID", N_("of this holder alone; else of all that the act concerns")},
    {"out", "FILE", N_("where the receipt goes (ID.receipt)")},
    {NULL, NULL, NULL},
};

const struct command cmd_receipt = {
    .name = "receipt",
    .usage = "CASE ACT [--member ID] [--out FILE]",
    .summary = N_("a file that proves who holds an act, and since when (送达回执)"),
    .example = "jieli receipt yingji-2026-12 3f9a02c1 --out delivery.receipt",
    .options = receipt_options,
    .run = receipt_run,
};
