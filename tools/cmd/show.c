/* One case with its timeline, void, pending and overtaken acts with their reasons. */
#include <stdio.h>
#include <string.h>

#include "ledger/cases/readers.h"
#include "tools/cmd/lists.h"
#include "tools/command.h"
#include "tools/dates.h"
#include "tools/grid.h"
#include "tools/level_text.h"

enum { LABEL_CELLS = 14, LINE_BYTES = 2048 };

static void print_field(const char *label, const char *value)
{
    if (value[0] == 0)
        return;
    text_pad(stdout, label, LABEL_CELLS);
    text_pad(stdout, value, 0);
    putchar('\n');
}

static void print_custody(struct session *s, const json_t *c)
{
    char line[LINE_BYTES], since[DATE_TEXT_BYTES];
    const json_t *offer = json_object_get(c, "offer"), *rule = json_object_get(c, "ruling");
    time_format(number_at(c, "custody_since_s"), since);
    snprintf(line, sizeof line, _("%s since %s"), session_member(s, text_at(c, "custodian")),
             since);
    print_field(_("custodian"), line);
    if (offer != NULL) {
        time_format(number_at(offer, "since_s"), since);
        snprintf(line, sizeof line, "%s, %s%s", session_member(s, text_at(offer, "to")), since,
                 json_is_true(json_object_get(offer, "signed_for")) ? _(", signed for") : "");
        print_field(json_is_true(json_object_get(offer, "request")) ? _("requested of")
                                                                    : _("offered to"), line);
        level_line(s, json_object_get(offer, "ack"), line);
        print_field(_("acknowledged"), line);
        level_deemed_line(s, json_object_get(offer, "ack"), line);
        print_field("", line);
    }
    if (rule != NULL) {
        snprintf(line, sizeof line, _("%s, %s%s"), session_member(s, text_at(rule, "named")),
                 json_is_true(json_object_get(rule, "final")) ? _("final") : _("interim"),
                 json_is_true(json_object_get(rule, "signed_for")) ? "" : _(", not signed for"));
        print_field(_("ruled"), line);
    }
    if (json_object_get(c, "interim_control") != NULL)
        print_field(_("interim control"), session_member(s, text_at(c, "interim_control")));
}

static void print_lists(struct session *s, const json_t *c)
{
    char line[LINE_BYTES];
    size_t i;
    const json_t *one;
    json_array_foreach(json_object_get(c, "supports"), i, one) {
        snprintf(line, sizeof line, "%s %s", session_member(s, text_at(one, "member")),
                 code_word_of("step", text_at(one, "status")));
        print_field(i == 0 ? _("supports") : "", line);
    }
    json_array_foreach(json_object_get(c, "listings"), i, one) {
        snprintf(line, sizeof line, "%s (%s)", session_member(s, text_at(one, "by")),
                 code_word_of("level", text_at(one, "level")));
        print_field(i == 0 ? _("supervised by") : "", line);
    }
    json_array_foreach(json_object_get(c, "tracks"), i, one) {
        const char *outcome = text_at(one, "outcome");
        snprintf(line, sizeof line, "%s: %s %s", text_at(one, "track"),
                 session_member(s, text_at(one, "investigator")),
                 outcome[0] == 0 ? _("under way") : code_word_of("outcome", outcome));
        print_field(i == 0 ? _("tracks") : "", line);
    }
}

static void print_case(struct session *s, const json_t *c)
{
    char line[LINE_BYTES];
    snprintf(line, sizeof line, "%s  %s", text_at(c, "number"), case_word(c));
    print_field(_("case"), line);
    print_field(_("title"), case_title(c));
    print_field(_("enterprise"), text_at(c, "enterprise"));
    print_field(_("place"), text_at(c, "place"));
    snprintf(line, sizeof line, "%s / %s / %s / %s", code_word_of("grade", text_at(c, "grade")),
             text_at(c, "sector"), text_at(c, "district"),
             code_word_of("source", text_at(c, "source")));
    print_field(_("hazard"), line);
    print_field(_("clause"), text_at(c, "clause"));
    print_field(_("found on"), text_at(c, "found_on"));
    print_field(_("due on"), text_at(c, "due_on"));
    print_custody(s, c);
    print_lists(s, c);
    if (json_object_get(c, "verifier") != NULL)
        print_field(_("verifier"), session_member(s, text_at(c, "verifier")));
}

