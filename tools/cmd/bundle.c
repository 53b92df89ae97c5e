#include <stdio.h>
#include <string.h>

#include "net/bundle.h"
#include "tools/command.h"
#include "tools/home_open.h"

/* ---- create ---- */

static int find_case(struct session *s, struct ledger *l, const char *text, struct hash *out)
{
    struct hash found[2];
    size_t count;
    enum err err = ledger_find_case(l, text, found, 2, &count);
    if (err == ERR_RANGE)
        return session_fail(s, err, _("several cases begin like this"), NULL);
    if (err != OK)
        return session_fail_at(s, err, text);
    *out = found[0];
    return EXIT_DONE;
}

static int write_heads(struct session *s, struct ledger *l, const char *path)
{
    struct buffer heads = {0};
    enum err err = bundle_heads(l, &heads);
    if (err == OK)
        err = file_replace(path, buffer_span(&heads), 0644);
    buffer_clear(&heads);
    if (err != OK)
        return session_fail_file(s, err, path);
    if (s->json)
        return session_json(json_pack("{s:s}", "heads", path));
    printf(_("heads written to %s; the sender gives them to --since\n"), path);
    return EXIT_DONE;
}

static int create(struct session *s, const char *path)
{
    const char *text = args_value(&s->args, "case");
    struct bundle_selection what = {.since_path = args_value(&s->args, "since"),
                                    .parts = !args_has(&s->args, "no-parts")};
    struct hash case_id;
    struct ledger *l;
    int code = home_open_read(s, &l);
    if (code == EXIT_DONE && text != NULL)
        code = find_case(s, l, text, &case_id);
    if (code != EXIT_DONE)
        return code;
    what.case_id = text == NULL ? NULL : &case_id;
    enum err err = bundle_create(l, path, &what);
    if (err == ERR_FORMAT && what.since_path != NULL)
        return session_fail_as(s, err, EXIT_USAGE, _("the file of --since holds no heads"),
                               _("the receiver makes it with: jieli bundle heads FILE"));
    if (err != OK)
        return session_fail_file(s, err, path);
    char id[2 * HASH_BYTES + 1];
    err = hex_encode(id, sizeof id, span_of(ledger_genesis(l)->ledger.b, HASH_BYTES));
    if (err != OK)
        return session_fail_at(s, err, path);
    if (s->json)
        return session_json(json_pack("{s:s,s:s}", "bundle", path, "ledger", id));
    printf(_("bundle written to %s; it is checked anywhere with\n  jieli audit %s --genesis %s\n"),
           path, path, id);
    return EXIT_DONE;
}

/* ---- apply ---- */

static int unreadable(struct session *s, enum err err, const char *path)
{
    char message[HOME_PATH_BYTES + 256];
    bool cut = err == ERR_TRUNCATED || err == ERR_CORRUPT || err == ERR_TOO_LARGE;
    if (err != ERR_FORMAT && !cut)
        return session_fail_file(s, err, path);
    snprintf(message, sizeof message, "%s: %s", path,
             cut ? _("the bundle is cut short or was changed on its way")
                 : _("this file is no bundle of Jieli"));
    return session_fail_as(s, err, cut ? EXIT_BROKEN : EXIT_USAGE, message,
                           cut ? _("copy it again from its sender and compare the sizes")
                               : _("bundles are made with: jieli bundle create FILE"));
}

static int other_ledger(struct session *s, const char *path)
{
    char message[HOME_PATH_BYTES + 256];
    snprintf(message, sizeof message, "%s: %s", path, _("the bundle is of another ledger"));
    return session_fail(s, ERR_WRONG_LEDGER, message,
                        _("nothing was applied; `jieli status` prints the ledger of this home"));
}

static int uncertain(struct session *s, const char *path)
{
    char message[HOME_PATH_BYTES + 256];
    snprintf(message, sizeof message, "%s: %s", path, _(err_message(ERR_UNCERTAIN)));
    return session_fail(s, ERR_UNCERTAIN, message,
                        _("look at the disk with `dmesg`, then give the command again: nothing "
                          "is taken twice"));
}

/* What else the file holds was applied. */
static int forked(struct session *s, const char *path, const struct bundle_result *sum)
{
    char message[HOME_PATH_BYTES + 256];
    snprintf(message, sizeof message, _("%s shows another history of the log of %s (%s)"), path,
             session_member(s, sum->forked), sum->forked);
    return session_fail(s, ERR_FORK, message,
                        _("the proof is kept: `jieli blindspots`, kind 14; keep the file and this "
                          "home and call the convenor; the other logs of the file were applied"));
}

