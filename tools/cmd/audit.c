#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/bytes.h"
#include "ledger/log/home.h"
#include "net/bundle.h"
#include "tools/audit/audit.h"
#include "tools/command.h"
#include "tools/grid.h"
#include "tools/home_open.h"

/* Its own exit codes, named in the help. */
enum { AUDIT_HOLDS = 0, AUDIT_NOT_HELD = 1, AUDIT_UNUSABLE = 2, AUDIT_LISTS = 3 };
enum { SHOWN_PER_KIND = 100, PROGRESS_STEP = 1024 };

struct telling {
    struct session *s;
    struct grid grid;
    json_t *findings, *logs;           /* with --json */
    unsigned shown[FIND_AHEAD + 1];
    bool terminal, dirty;
};

static void clear_progress(struct telling *t)
{
    if (t->dirty)
        fputs("\r\033[K", stderr);
    t->dirty = false;
}

static void on_progress(void *ctx, const char *stage, uint64_t done, uint64_t total)
{
    struct telling *t = ctx;
    if (!t->terminal || (done % PROGRESS_STEP != 0 && done != total))
        return;
    const char *what = strcmp(stage, "fold") == 0 ? _("cases folded") : _("entries verified");
    fprintf(stderr, "\r\033[K%s %llu / %llu", what, (unsigned long long)done,
            (unsigned long long)total);
    t->dirty = true;
}

static const char *weight_word(enum finding_kind kind)
{
    switch (finding_weight(kind)) {
    case AUDIT_SAID: return _("note");
    case AUDIT_LISTED: return _("listed");
    case AUDIT_BROKEN: break;
    }
    return _("BROKEN");
}

static json_t *finding_json(const struct finding *f)
{
    static const char *const weights[] = {"said", "listed", "broken"};
    char id[2 * HASH_BYTES + 1];
    json_t *o = json_pack("{s:s,s:s,s:s}", "finding", finding_name(f->kind), "weight",
                          weights[finding_weight(f->kind)], "message", finding_message(f->kind));
    if (f->member != NULL)
        json_object_update_new(o, json_pack("{s:s,s:I}", "log", f->member, "epoch",
                                            (json_int_t)f->epoch));
    if (f->has_index)
        json_object_set_new(o, "index", json_integer((json_int_t)f->index));
    if (f->size != 0 || f->other != 0)
        json_object_update_new(o, json_pack("{s:I,s:I}", "size", (json_int_t)f->size, "other",
                                            (json_int_t)f->other));
    if (f->reason != REASON_NONE)
        json_object_set_new(o, "reason", json_string(reason_name(f->reason)));
    if (f->err != OK)
        json_object_set_new(o, "error", json_string(err_name(f->err)));
    if (f->has_case && hex_encode(id, sizeof id, span_of(f->case_id.b, HASH_BYTES)) == OK)
        json_object_set_new(o, "case", json_string(id));
    return o;
}

/* Where it is, with a colon behind; nothing for a finding of no place. */
static void print_place(const struct finding *f)
{
    char id[2 * HASH_BYTES + 1];
    bool placed = f->member != NULL || f->has_index || f->has_case;
    if (f->member != NULL)
        printf(" %s/%u", f->member, (unsigned)f->epoch);
    if (f->has_index)
        printf(_(" entry %llu"), (unsigned long long)f->index);
    if (f->has_case && hex_encode(id, sizeof id, span_of(f->case_id.b, HASH_BYTES)) == OK)
        printf(_(" case %.16s"), id);
    if (placed)
        putchar(':');
}

static void print_sizes(const struct finding *f)
{
    const unsigned long long size = f->size, other = f->other;
    switch ((unsigned)f->kind) {
    case FIND_UNSETTLED:
    case FIND_INCOMPLETE: printf(_(" (%llu of %llu entries)"), size, other); break;
    case FIND_ERASED:
    case FIND_PARTS: printf(_(" (%llu of %llu)"), size, other); break;
    case FIND_RANGE:
    case FIND_UNPROVEN: printf(_(" (entries %llu to %llu)"), size, other - 1); break;
    case FIND_SHORT:
    case FIND_AHEAD: printf(_(" (%llu here, %llu there)"), size, other); break;
    case FIND_ROOT:
    case FIND_COSIGNED:
    case FIND_ROLLBACK: printf(_(" (size %llu)"), size); break;
    default: break;
    }
}

