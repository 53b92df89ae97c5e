#include "tools/level_text.h"

#include <stdio.h>
#include <string.h>

#include "tools/cmd/lists.h"
#include "tools/dates.h"
#include "tools/words.h"

static bool is_deemed(const json_t *ack)
{
    return strcmp(text_at(json_object_get(ack, "deemed"), "state"), "deemed") == 0 &&
           strcmp(text_at(ack, "level"), "delivered") != 0;
}

void level_brief(const json_t *ack, char out[LEVEL_TEXT_BYTES])
{
    char when[DATE_TEXT_BYTES];
    const char *level = text_at(ack, "level");
    if (is_deemed(ack)) {
        time_format(number_at(json_object_get(ack, "deemed"), "due_s"), when);
        snprintf(out, LEVEL_TEXT_BYTES, _("deemed delivered %s"), when);
    } else if (strcmp(level, "delivered") == 0) {
        time_format(number_at(ack, "delivered_s"), when);
        snprintf(out, LEVEL_TEXT_BYTES, _("delivered %s"), when);
    } else if (strcmp(level, "mirrored") == 0) {
        snprintf(out, LEVEL_TEXT_BYTES, _("mirrored by %llu"),
                 (unsigned long long)number_at(ack, "mirrored_by"));
    } else {
        snprintf(out, LEVEL_TEXT_BYTES, "%s", level[0] == 0 ? "" : _("sequenced"));
    }
}

void level_line(struct session *s, const json_t *ack, char out[LEVEL_TEXT_BYTES])
{
    enum { NAMES_SHOWN = 8 };
    size_t i;
    const json_t *one, *list = json_object_get(ack, "held_by");
    level_brief(ack, out);
    json_array_foreach(list, i, one) {
        size_t used = strlen(out);
        if (i == NAMES_SHOWN) {
            snprintf(out + used, LEVEL_TEXT_BYTES - used, " …");
            break;
        }
        snprintf(out + used, LEVEL_TEXT_BYTES - used, "%s%s", i == 0 ? _("; held by ") : ", ",
                 session_member(s, text_at(one, "member")));
    }
}

void level_deemed_line(struct session *s, const json_t *ack, char out[LEVEL_TEXT_BYTES])
{
    char due[DATE_TEXT_BYTES], held[DATE_TEXT_BYTES], term[64];
    const json_t *deemed = json_object_get(ack, "deemed");
    out[0] = 0;
    if (deemed == NULL)
        return;
    bool hours = strcmp(text_at(deemed, "unit"), "hours") == 0;
    snprintf(term, sizeof term, hours ? _("%llu hours") : _("%llu working days, Monday to Friday"),
             (unsigned long long)number_at(deemed, "length"));
    time_format(number_at(deemed, "due_s"), due);
    time_format(number_at(deemed, "witnessed_s"), held);
    snprintf(out, LEVEL_TEXT_BYTES,
             is_deemed(ack) ? _("deemed delivered to %s since %s: two others held it at %s; %s, %s")
                            : _("deemed delivered to %s at %s unless it holds it before: two "
                                "others held it at %s; %s, %s"),
             session_member(s, text_at(deemed, "to")), due, held, term, text_at(deemed, "basis"));
}
