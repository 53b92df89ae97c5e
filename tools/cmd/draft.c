/* Acts that need more than one signature: draft, drafts, sign. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ledger/log/home.h"
#include "tools/command.h"
#include "tools/dates.h"
#include "tools/grid.h"
#include "tools/writing.h"

enum { DRAFT_FILE_MAX_BYTES = 24 * 1024 * 1024 };

/* ---- draft ---- */

static int needed_of(struct session *s, const struct kind_row *kind, unsigned *out)
{
    const char *text = args_value(&s->args, "needed");
    *out = kind->min_signers > 2 ? kind->min_signers : 2;
    if (text == NULL)
        return EXIT_DONE;
    if (text[0] < '1' || text[0] > '0' + ENTRY_MAX_SIGNERS || text[1] != 0)
        return session_usage(s, _("--needed is a number from 1 to 4"), text);
    *out = (unsigned)(text[0] - '0');
    return EXIT_DONE;
}

static int keep_file(struct session *s, const char *path, const struct draft *d)
{
    struct buffer bytes = {0};
    enum err err = draft_encode(d, &bytes);
    if (err == OK)
        err = file_replace(path, buffer_span(&bytes), 0600);
    buffer_clear(&bytes);
    return err == OK ? EXIT_DONE : session_fail_at(s, err, path);
}

/* In the node; id NULL for a new one. */
static int keep_node(struct session *s, const char *id, const struct draft *d, json_t **reply)
{
    struct buffer bytes = {0};
    json_t *request = json_pack("{s:s}", "op", "draft-put");
    enum err err = draft_encode(d, &bytes);
    int code = err == OK ? EXIT_DONE : session_fail_at(s, err, NULL);
    if (id != NULL)
        json_object_set_new(request, "draft", json_string(id));
    if (code == EXIT_DONE)
        code = session_tell(s, json_incref(request), buffer_span(&bytes), reply, NULL);
    json_decref(request);
    buffer_clear(&bytes);
    return code;
}

static int tell_kept(struct session *s, const char *name, const struct draft *d)
{
    if (s->json)
        return session_json(json_pack("{s:s,s:i,s:i}", "draft", name, "signatures",
                                      (int)d->signer_count, "needed", (int)d->needed));
    printf(_("draft %s: %u of %u signatures\n"), name, d->signer_count, d->needed);
    printf(_("the next signer: jieli sign %s --key FILE\n"), name);
    return EXIT_DONE;
}

static int keep(struct session *s, const struct draft *d)
{
    const char *path = args_value(&s->args, "out");
    json_t *reply = NULL;
    if (path != NULL) {
        int code = keep_file(s, path, d);
        return code == EXIT_DONE ? tell_kept(s, path, d) : code;
    }
    int code = keep_node(s, NULL, d, &reply);
    if (code == EXIT_DONE)
        code = tell_kept(s, json_string_value(json_object_get(reply, "draft")), d);
    json_decref(reply);
    return code;
}

static void drop_first_word(struct args *a)
{
    a->word_count--;
    memmove(a->words, a->words + 1, a->word_count * sizeof a->words[0]);
}

static int draft_write(struct session *s, const struct kind_row *kind, struct draft *d)
{
    struct officer_keys keys;
    struct part_inputs parts = {.count = 0};
    struct writing w;
    unsigned needed;
    writing_init(&w, kind);
    int code = needed_of(s, kind, &needed);
    if (code != EXIT_DONE)
        return code;
    code = officer_keys_read(s, &keys);
    if (code == EXIT_DONE)
        code = act_compose(s, kind, &w, &parts);
    if (code == EXIT_DONE)
        code = writing_sign(s, &w, &keys);
    if (code == EXIT_DONE) {
        writing_draft(&w, needed, d);
        code = keep(s, d);
    }
    officer_keys_clear(&keys);
    part_inputs_clear(&parts);
    writing_clear(&w);
    return code;
}

static int draft_run(struct session *s)
{
    const char *name = args_word(&s->args, 0);
    const struct kind_row *kind = name == NULL ? NULL : act_kind(name);
    if (kind == NULL)
        return session_usage(s, _("name the act that is drafted first"), name);
    drop_first_word(&s->args);
    struct draft *d = calloc(1, sizeof *d);
    int code = d == NULL ? session_fail_at(s, ERR_NOMEM, NULL) : draft_write(s, kind, d);
    free(d);
    return code;
}

static const struct option_row draft_options[] = {
    {"needed", "N", N_("signatures wanted before it is appended (2)")},
    {"out", "FILE", N_("into a file that travels, not into the node")},
    {NULL, NULL, NULL},
};

const struct command cmd_draft = {
    .name = "draft",
    .usage = "ACT CASE [--needed N] [--out FILE] …",
    .summary = N_("drafts an act that needs several signatures; options of the act besides"),
    .example = "jieli draft verify yingji-2026-12 --outcome pass --key ~/e007.key",
    .options = draft_options,
    .kind = act_kind,
    .signs = true,
    .run = draft_run,
};

/* ---- one draft, from the node or a file ---- */