static void print_finding(const struct finding *f)
{
    printf("%s:", weight_word(f->kind));
    print_place(f);
    printf(" %s", _(finding_message(f->kind)));
    if (f->reason != REASON_NONE)
        printf(": %s (%s)", _(reason_message(f->reason)), reason_name(f->reason));
    if (f->err != OK)
        printf(": %s", _(err_message(f->err)));
    print_sizes(f);
    putchar('\n');
}

static void on_found(void *ctx, const struct finding *f)
{
    struct telling *t = ctx;
    clear_progress(t);
    unsigned nth = t->shown[f->kind]++;
    if (t->s->json)
        json_array_append_new(t->findings, finding_json(f));
    else if (nth < SHOWN_PER_KIND || finding_weight(f->kind) == AUDIT_LISTED)
        print_finding(f);
}

static const char *state_word(const struct audit_line *l)
{
    return l->broken ? _("BROKEN") : l->complete ? _("holds") : _("incomplete");
}

static void on_line(void *ctx, const struct audit_line *l)
{
    struct telling *t = ctx;
    char log[ID_MAX_BYTES + 16], cells[5][24];
    const uint64_t numbers[5] = {l->entries, l->head, l->void_count, l->overtaken, l->pending};
    if (t->s->json) {
        json_array_append_new(
            t->logs, json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:b,s:b}", "log", l->member, "epoch",
                               (json_int_t)l->epoch, "entries", (json_int_t)l->entries, "head",
                               (json_int_t)l->head, "void", (json_int_t)l->void_count, "overtaken",
                               (json_int_t)l->overtaken, "pending", (json_int_t)l->pending,
                               "complete", l->complete, "broken", l->broken));
        return;
    }
    snprintf(log, sizeof log, "%s/%u", l->member, (unsigned)l->epoch);
    for (unsigned i = 0; i < 5; i++)
        snprintf(cells[i], sizeof cells[i], "%llu", (unsigned long long)numbers[i]);
    grid_row(&t->grid, (const char *[]){log, cells[0], cells[1], cells[2], cells[3], cells[4],
                                        state_word(l)});
}

static struct finding first_of(const struct audit_summary *out)
{
    struct finding f = out->first;
    f.member = out->first_member[0] == 0 ? NULL : out->first_member;
    return f;
}

static int code_of(const struct audit_summary *out)
{
    return out->broken ? AUDIT_NOT_HELD : out->listed ? AUDIT_LISTS : AUDIT_HOLDS;
}

static void print_end(const struct telling *t, const struct audit_summary *out)
{
    const struct finding first = first_of(out);
    grid_print(&t->grid, stdout);
    printf(_("%llu logs, %llu entries, %llu signatures verified, %llu cases folded\n"),
           (unsigned long long)out->logs, (unsigned long long)out->entries,
           (unsigned long long)out->signatures, (unsigned long long)out->cases);
    if (out->cosignatures + out->cosignatures_unproven > 0)
        printf(_("%llu cosignatures verified, %llu for which a certificate or a proof is not "
                 "there\n"),
               (unsigned long long)out->cosignatures,
               (unsigned long long)out->cosignatures_unproven);
    if (out->partial)
        puts(_("a partial file: what it holds was proven; that nothing else exists was not, and "
               "cases were not folded"));
    if (out->broken) {
        printf("%s", _("broken; first:"));
        print_place(&first);
        printf(" %s\n", _(finding_message(first.kind)));
        if (out->cases == 0 && !out->partial)
            puts(_("cases were not folded"));
    } else if (out->listed) {
        puts(_("all is proven; void entries, forks or short logs are listed above"));
    } else {
        puts(_("all holds"));
    }
}

