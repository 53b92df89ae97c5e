/* Lists of cases: cases, inbox. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cmd/lists.h"
#include "tools/command.h"

static void pass_text(struct session *s, json_t *request, const char *option, const char *key)
{
    const char *value = args_value(&s->args, option);
    if (value != NULL)
        json_object_set_new(request, key, json_string(value));
}

static int pass_limit(struct session *s, json_t *request)
{
    const char *limit = args_value(&s->args, "limit");
    char *end;
    if (limit == NULL)
        return EXIT_DONE;
    long n = strtol(limit, &end, 10);
    if (*end != 0 || n < 1 || n > 1000)
        return session_usage(s, _("--limit is a number from 1 to 1000"), limit);
    json_object_set_new(request, "limit", json_integer(n));
    return EXIT_DONE;
}

static void tell_next(struct session *s, const json_t *reply)
{
    const char *next = json_string_value(json_object_get(reply, "next"));
    if (json_array_size(json_object_get(reply, "cases")) == 0)
        puts(next == NULL ? _("no cases") : _("none on this page"));
    if (next == NULL)
        return;
    fputs(_("older ones: jieli cases"), stdout);
    for (unsigned i = 0; i < s->args.given_count; i++) {
        const struct option_row *row = s->args.given[i].row;
        if (strcmp(row->name, "after") == 0 || strcmp(row->name, "home") == 0)
            continue;
        printf(" --%s%s%s", row->name, row->value == NULL ? "" : " ", s->args.given[i].value);
    }
    printf(" --after %s\n", next);
}

static int cases_run(struct session *s)
{
    json_t *reply, *request = json_pack("{s:s}", "query", "cases");
    pass_text(s, request, "sector", "sector");
    pass_text(s, request, "district", "district");
    pass_text(s, request, "grade", "grade");
    pass_text(s, request, "after", "after");
    const char *custodian = args_value(&s->args, "custodian");
    if (custodian != NULL)
        json_object_set_new(request, "custodian", json_string(session_member_id(s, custodian)));
    if (args_has(&s->args, "open") || args_has(&s->args, "ended"))
        json_object_set_new(request, "open", json_boolean(args_has(&s->args, "open")));
    int code = pass_limit(s, request);
    if (code != EXIT_DONE) {
        json_decref(request);
        return code;
    }
    code = session_ask(s, request, &reply);
    if (code != EXIT_DONE)
        return code;
    if (s->json)
        return session_json(reply);
    print_cases(s, NULL, json_object_get(reply, "cases"));
    tell_next(s, reply);
    json_decref(reply);
    return EXIT_DONE;
}

static const struct option_row cases_options[] = {
    {"custodian", "MEMBER", N_("only those in this member's hands")},
    {"open", NULL, N_("only open ones")},
    {"ended", NULL, N_("only ended ones")},
    {"sector", "CODE", N_("only of this sector")},
    {"district", "CODE", N_("only of this district")},
    {"grade", "GRADE", N_("only of this grade: general, major, imminent")},
    {"limit", "N", N_("cases on a page (50)")},
    {"after", "CURSOR", N_("the page after the one that named this cursor")},
    {NULL, NULL, NULL},
};

const struct command cmd_cases = {
    .name = "cases",
    .usage = "[--open] [--custodian MEMBER] [--after CURSOR] …",
    .summary = N_("lists cases, newest first, a page at a time"),
    .example = "jieli cases --open --custodian zhujian",
    .options = cases_options,
    .run = cases_run,
};

/* Members whose requests wait at the convenor's node for a root officer; none where it does not
 * run. */
static json_t *requests_waiting(struct session *s)
{
    json_t *reply = NULL, *out = json_array();
    size_t i;
    const json_t *one;
    if (!session_reaches_daemon(s) ||
        session_tell(s, json_pack("{s:s}", "op", "invitations"), (struct span){0}, &reply, NULL) !=
            EXIT_DONE)
        return out;
    json_array_foreach(json_object_get(reply, "invitations"), i, one) {
        if (strcmp(text_at(one, "state"), "waiting") == 0)
            json_array_append(out, json_object_get(one, "member"));
    }
    json_decref(reply);
    return out;
}

static size_t print_requests(const json_t *members)
{
    for (size_t i = 0; i < json_array_size(members); i++) {
        const char *id = json_string_value(json_array_get(members, i));
        printf(_("%s asks for admission: jieli admit %s\n"), id, id);
    }
    return json_array_size(members);
}

static int inbox_run(struct session *s)
{
    static const struct { const char *key, *heading; } boxes[] = {
        {"offered", N_("offered: accept, refuse or ask for more")},
        {"named", N_("named by a ruling: sign for it")},
        {"asked", N_("asked for support: jieli join CASE --step confirm or decline")},
        {"verify", N_("to verify")},
        {"petitions", N_("petitions to rule on")},
        {"erase", N_("ordered to be erased: jieli erase CASE --step confirm --target ORDER")},
        {"open", N_("in our hands")},
    };
    json_t *reply, *request = json_pack("{s:s}", "query", "inbox");
    const char *member = args_value(&s->args, "member");
    size_t all = 0;
    if (member != NULL)
        json_object_set_new(request, "member", json_string(session_member_id(s, member)));
    int code = session_ask(s, request, &reply);
    if (code != EXIT_DONE)
        return code;
    if (member == NULL)
        json_object_set_new(reply, "requests", requests_waiting(s));
    if (s->json)
        return session_json(reply);
    all = print_requests(json_object_get(reply, "requests"));
    for (size_t i = 0; i < sizeof boxes / sizeof boxes[0]; i++) {
        const json_t *cases = json_object_get(reply, boxes[i].key);
        if (all > 0 && json_array_size(cases) > 0)
            puts("");
        all += json_array_size(cases);
        print_cases(s, _(boxes[i].heading), cases);
    }
    if (all == 0)
        puts(_("nothing waits here"));
    uint64_t open = number_at(reply, "open_count");
    if (open > json_array_size(json_object_get(reply, "open")))
        printf(_("%llu are in our hands in all: jieli cases --open --custodian %s\n"),
               (unsigned long long)open, text_at(reply, "member"));
    json_decref(reply);
    return EXIT_DONE;
}

static const struct option_row inbox_options[] = {
    {"member", "MEMBER", N_("of this member, not our own")},
    {NULL, NULL, NULL},
};

const struct command cmd_inbox = {
    .name = "inbox",
    .usage = "[--member MEMBER]",
    .summary = N_("what waits for our member: offers, rulings, requests, verifications"),
    .example = "jieli inbox",
    .options = inbox_options,
    .run = inbox_run,
};
