#include "tools/act_check.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/words.h"

enum { NEAREST_MAX = 3 };

bool act_check_agreed(void)
{
    char line[16];
    return fgets(line, sizeof line, stdin) != NULL && (line[0] == 'y' || line[0] == 'Y');
}

struct near { const char *code; size_t likeness; };

/* Keeps the NEAREST_MAX likest codes, each once, the likest first. */
static void near_take(struct near list[NEAREST_MAX], const char *code, size_t likeness)
{
    struct near one = {code, likeness};
    for (unsigned i = 0; i < NEAREST_MAX; i++) {
        if (list[i].code != NULL && strcmp(list[i].code, code) == 0)
            return;
        if (list[i].code == NULL || one.likeness > list[i].likeness) {
            struct near kept = list[i];
            list[i] = one;
            one = kept;
        }
        if (one.code == NULL)
            return;
    }
}

/* Whether the map has the sector; where not, the codes of the map that are most like it. */
static bool sector_known(const json_t *rows, const char *sector, char *near, size_t near_bytes)
{
    struct near list[NEAREST_MAX] = {{NULL, 0}};
    size_t i, used = 0;
    json_t *row;
    json_array_foreach(rows, i, row) {
        const char *code = json_string_value(json_object_get(row, "sector"));
        size_t likeness = code == NULL ? 0 : args_likeness(sector, code);
        if (code != NULL && strcmp(code, sector) == 0)
            return true;
        if (likeness * 2 >= strlen(sector) && likeness > 0)
            near_take(list, code, likeness);
    }
    near[0] = 0;
    for (i = 0; i < NEAREST_MAX && list[i].code != NULL && used < near_bytes; i++)
        used += (size_t)snprintf(near + used, near_bytes - used, "%s%s", i == 0 ? "" : ", ",
                                 list[i].code);
    return json_array_size(rows) == 0;
}

int act_check_sector(struct session *s, const char *sector)
{
    char message[512], near[256];
    json_t *reply = NULL;
    int code = session_ask(s, json_pack("{s:s}", "query", "duties"), &reply);
    if (code != EXIT_DONE)
        return code;
    bool known = sector_known(json_object_get(reply, "rows"), sector, near, sizeof near);
    json_decref(reply);
    if (known)
        return EXIT_DONE;
    int used = snprintf(message, sizeof message,
                        _("warning: the responsibility map has no sector %s, so nobody leads it"),
                        sector);
    if (near[0] != 0 && used > 0 && (size_t)used < sizeof message)
        snprintf(message + used, sizeof message - (size_t)used, _("; nearest: %s"), near);
    session_warn(s, message);
    if (s->json || !isatty(STDIN_FILENO))
        return EXIT_DONE;
    fputs(_("go on with this sector? [y/N] "), stderr);
    return act_check_agreed() ? EXIT_DONE : session_usage(s, _("nothing was written"), NULL);
}

static bool has_person(const json_t *officers, const char *person)
{
    for (size_t i = 0; i < json_array_size(officers); i++) {
        const json_t *number = json_object_get(json_array_get(officers, i), "person");
        if (json_is_string(number) && strcmp(json_string_value(number), person) == 0)
            return true;
    }
    return false;
}

int act_check_officer(struct session *s, const char *person)
{
    char message[256];
    json_t *status = NULL, *reply = NULL;
    int code = session_ask(s, json_pack("{s:s}", "query", "status"), &status);
    if (code != EXIT_DONE)
        return code;
    code = session_ask(s, json_pack("{s:s,s:O}", "query", "officers", "member",
                                    json_object_get(status, "member")), &reply);
    bool found = code != EXIT_DONE || has_person(json_object_get(reply, "officers"), person);
    json_decref(status);
    json_decref(reply);
    if (found)
        return code;
    snprintf(message, sizeof message, _("no officer of this member has the person number %s"),
             person);
    return session_fail(s, ERR_NOT_ENROLLED, message, _("enrolled officers: jieli officer list"));
}

void act_check_erasure(struct session *s)
{
    const char *step = args_value(&s->args, "step");
    const struct code_row *code = fact_code(fact_row(FACT_STEP), STEP_CONFIRM);
    if (step != NULL && (strcmp(step, code->name) == 0 || strcmp(step, code->label) == 0))
        session_warn(s, _("warning: backups of this home and what was saved from it are not "
                          "reached by the node: see to them"));
}
