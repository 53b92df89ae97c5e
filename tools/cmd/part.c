/* The parts of a case, saved as files. */
#include <stdio.h>
#include <string.h>

#include "ledger/cases/readers.h"
#include "ledger/log/home.h"
#include "tools/cmd/lists.h"
#include "tools/command.h"

struct saving { const char *folder; unsigned saved, passed; json_t *list; };

static const char *ending(unsigned role, struct span bytes)
{
    static const char pdf[] = "%PDF-";
    if (role == PART_PHOTO)
        return "jpg";
    if (role != PART_SCAN && role != PART_GROUNDS && role != PART_FINDINGS)
        return "txt";
    return bytes.len > 5 && memcmp(bytes.data, pdf, 5) == 0 ? "pdf" : "bin";
}

static int write_file(struct session *s, struct saving *to, const json_t *act, const json_t *part,
                      size_t number, struct span bytes)
{
    char name[128], path[HOME_PATH_BYTES];
    const unsigned role = (unsigned)number_at(part, "role_no");
    snprintf(name, sizeof name, "%.8s-%zu-%s.%s", text_at(act, "id"), number + 1,
             text_at(part, "role"), ending(role, bytes));
    enum err err = home_path(path, sizeof path, to->folder, name);
    if (err == OK)
        err = file_replace(path, bytes, 0600);
    if (err != OK)
        return session_fail_file(s, err, to->folder);
    to->saved++;
    if (s->json)
        json_array_append_new(to->list, json_string(path));
    else
        puts(path);
    return EXIT_DONE;
}

static void pass_over(struct session *s, struct saving *to, const json_t *act, const json_t *part)
{
    const char *word = part_word(text_at(part, "state"));
    to->passed++;
    if (!s->json)
        printf("%.8s  %s  %s\n", text_at(act, "id"), text_at(part, "role"), word);
}

static int save_part(struct session *s, struct saving *to, const json_t *act, const json_t *part,
                     size_t number)
{
    struct buffer bytes = {0};
    json_t *reply = NULL;
    if (strcmp(text_at(part, "state"), "held") != 0) {
        pass_over(s, to, act, part);
        return EXIT_DONE;
    }
    if (number_at(part, "role_no") == PART_SUBJECT)      /* `jieli show` prints it */
        return EXIT_DONE;
    int code = session_tell(s, json_pack("{s:s,s:s,s:s}", "op", "part", "entry",
                                         text_at(act, "id"), "commitment",
                                         text_at(part, "commitment")),
                            (struct span){0}, &reply, &bytes);
    json_decref(reply);
    if (code == EXIT_DONE)
        code = write_file(s, to, act, part, number, buffer_span(&bytes));
    buffer_clear(&bytes);
    return code;
}

static int save_act(struct session *s, struct saving *to, const json_t *act)
{
    size_t i;
    const json_t *part;
    int code = EXIT_DONE;
    json_array_foreach(json_object_get(act, "parts"), i, part) {
        if (code == EXIT_DONE)
            code = save_part(s, to, act, part, i);
    }
    return code;
}

static int finish(struct session *s, struct saving *to)
{
    if (s->json)
        return session_json(json_pack("{s:O,s:i}", "files", to->list, "passed_over",
                                      (int)to->passed));
    printf(_("%u parts saved in %s\n"), to->saved, to->folder);
    if (to->saved == 0 && to->passed == 0)
        puts(_("there is none but what `jieli show` prints"));
    return EXIT_DONE;
}

static int part_run(struct session *s)
{
    json_t *reply;
    const json_t *act;
    size_t i;
    const char *text = args_word(&s->args, 0), *entry = args_value(&s->args, "entry");
    struct saving to = {.folder = args_value(&s->args, "out")};
    if (text == NULL)
        return session_usage(s, _("name the case by its number or the beginning of it"), NULL);
    if (to.folder == NULL)
        return session_usage(s, _("this option is needed"), "--out");
    int code = session_ask_daemon(s, json_pack("{s:s,s:s}", "query", "show", "case", text),
                                  &reply);
    if (code != EXIT_DONE)
        return code;
    to.list = json_array();
    json_array_foreach(json_object_get(reply, "acts"), i, act) {
        if (entry != NULL && strncmp(text_at(act, "id"), entry, strlen(entry)) != 0)
            continue;
        if (code == EXIT_DONE)
            code = save_act(s, &to, act);
    }
    json_decref(reply);
    if (code == EXIT_DONE)
        code = finish(s, &to);
    json_decref(to.list);
    return code;
}

static const struct option_row part_rows[] = {
    {"out", "DIR", N_("the folder they are saved in")},
    {"entry", "ID", N_("those of one act alone, by the beginning of its id")},
    {NULL, NULL, NULL},
};

const struct command cmd_part = {
    .name = "part",
    .usage = "CASE --out DIR",
    .summary = N_("saves the texts, pictures and scans of a case that we may read"),
    .example = "jieli part yingji-2026-12 --out ./files",
    .options = part_rows,
    .run = part_run,
};
