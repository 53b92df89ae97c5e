#include "tools/member_input.h"

#include <stdio.h>
#include <string.h>

#include "tools/tsv.h"
#include "tools/words.h"

int member_input_text(struct session *s, const char *option, const char *text, char *out,
                      size_t out_bytes)
{
    if (text == NULL || text[0] == 0)
        return session_usage(s, _("this option is needed"), option);
    if (strlen(text) >= out_bytes)
        return session_usage(s, _("the value is too long"), option);
    snprintf(out, out_bytes, "%s", text);
    return EXIT_DONE;
}

static int take_powers(struct session *s, const char *text, struct admission *a)
{
    char copy[256];
    const char *names[8];
    int code = member_input_text(s, "--powers", text, copy, sizeof copy);
    if (code != EXIT_DONE)
        return code;
    unsigned count = tsv_split(copy, names, 8);
    a->powers = 0;
    for (unsigned i = 0; i < count && i < 8; i++) {
        enum power power;
        if (power_from_name(names[i], &power) != OK)
            return session_usage(s, _("no such power"), names[i]);
        a->powers |= power;
    }
    return EXIT_DONE;
}

struct said { const char *name, *kind, *institution, *powers; bool vertical; };

static int take_said(struct session *s, const struct said *said, struct admission *a)
{
    int code = member_input_text(s, "--name", said->name, a->name, sizeof a->name);
    const char *institution =
        said->institution == NULL || said->institution[0] == 0 ? a->id : said->institution;
    if (code == EXIT_DONE)
        code = member_input_text(s, "--institution", institution, a->institution,
                                 sizeof a->institution);
    if (code == EXIT_DONE)
        code = take_powers(s, said->powers, a);
    if (code == EXIT_DONE &&
        (said->kind == NULL || member_kind_from_name(said->kind, &a->kind) != OK))
        code = session_usage(
            s, _("--kind is office, bureau, board, district, oversight or judicial"), said->kind);
    a->vertical = said->vertical;
    return code;
}

static int find_row(struct session *s, const char *path, const char *id, struct tsv *t)
{
    enum err err = tsv_open(t, path);
    if (err != OK)
        return session_fail_at(s, err, path);
    while (tsv_next(t)) {
        if (strcmp(tsv_cell(t, "id"), id) == 0)
            return EXIT_DONE;
    }
    return session_fail_at(s, ERR_NOTFOUND, id);
}

static const char *prefer(const char *option, const char *cell)
{
    return option != NULL ? option : cell;
}

int member_input_take(struct session *s, struct admission *a)
{
    struct tsv t = {.line = 0};
    const char *path = args_value(&s->args, "members");
    struct said said = {
        .name = args_value(&s->args, "name"),
        .kind = args_value(&s->args, "kind"),
        .institution = args_value(&s->args, "institution"),
        .powers = args_value(&s->args, "powers"),
        .vertical = args_has(&s->args, "vertical"),
    };
    int code = path == NULL ? EXIT_DONE : find_row(s, path, a->id, &t);
    if (code == EXIT_DONE && path != NULL) {
        said.name = prefer(said.name, tsv_cell(&t, "name"));
        said.kind = prefer(said.kind, tsv_cell(&t, "kind"));
        said.institution = prefer(said.institution, tsv_cell(&t, "institution"));
        said.powers = prefer(said.powers, tsv_cell(&t, "powers"));
        said.vertical = said.vertical || strcmp(tsv_cell(&t, "vertical"), "yes") == 0;
    }
    if (code == EXIT_DONE)
        code = take_said(s, &said, a);
    tsv_close(&t);
    return code;
}