static void put_value(struct session *s, const struct fact_row *row, const json_t *value, char *out,
                      size_t out_bytes)
{
    out[0] = 0;
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            const json_t *item = json_array_get(value, i);
            char one[512];
            size_t used = strlen(out);
            if (json_is_array(item))
                snprintf(one, sizeof one, "%s=%s", json_string_value(json_array_get(item, 0)),
                         session_member(s, json_string_value(json_array_get(item, 1))));
            else if (row->type == FACT_TYPE_MEMBERS)
                snprintf(one, sizeof one, "%s", session_member(s, json_string_value(item)));
            else
                snprintf(one, sizeof one, "%s", code_word_of(row->name, json_string_value(item)));
            snprintf(out + used, out_bytes - used, "%s%s", i == 0 ? "" : ",", one);
        }
    } else if (json_is_string(value) && row->type == FACT_TYPE_MEMBER) {
        snprintf(out, out_bytes, "%s", session_member(s, json_string_value(value)));
    } else if (json_is_string(value) && row->type == FACT_TYPE_ID) {
        snprintf(out, out_bytes, "%.8s", json_string_value(value));
    } else if (json_is_string(value)) {
        snprintf(out, out_bytes, "%s", code_word_of(row->name, json_string_value(value)));
    } else if (json_is_integer(value)) {
        snprintf(out, out_bytes, "%lld", (long long)json_integer_value(value));
    } else if (json_is_boolean(value)) {
        snprintf(out, out_bytes, "%s", json_is_true(value) ? _("yes") : _("no"));
    }
}

static void join_facts(struct session *s, const json_t *act, char *out, size_t out_bytes)
{
    const struct fact_row *row;
    char value[1024];
    out[0] = 0;
    for (size_t i = 0; (row = fact_row_at(i)) != NULL; i++) {
        char key[64];
        snprintf(key, sizeof key, "%s", row->name);
        for (char *p = key; *p != 0; p++)
            *p = *p == '-' ? '_' : *p;
        const json_t *fact = json_object_get(json_object_get(act, "facts"), key);
        if (fact == NULL || row->type == FACT_TYPE_KEY || row->type == FACT_TYPE_BYTES ||
            row->type == FACT_TYPE_ITEM)
            continue;
        put_value(s, row, fact, value, sizeof value);
        size_t used = strlen(out);
        snprintf(out + used, out_bytes - used, "%s%s", used == 0 ? "" : "; ", value);
    }
}

static const char *verdict_word(const char *verdict)
{
    static const struct { const char *name, *word; } rows[] = {
        {"valid", ""},
        {"pending", N_("pending")},
        {"void", N_("void")},
        {"overtaken", N_("overtaken")},
        {"foreign", N_("foreign copy")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, verdict) == 0)
            return _(rows[i].word);
    }
    return verdict;
}

static const char *reason_sentence(const char *name)
{
    for (int r = REASON_UNDECODABLE; r <= REASON_NOT_ASKED; r++) {
        const char *row = reason_name((enum reason)r);
        if (row != NULL && strcmp(row, name) == 0)
            return _(reason_message((enum reason)r));
    }
    return name;
}

static void join_verdict(const json_t *act, char *out, size_t out_bytes)
{
    const char *verdict = text_at(act, "verdict"), *reason = text_at(act, "reason");
    const char *missing = text_at(act, "missing"), *why = "";
    if (strcmp(verdict, "overtaken") == 0)
        why = _("another act that it had not seen keeps the case open");
    else if (reason[0] != 0)
        why = reason_sentence(reason);
    snprintf(out, out_bytes, "%s%s%s", verdict_word(verdict), why[0] == 0 ? "" : ": ", why);
    size_t used = strlen(out);
    if (missing[0] != 0)
        snprintf(out + used, out_bytes - used, _(", waits for entry %.8s"), missing);
}