/* Through the daemon that has the home. */
static int apply_by_daemon(struct session *s, struct bundle_reader *b, struct bundle_result *sum)
{
    struct span frame;
    enum err err;
    while ((err = bundle_next(b, &frame)) == OK) {
        json_t *reply;
        int code = session_tell(s, json_pack("{s:s}", "op", "receive"), frame, &reply, NULL);
        if (code != EXIT_DONE)
            return code;
        sum->entries += (uint64_t)json_integer_value(json_object_get(reply, "entries"));
        sum->parts += (uint64_t)json_integer_value(json_object_get(reply, "parts"));
        sum->cosignatures += (uint64_t)json_integer_value(json_object_get(reply, "cosignatures"));
        sum->skipped += (uint64_t)json_integer_value(json_object_get(reply, "skipped"));
        const char *forked = json_string_value(json_object_get(reply, "fork"));
        if (forked != NULL)
            snprintf(sum->forked, sizeof sum->forked, "%s", forked);
        json_decref(reply);
    }
    return err == ERR_NOTFOUND ? EXIT_DONE : unreadable(s, err, args_word(&s->args, 1));
}

static int print_applied(struct session *s, const struct bundle_result *sum)
{
    if (s->json)
        return session_json(json_pack("{s:I,s:I,s:I,s:I}", "entries", (json_int_t)sum->entries,
                                      "parts", (json_int_t)sum->parts, "cosignatures",
                                      (json_int_t)sum->cosignatures, "skipped",
                                      (json_int_t)sum->skipped));
    printf(_("%llu entries, %llu parts and %llu cosignatures are new here\n"),
           (unsigned long long)sum->entries, (unsigned long long)sum->parts,
           (unsigned long long)sum->cosignatures);
    if (sum->skipped > 0)
        printf(_("%llu entries could not be placed: what lies before them is not held; ask for a "
                 "bundle without --since\n"), (unsigned long long)sum->skipped);
    return EXIT_DONE;
}

static int apply(struct session *s, const char *path)
{
    struct bundle_result sum = {0};
    struct bundle_reader *b;
    struct ledger *l;
    enum err err = bundle_open(&b, path);
    if (err != OK)
        return unreadable(s, err, path);
    int code = home_open_write(s, &l);
    if (code == EXIT_DONE && l != NULL) {
        err = bundle_apply(l, b, &sum);
        ledger_close(l);
        if (err == ERR_WRONG_LEDGER)
            code = other_ledger(s, path);
        else if (err == ERR_UNCERTAIN)
            code = uncertain(s, path);
        else if (err != OK && err != ERR_FORK)
            code = unreadable(s, err, path);
    } else if (code == EXIT_DONE) {
        code = apply_by_daemon(s, b, &sum);
    }
    bundle_close(b);
    if (code == EXIT_DONE && sum.forked[0] != 0)
        return forked(s, path, &sum);
    return code == EXIT_DONE ? print_applied(s, &sum) : code;
}

static int bundle_run(struct session *s)
{
    const char *verb = args_word(&s->args, 0), *path = args_word(&s->args, 1);
    if (verb == NULL || path == NULL)
        return session_usage(s, _("say create, apply or heads, and a file"), NULL);
    if (strcmp(verb, "create") == 0)
        return create(s, path);
    if (strcmp(verb, "apply") == 0)
        return apply(s, path);
    struct ledger *l;
    if (strcmp(verb, "heads") != 0)
        return session_usage(s, _("say create, apply or heads, and a file"), verb);
    int code = home_open_read(s, &l);
    return code == EXIT_DONE ? write_heads(s, l, path) : code;
}

static const struct option_row options[] = {
    {"since", "HEADS", N_("only what the receiver lacks, by its file of heads")},
    {"case", "CASE", N_("one case: the convenor's log and every package that it touches")},
    {"no-parts", NULL, N_("without the open parts that are held here")},
    {NULL, NULL, NULL},
};

const struct command cmd_bundle = {
    .name = "bundle",
    .usage = "create|apply|heads FILE [--since HEADS] [--case CASE]",
    .summary = N_("the ledger as a file, for a disc across an air gap and for auditors"),
    .example = "jieli bundle create /media/usb/june.bundle",
    .options = options,
    .at_home = true,
    .run = bundle_run,
};