struct held {
    struct buffer bytes;
    struct draft draft;
    struct entry entry;                 /* its payload */
    const char *path, *id;              /* one of them; borrowed */
    char number[64];                    /* of the case; "" without one */
};

/* What the act would build on now; *reply is compose's answer. */
static int compose_now(struct session *s, struct held *h, json_t **reply)
{
    char hex[HASH_BYTES * 2 + 1];
    const struct kind_row *kind = kind_row(h->entry.kind);
    if (kind == NULL)
        return session_fail_at(s, ERR_UNSUPPORTED, NULL);
    json_t *request = json_pack("{s:s,s:s}", "query", "compose", "kind", kind->name);
    if (h->entry.has_case &&
        hex_encode(hex, sizeof hex, span_of(h->entry.case_id.b, HASH_BYTES)) == OK)
        json_object_set_new(request, "case", json_string(hex));
    int code = session_ask_daemon(s, request, reply);
    const char *number = json_string_value(json_object_get(*reply, "number"));
    snprintf(h->number, sizeof h->number, "%s", number == NULL ? "" : number);
    return code;
}


static int held_read(struct session *s, const char *name, struct held *h)
{
    json_t *reply = NULL;
    int code = EXIT_DONE;
    enum err err = file_read(name, DRAFT_FILE_MAX_BYTES, &h->bytes);
    if (err == OK) {
        h->path = name;
    } else {
        h->id = name;
        code = session_tell(s, json_pack("{s:s,s:s}", "op", "draft-get", "draft", name),
                            (struct span){0}, &reply, &h->bytes);
        json_decref(reply);
    }
    if (code != EXIT_DONE)
        return code;
    err = draft_decode(&h->draft, buffer_span(&h->bytes));
    if (err == OK)
        err = entry_payload_decode(&h->entry, h->draft.payload);
    if (err == OK)
        err = draft_verify(&h->draft, &h->entry.ledger);
    return err == OK ? EXIT_DONE : session_fail_at(s, err, name);
}

/* ---- sign ---- */

static int overtaken(struct session *s, const struct held *h)
{
    char hint[128];
    const struct kind_row *kind = kind_row(h->entry.kind);
    snprintf(hint, sizeof hint, _("draft it anew: jieli draft %s …"),
             kind == NULL ? "" : kind->name);
    return session_fail(s, ERR_OVERTAKEN,
                        _("the draft was overtaken by another act, or is too old"), hint);
}

/* Whether the draft builds on the baton act that is in force, by compose's answer. */
static bool builds_on(const struct held *h, const json_t *reply)
{
    char base[HASH_BYTES * 2 + 1] = "";
    const char *now = json_string_value(json_object_get(reply, "base"));
    return !h->entry.has_base ||
           (hex_encode(base, sizeof base, span_of(h->entry.base.b, HASH_BYTES)) == OK &&
            now != NULL && strcmp(base, now) == 0);
}

/* The draft still builds on what is in force, and its ledger is this one. */
static int check_base(struct session *s, struct held *h)
{
    json_t *reply;
    if (draft_outdated(&h->draft, (uint64_t)time(NULL)))
        return overtaken(s, h);
    int code = compose_now(s, h, &reply);
    if (code != EXIT_DONE)
        return code;
    bool same = builds_on(h, reply);
    json_decref(reply);
    return same ? EXIT_DONE : overtaken(s, h);
}

static int add_signatures(struct session *s, struct held *h, struct officer_keys *keys)
{
    struct draft *d = &h->draft;
    int code = officer_keys_match(s, keys, h->entry.member, kind_row(h->entry.kind),
                                  d->signer_count);
    for (unsigned i = 0; code == EXIT_DONE && i < keys->count; i++) {
        if (d->signer_count == ENTRY_MAX_SIGNERS)
            return session_usage(s, _("at most four officers sign one act"), NULL);
        struct signer *signer = &d->signers[d->signer_count];
        *signer = keys->all[i].signer;
        for (unsigned k = 0; k < d->signer_count; k++) {
            if (pubkey_equal(&d->signers[k].key, &keys->all[i].pub))
                return session_fail(s, ERR_EXISTS, _("this officer signed the draft already"),
                                    NULL);
        }
        enum err err = officer_key_sign(&keys->all[i], d->payload, &h->entry.ledger, signer);
        if (err != OK)
            return session_fail_at(s, err, NULL);
        d->signer_count++;
    }
    return code;
}

static int drop(struct session *s, const struct held *h)
{
    json_t *reply = NULL;
    if (h->id == NULL)
        return EXIT_DONE;
    int code = session_tell(s, json_pack("{s:s,s:s}", "op", "draft-del", "draft", h->id),
                            (struct span){0}, &reply, NULL);
    json_decref(reply);
    return code;
}