static int end_json(struct telling *t, const struct audit_summary *out)
{
    int code = code_of(out);
    char id[2 * HASH_BYTES + 1] = "";
    if (hex_encode(id, sizeof id, span_of(out->ledger.b, HASH_BYTES)) != OK)
        id[0] = 0;
    json_t *o = json_pack(
        "{s:s,s:O,s:O,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:b,s:b,s:i}", "ledger", id, "logs", t->logs,
        "findings", t->findings, "entries", (json_int_t)out->entries, "signatures",
        (json_int_t)out->signatures, "cases", (json_int_t)out->cases, "void",
        (json_int_t)out->void_count, "overtaken", (json_int_t)out->overtaken, "pending",
        (json_int_t)out->pending, "forks", (json_int_t)out->forks, "partial", out->partial, "holds",
        !out->broken, "exit", code);
    json_object_set_new(o, "cosignatures", json_integer((json_int_t)out->cosignatures));
    json_object_set_new(o, "cosignatures_unproven",
                        json_integer((json_int_t)out->cosignatures_unproven));
    const struct finding first = first_of(out);
    if (out->broken)
        json_object_set_new(o, "first", finding_json(&first));
    session_json(o);
    return code;
}

static int unusable_code(enum err err)
{
    switch ((unsigned)err) {
    case ERR_CORRUPT:
    case ERR_FORMAT:
    case ERR_TRUNCATED:
    case ERR_TOO_LARGE: return AUDIT_NOT_HELD;
    default: return AUDIT_UNUSABLE;
    }
}

/* Something is missing within a home that has a database: damage, and no wrong path. */
static enum err read_missing(const char *path, bool folder, enum err err)
{
    char file[HOME_PATH_BYTES];
    bool holds = folder && home_path(file, sizeof file, path, "db/data.mdb") == OK &&
                 access(file, F_OK) == 0 && home_path(file, sizeof file, path, "genesis") == OK &&
                 access(file, F_OK) == 0;
    return err == ERR_NOTFOUND && holds ? ERR_CORRUPT : err;
}

/* A home or file that cannot be audited at all. */
static int unusable(struct session *s, enum err err, const char *what, bool folder)
{
    char message[HOME_PATH_BYTES + 256];
    const char *why = _(err_message(err)), *hint = NULL;
    if (err == ERR_NOTFOUND) {
        why = folder ? _("there is no home with a ledger") : _("there is no such file");
        hint = folder ? _("give --home DIR, or a bundle: jieli audit FILE --genesis HASH") : NULL;
    } else if (err == ERR_CORRUPT && folder) {
        why = _("db/data.mdb is damaged or cut short");
        hint = _("keep it as it is; what it held is with the other members");
    } else if (err == ERR_FORMAT && !folder) {
        why = _("this file is no bundle of Jieli");
        hint = _("bundles are made with: jieli bundle create FILE");
    }
    snprintf(message, sizeof message, "%s: %s", what, why);
    return session_fail_as(s, err, unusable_code(err), message, hint);
}

static enum err genesis_bytes(const char *path, bool folder, struct buffer *out)
{
    char file[HOME_PATH_BYTES];
    struct bundle_reader *b;
    enum err err = OK;
    if (folder) {
        err = home_path(file, sizeof file, path, "genesis");
        return err == OK ? file_read(file, GENESIS_MAX_BYTES, out) : err;
    }
    err = bundle_open(&b, path);
    if (err != OK)
        return err;
    err = buffer_put(out, bundle_genesis(b).data, bundle_genesis(b).len);
    bundle_close(b);
    return err;
}

/* A good ledger, and not the one that was asked for: whoever mistyped the id need not fear for the
 * file. What cannot be read is left to the audit to tell. */
static int check_ledger(struct session *s, const char *path, bool folder, const struct hash *pinned)
{
    char message[HOME_PATH_BYTES + 256], id[2 * HASH_BYTES + 1];
    struct buffer bytes = {0};
    struct genesis genesis;
    bool other = pinned != NULL && genesis_bytes(path, folder, &bytes) == OK &&
                 genesis_decode(&genesis, buffer_span(&bytes)) == OK &&
                 !hash_equal(&genesis.ledger, pinned) &&
                 hex_encode(id, sizeof id, span_of(genesis.ledger.b, HASH_BYTES)) == OK;
    buffer_clear(&bytes);
    if (!other)
        return AUDIT_HOLDS;
    snprintf(message, sizeof message, _("%s is of the ledger %s, not of the one asked for"), path,
             id);
    return session_fail_as(s, ERR_WRONG_LEDGER, AUDIT_UNUSABLE, message,
                           _("compare each digit with the id that the committee published; nothing "
                             "was audited"));
}

