#include "tools/cmd/rows.h"

#include "tools/cmd/lists.h"
#include "tools/grid.h"
#include "tools/words.h"

void print_rows(struct session *s, const json_t *rows)
{
    const char *const heading[] = {_("sector"), _("district"), _("level"), _("leads"),
                                   _("supports"), _("basis")};
    struct grid g;
    size_t i;
    const json_t *row;
    grid_init(&g, 6, heading);
    json_array_foreach(rows, i, row) {
        char leads[512], supports[2048];
        join_members(s, json_object_get(row, "leads"), leads, sizeof leads);
        join_members(s, json_object_get(row, "supports"), supports, sizeof supports);
        grid_row(&g, (const char *[]){text_at(row, "sector"), text_at(row, "district"),
                                      code_word_of("level", text_at(row, "level")),
                                      leads[0] == 0 ? _("nobody") : leads, supports,
                                      text_at(row, "basis")});
    }
    grid_print(&g, stdout);
    grid_clear(&g);
}