static int finish(struct session *s, struct held *h)
{
    json_t *reply = NULL;
    if (h->draft.signer_count < h->draft.needed) {
        int code = h->id == NULL ? keep_file(s, h->path, &h->draft)
                                 : keep_node(s, h->id, &h->draft, &reply);
        json_decref(reply);
        if (code == EXIT_DONE)
            code = tell_kept(s, h->id == NULL ? h->path : h->id, &h->draft);
        return code == EXIT_DONE ? EXIT_MORE_SIGNATURES : code;
    }
    int code = writing_append_draft(s, &h->draft, &reply);
    if (code != EXIT_DONE)
        return code;
    if (h->number[0] != 0)
        json_object_set_new(reply, "number", json_string(h->number));
    code = drop(s, h);
    int told = writing_tell(s, kind_row(h->entry.kind), reply);
    return code == EXIT_DONE ? told : code;
}

static int sign_run(struct session *s)
{
    struct officer_keys keys;
    const char *name = args_word(&s->args, 0);
    if (name == NULL)
        return session_usage(s, _("name the draft: an id of `jieli drafts`, or a file"), NULL);
    struct held *h = calloc(1, sizeof *h);
    if (h == NULL)
        return session_fail_at(s, ERR_NOMEM, NULL);
    int code = officer_keys_read(s, &keys);
    if (code == EXIT_DONE)
        code = held_read(s, name, h);
    if (code == EXIT_DONE)
        code = check_base(s, h);
    if (code == EXIT_DONE)
        code = add_signatures(s, h, &keys);
    if (code == EXIT_DONE)
        code = finish(s, h);
    officer_keys_clear(&keys);
    buffer_clear(&h->bytes);
    free(h);
    return code;
}

const struct command cmd_sign = {
    .name = "sign",
    .usage = "DRAFT --key FILE",
    .summary = N_("adds a signature to a draft and appends it when complete"),
    .example = "jieli sign 3f9a02c1 --key ~/e008.key",
    .signs = true,
    .waits = true,
    .run = sign_run,
};

/* ---- drafts ---- */

static json_t *describe(const struct held *h, const char *id, bool overtaken)
{
    const struct kind_row *kind = kind_row(h->entry.kind);
    return json_pack("{s:s,s:s,s:s,s:i,s:i,s:I,s:b}", "draft", id, "kind",
                     kind == NULL ? "" : kind->name, "number", h->number, "signatures",
                     (int)h->draft.signer_count, "needed", (int)h->draft.needed, "created_s",
                     (json_int_t)h->draft.created_s, "overtaken", (int)overtaken);
}

static int add_line(struct session *s, const char *id, json_t *out)
{
    json_t *reply = NULL;
    struct held *h = calloc(1, sizeof *h);
    if (h == NULL)
        return session_fail_at(s, ERR_NOMEM, NULL);
    int code = held_read(s, id, h);
    if (code == EXIT_DONE)
        code = compose_now(s, h, &reply);
    if (code == EXIT_DONE)
        json_array_append_new(
            out, describe(h, id, draft_outdated(&h->draft, (uint64_t)time(NULL)) ||
                                     !builds_on(h, reply)));
    json_decref(reply);
    buffer_clear(&h->bytes);
    free(h);
    return code;
}

static void print_drafts(const json_t *list)
{
    const char *const heading[] = {_("draft"), _("act"), _("case"), _("signatures"), _("since"),
                                   _("state")};
    struct grid g;
    size_t i;
    const json_t *d;
    grid_init(&g, 6, heading);
    json_array_foreach(list, i, d) {
        char signatures[32], since[DATE_TEXT_BYTES];
        const struct kind_row *kind =
            kind_row_by_name(json_string_value(json_object_get(d, "kind")));
        snprintf(signatures, sizeof signatures, "%d/%d",
                 (int)json_integer_value(json_object_get(d, "signatures")),
                 (int)json_integer_value(json_object_get(d, "needed")));
        time_format((uint64_t)json_integer_value(json_object_get(d, "created_s")), since);
        grid_row(&g, (const char *[]){json_string_value(json_object_get(d, "draft")),
                                      kind == NULL ? "" : kind_word(kind),
                                      json_string_value(json_object_get(d, "number")), signatures,
                                      since,
                                      json_is_true(json_object_get(d, "overtaken"))
                                          ? _("overtaken: draft it anew")
                                          : _("waits for signatures")});
    }
    grid_print(&g, stdout);
    grid_clear(&g);
}

static int drafts_run(struct session *s)
{
    json_t *reply, *one, *out = json_array(), *request = json_pack("{s:s}", "op", "draft-list");
    size_t i;
    int code = session_tell(s, request, (struct span){0}, &reply, NULL);
    json_array_foreach(json_object_get(reply, "drafts"), i, one) {
        if (code == EXIT_DONE)
            code = add_line(s, json_string_value(json_object_get(one, "draft")), out);
    }
    if (code == EXIT_DONE && s->json)
        session_json(json_pack("{s:O}", "drafts", out));
    else if (code == EXIT_DONE)
        print_drafts(out);
    json_decref(reply);
    json_decref(out);
    return code;
}

const struct command cmd_drafts = {
    .name = "drafts",
    .usage = "",
    .summary = N_("lists the drafts that wait in the node for signatures"),
    .example = "jieli drafts",
    .run = drafts_run,
};