/* A copy to compare with that cannot be read says nothing about what was audited. */
static int unusable_copy(struct session *s, enum err err, const char *copy)
{
    char message[HOME_PATH_BYTES + 256];
    const char *why = err == ERR_NOTFOUND ? _("there is no such file")
                      : err == ERR_FORMAT ? _("this file is no bundle of Jieli")
                                          : _(err_message(err));
    snprintf(message, sizeof message, _("%s, to compare with: %s"), copy, why);
    return session_fail_as(s, err, AUDIT_UNUSABLE, message,
                           _("name another home or bundle of this ledger, or audit without "
                             "--against"));
}

static int tell_uncompared(struct session *s, const char *path)
{
    char message[HOME_PATH_BYTES + 256];
    snprintf(message, sizeof message, _("%s holds a part of the logs: it cannot be compared"),
             path);
    return session_fail_as(s, ERR_USAGE, AUDIT_UNUSABLE, message,
                           _("audit it without --against, or compare whole bundles and homes"));
}

static int tell_end(struct telling *t, const struct audit_summary *out)
{
    if (t->s->json)
        return end_json(t, out);
    print_end(t, out);
    return code_of(out);
}

static int run_audit(struct session *s, const char *path, bool folder,
                     const struct audit_options *options)
{
    const char *const heading[] = {_("log"), _("entries"), _("signed head"), _("void"),
                                   _("overtaken"), _("pending"), _("verdict")};
    struct telling t = {.s = s, .terminal = isatty(STDERR_FILENO) && !s->json};
    const struct audit_report report = {&t, on_found, on_line, on_progress};
    struct audit_summary out;
    int code = check_ledger(s, path, folder, options->pinned);
    if (code != AUDIT_HOLDS)
        return code;
    t.findings = json_array();
    t.logs = json_array();
    grid_init(&t.grid, 7, heading);
    enum err err = folder ? audit_home(path, options, &report, &out)
                          : audit_file(path, options, &report, &out);
    clear_progress(&t);
    if (err == OK && out.partial && !out.broken && options->against != NULL)
        code = tell_uncompared(s, path);
    else if (err == OK)
        code = tell_end(&t, &out);
    else if (out.copy_failed)
        code = unusable_copy(s, err, options->against);
    else
        code = unusable(s, read_missing(path, folder, err), path, folder);
    grid_clear(&t.grid);
    json_decref(t.findings);
    json_decref(t.logs);
    return code;
}

static int audit_run_command(struct session *s)
{
    const char *file = args_word(&s->args, 0), *pin = args_value(&s->args, "genesis");
    struct audit_options options = {.against = args_value(&s->args, "against")};
    struct config conf;
    struct hash pinned;
    size_t len;
    if (args_word(&s->args, 1) != NULL)
        return session_usage(s, _("one file is audited at a time"), args_word(&s->args, 1));
    if (pin != NULL && (hex_decode(pinned.b, HASH_BYTES, pin, strlen(pin), &len) != OK ||
                        len != HASH_BYTES))
        return session_usage(s, _("a ledger id is 64 hex digits"), pin);
    if (pin != NULL)
        options.pinned = &pinned;
    if (file != NULL && pin == NULL)
        return session_usage(s, _("a file proves nothing by itself: give --genesis HASH, the "
                                  "ledger id as the committee published it"), file);
    if (file != NULL)
        return run_audit(s, file, false, &options);
    home_config(s->home, &conf);
    if (conf.has_ledger && options.pinned == NULL)
        options.pinned = &conf.ledger;
    if (conf.member[0] != 0)
        options.own = conf.member;
    return run_audit(s, s->home, true, &options);
}

static const struct option_row options[] = {
    {"genesis", "HASH", N_("the ledger's id; needed for a file")},
    {"against", "COPY", N_("another home or bundle: whose logs are shorter, whose differ")},
    {NULL, NULL, NULL},
};

const struct command cmd_audit = {
    .name = "audit",
    .usage = "[FILE --genesis HASH] [--against COPY]",
    .summary = N_("check everything of a home or a bundle anew; ends with 0 all holds, 3 proven "
                  "but void entries, forks or short logs are listed, 1 broken, 2 not usable"),
    .example = "jieli audit --home /var/lib/jieli",
    .options = options,
    .at_home = true,
    .run = audit_run_command,
};
