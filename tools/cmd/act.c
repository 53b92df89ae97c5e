/* Every act of a case, by the tables of kinds and facts: `jieli offer CASE --to M …`. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/act_check.h"
#include "tools/command.h"
#include "tools/writing.h"

const struct kind_row *act_kind(const char *name)
{
    const struct kind_row *kind = kind_row_by_name(name);
    if (kind == NULL || !kind->built || (kind->classes & CLASS_GOVERNANCE) != 0)
        return NULL;
    return kind;
}

static void add_fact(enum fact_id id, struct option_row *out)
{
    static const char *const values[] = {
        [FACT_TYPE_UINT] = "N",      [FACT_TYPE_TEXT] = "TEXT",     [FACT_TYPE_CODE] = "CODE",
        [FACT_TYPE_MEMBER] = "MEMBER", [FACT_TYPE_MEMBERS] = "MEMBER,…", [FACT_TYPE_TEXTS] = "TEXT",
        [FACT_TYPE_DATE] = "DATE",   [FACT_TYPE_ID] = "ID",         [FACT_TYPE_TRACKS] = "T=M,…",
        [FACT_TYPE_KEY] = "KEY",     [FACT_TYPE_BYTES] = "HEX",     [FACT_TYPE_ITEM] = "HEX",
        [FACT_TYPE_SET] = "CODE,…",
    };
    const struct fact_row *row = fact_row(id);
    *out = (struct option_row){row->name, row->type == FACT_TYPE_BOOL ? NULL : values[row->type],
                               row->help};
}

void act_options(const struct kind_row *kind, struct option_row out[ACT_MAX_OPTIONS])
{
    unsigned count = 0;
    for (const enum fact_id *id = kind->required; *id != 0; id++)
        add_fact(*id, &out[count++]);
    for (const enum fact_id *id = kind->optional; *id != 0; id++)
        add_fact(*id, &out[count++]);
    for (const struct option_row *row = part_options; row->name != NULL; row++)
        out[count++] = *row;
    out[count] = (struct option_row){NULL, NULL, NULL};
}

static void print_list(struct session *s, FILE *out, const json_t *ids)
{
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const char *id = json_string_value(json_array_get(ids, i));
        fprintf(out, "  %s %s\n", id, session_member(s, id));
    }
}

static void give(struct session *s, const struct option_row *row, const char *value)
{
    if (s->args.given_count == ARGS_MAX)
        return;
    s->args.given[s->args.given_count].row = row;
    s->args.given[s->args.given_count++].value = value;
}

static int choose_support(struct session *s, const json_t *reply)
{
    const json_t *supports = json_object_get(reply, "supports");
    if (s->json) {
        session_json(json_pack("{s:s,s:s,s:O,s:i}", "error", "ERR_USAGE", "message",
                               _("name the member with --to"), "supports", supports, "exit",
                               EXIT_USAGE));
        return EXIT_USAGE;
    }
    fputs(_("the map names the custodian itself; its supports are:\n"), stderr);
    print_list(s, stderr, supports);
    return session_usage(s, _("name the member with --to"), NULL);
}

/* Nobody is asked where nobody can answer. */
static int confirm(struct session *s, const char *lead)
{
    char message[512];
    if (isatty(STDIN_FILENO) && !s->json) {
        fprintf(stderr, _("the map names %s (%s); offer to it? [y/N] "), session_member(s, lead),
                lead);
        if (act_check_agreed())
            return EXIT_DONE;
        fputc('\n', stderr);
        return session_usage(s, _("nothing was written; to offer, add --to"), lead);
    }
    snprintf(message, sizeof message,
             _("the map names %s (%s); nothing was written; to offer, add --to"),
             session_member(s, lead), lead);
    return session_usage(s, message, lead);
}