static void join_signers(const json_t *act, char *out, size_t out_bytes)
{
    size_t i;
    const json_t *one;
    out[0] = 0;
    json_array_foreach(json_object_get(act, "signers"), i, one) {
        size_t used = strlen(out);
        snprintf(out + used, out_bytes - used, "%s%s %s", i == 0 ? "" : ", ", text_at(one, "post"),
                 text_at(one, "person"));
    }
}

static void print_acts(struct session *s, const json_t *acts)
{
    const char *const heading[] = {_("time"), _("act"),     _("member"),       _("signed by"),
                                   _("id"),   _("verdict"), _("acknowledged"), _("facts")};
    struct grid g;
    size_t i;
    const json_t *act;
    grid_init(&g, 8, heading);
    json_array_foreach(acts, i, act) {
        char level[LEVEL_TEXT_BYTES];
        char when[DATE_TEXT_BYTES], id[9], signers[512], facts[LINE_BYTES], verdict[512];
        const struct kind_row *kind = kind_row_by_name(text_at(act, "kind"));
        time_format(number_at(act, "time_s"), when);
        snprintf(id, sizeof id, "%.8s", text_at(act, "id"));
        join_signers(act, signers, sizeof signers);
        join_facts(s, act, facts, sizeof facts);
        join_verdict(act, verdict, sizeof verdict);
        level_brief(json_object_get(act, "ack"), level);
        grid_row(&g, (const char *[]){when, kind == NULL ? "?" : kind_word(kind),
                                      session_member(s, text_at(act, "log")), signers, id, verdict,
                                      level, facts});
    }
    grid_print(&g, stdout);
    grid_clear(&g);
}

static void put_part(struct grid *g, const json_t *act, const json_t *part)
{
    char id[9], size[32], line[256];
    const char *word = part_word(text_at(part, "state")), *text = text_at(part, "text");
    const struct reader_row *row = reader_row((unsigned)number_at(part, "role_no"));
    snprintf(id, sizeof id, "%.8s", text_at(act, "id"));
    snprintf(size, sizeof size, "%llu", (unsigned long long)number_at(part, "padded_bytes"));
    snprintf(line, sizeof line, "%.*s", (int)strcspn(text, "\n"), text);
    const char *name = row == NULL ? "?" : words_chinese() ? row->label : row->name;
    grid_row(g, (const char *[]){id, name, size, word[0] == 0 ? line : word});
}

static void print_parts(const json_t *acts)
{
    const char *const heading[] = {_("id"), _("part"), _("bytes"), _("text")};
    struct grid g;
    size_t i, k, count = 0;
    const json_t *act, *part;
    grid_init(&g, 4, heading);
    json_array_foreach(acts, i, act) {
        json_array_foreach(json_object_get(act, "parts"), k, part) {
            put_part(&g, act, part);
            count++;
        }
    }
    if (count > 0) {
        printf("\n%s (%zu)\n", _("parts of these acts; jieli part saves them"), count);
        grid_print(&g, stdout);
    }
    grid_clear(&g);
}

static int show_run(struct session *s)
{
    json_t *reply;
    const char *text = args_word(&s->args, 0);
    if (text == NULL)
        return session_usage(s, _("name the case by its number or the beginning of it"), NULL);
    int code = session_ask(s, json_pack("{s:s,s:s}", "query", "show", "case", text), &reply);
    if (code != EXIT_DONE)
        return code;
    if (s->json)
        return session_json(reply);
    print_case(s, json_object_get(reply, "case"));
    puts("");
    print_acts(s, json_object_get(reply, "acts"));
    print_parts(json_object_get(reply, "acts"));
    print_erasures(s, json_object_get(reply, "erasures"));
    json_decref(reply);
    return EXIT_DONE;
}

const struct command cmd_show = {
    .name = "show",
    .usage = "CASE",
    .summary = N_("one case and its timeline, void and overtaken acts with their reasons"),
    .example = "jieli show yingji-2026-12",
    .run = show_run,
};
