/* Who answers for a sector in a district, by the responsibility map. */
#include <stdio.h>

#include "tools/cmd/lists.h"
#include "tools/cmd/rows.h"
#include "tools/command.h"

static int whose_run(struct session *s)
{
    json_t *reply, *request;
    const char *sector = args_word(&s->args, 0), *district = args_word(&s->args, 1);
    if (sector == NULL)
        return session_usage(s, _("name a sector, and a district where it matters"), NULL);
    request = json_pack("{s:s,s:s}", "query", "whose", "sector", sector);
    if (district != NULL)
        json_object_set_new(request, "district", json_string(district));
    int code = session_ask(s, request, &reply);
    if (code != EXIT_DONE)
        return code;
    if (s->json)
        return session_json(reply);
    print_rows(s, json_object_get(reply, "rows"));
    if (json_array_size(json_object_get(reply, "leads")) == 0)
        puts(_("nobody leads: a blind spot (kind 2); the convenor can add a row: jieli duty add"));
    json_decref(reply);
    return EXIT_DONE;
}

const struct command cmd_whose = {
    .name = "whose",
    .usage = "SECTOR [DISTRICT]",
    .summary = N_("who leads and who supports a sector, by the responsibility map"),
    .example = "jieli whose rq echeng",
    .run = whose_run,
};