/* What the map says of a case that is offered without a recipient. */
static int propose(struct session *s, const char *case_text, char to[ID_MAX_BYTES + 1])
{
    json_t *reply, *request = json_pack("{s:s,s:s}", "query", "propose", "case", case_text);
    int code = session_ask(s, request, &reply);
    if (code != EXIT_DONE)
        return code;
    const json_t *leads = json_object_get(reply, "leads");
    const char *lead = json_string_value(json_array_get(leads, 0));
    const char *custodian = json_string_value(json_object_get(reply, "custodian"));
    if (json_array_size(leads) == 0) {
        code = session_usage(s, _("the map names no lead for this sector: name the member with "
                                  "--to, or petition the convenor"), NULL);
    } else if (json_array_size(leads) > 1) {
        fputs(_("the map names several leads:\n"), stderr);
        print_list(s, stderr, leads);
        code = session_usage(s, _("name the member with --to"), NULL);
    } else if (custodian != NULL && strcmp(lead, custodian) == 0) {
        code = choose_support(s, reply);
    } else {
        snprintf(to, ID_MAX_BYTES + 1, "%s", lead);
        code = confirm(s, lead);
    }
    json_decref(reply);
    return code;
}

/* Words that the act needs: its case, unless it opens one. */
static int check_words(struct session *s, const struct kind_row *kind, const char **case_text)
{
    bool opens = (kind->classes & CLASS_OPENS) != 0;
    *case_text = opens ? NULL : args_word(&s->args, 0);
    if (!opens && *case_text == NULL)
        return session_usage(s, _("name the case by its number or the beginning of it"), NULL);
    if (s->args.word_count > (opens ? 0u : 1u))
        return session_usage(s, _("a word too many"), args_word(&s->args, opens ? 0 : 1));
    return EXIT_DONE;
}

int act_compose(struct session *s, const struct kind_row *kind, struct writing *w,
                struct part_inputs *parts)
{
    static const struct option_row to_row = {"to", "MEMBER", NULL};
    struct fact_inputs facts = {.count = 0};
    char to[ID_MAX_BYTES + 1];
    const char *case_text;
    int code = check_words(s, kind, &case_text);
    if (code == EXIT_DONE && kind->kind == KIND_OFFER && !args_has(&s->args, "to")) {
        code = fact_inputs_required(s, kind, FACT_TO);
        if (code == EXIT_DONE)
            code = propose(s, case_text, to);
        give(s, &to_row, to);
    }
    if (code == EXIT_DONE)
        code = fact_inputs_take(s, kind, case_text, &facts);
    if (code == EXIT_DONE && args_has(&s->args, "sector"))
        code = act_check_sector(s, args_value(&s->args, "sector"));
    if (code == EXIT_DONE && kind->kind == KIND_HAND_TO)
        code = act_check_officer(s, args_value(&s->args, "officer"));
    if (code == EXIT_DONE && kind->kind == KIND_ERASE)
        act_check_erasure(s);
    if (code == EXIT_DONE)
        code = part_inputs_take(s, parts);
    if (code == EXIT_DONE)
        code = writing_compose(s, w, case_text, facts.facts, facts.count, parts);
    fact_inputs_clear(&facts);
    return code;
}

static int needs_more(struct session *s, const struct kind_row *kind)
{
    char hint[256];
    snprintf(hint, sizeof hint,
             _("jieli draft %s … makes a draft that the others sign; or give --key2"), kind->name);
    return session_fail(s, ERR_USAGE, _("this act needs more signatures than keys were given"),
                        hint);
}

int act_run(struct session *s, const struct kind_row *kind)
{
    struct officer_keys keys;
    struct part_inputs parts = {.count = 0};
    struct writing w;
    json_t *reply = NULL;
    writing_init(&w, kind);
    int code = officer_keys_read(s, &keys);
    if (code == EXIT_DONE && keys.count < kind->min_signers)
        code = needs_more(s, kind);
    if (code == EXIT_DONE)
        code = act_compose(s, kind, &w, &parts);
    if (code == EXIT_DONE)
        code = writing_sign(s, &w, &keys);
    if (code == EXIT_DONE)
        code = writing_append(s, &w, &reply);
    if (code == EXIT_DONE)
        code = writing_tell(s, kind, reply);
    officer_keys_clear(&keys);
    part_inputs_clear(&parts);
    writing_clear(&w);
    return code;
}
