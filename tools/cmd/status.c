/* How our node stands: its ledger, logs, and what is pending or void. */
#include <stdio.h>
#include <string.h>

#include "tools/cmd/lists.h"
#include "tools/command.h"
#include "tools/grid.h"

static void print_logs(struct session *s, const json_t *logs)
{
    const char *const heading[] = {_("member"), _("id"), _("epoch"), _("entries"),
                                   _("signed head")};
    struct grid g;
    size_t i;
    const json_t *log;
    grid_init(&g, 5, heading);
    json_array_foreach(logs, i, log) {
        char epoch[24], stored[24], head[24];
        snprintf(epoch, sizeof epoch, "%llu", (unsigned long long)number_at(log, "epoch"));
        snprintf(stored, sizeof stored, "%llu", (unsigned long long)number_at(log, "stored"));
        snprintf(head, sizeof head, "%llu", (unsigned long long)number_at(log, "head"));
        grid_row(&g, (const char *[]){session_member(s, text_at(log, "member")),
                                      text_at(log, "member"), epoch, stored, head});
    }
    grid_print(&g, stdout);
    grid_clear(&g);
}

static int status_run(struct session *s)
{
    json_t *reply;
    int code = session_ask(s, json_pack("{s:s}", "query", "status"), &reply);
    if (code != EXIT_DONE)
        return code;
    if (s->json)
        return session_json(reply);
    const char *member = text_at(reply, "member");
    printf(_("ledger %s\n"), text_at(reply, "ledger"));
    printf(_("domain %s\n"), text_at(reply, "domain"));
    if (member[0] == 0)
        puts(_("our member: not admitted yet, or an observer"));
    else
        printf(_("our member: %s (%s)\n"), session_member(s, member), member);
    printf(_("convenor's log folded to %llu; %llu pending, %llu void, %llu overtaken, "
             "%llu forks\n\n"),
           (unsigned long long)number_at(reply, "folded"),
           (unsigned long long)number_at(reply, "pending"),
           (unsigned long long)number_at(reply, "void"),
           (unsigned long long)number_at(reply, "overtaken"),
           (unsigned long long)number_at(reply, "forks"));
    print_logs(s, json_object_get(reply, "logs"));
    json_decref(reply);
    return EXIT_DONE;
}

const struct command cmd_status = {
    .name = "status",
    .usage = "",
    .summary = N_("our node: ledger, logs held, what is pending or void"),
    .example = "jieli status",
    .run = status_run,
};
