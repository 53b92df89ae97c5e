#include <stdio.h>

#include "tools/command.h"
#include "tools/export_file.h"
#include "tools/home_open.h"

static int export_run(struct session *s)
{
    struct ledger *l;
    int code = home_open_read(s, &l);
    if (code != EXIT_DONE)
        return code;
    enum err err = export_write(l, stdout);
    return err == OK ? EXIT_DONE : session_fail_at(s, err, s->home);
}

const struct command cmd_export = {
    .name = "export",
    .usage = "> FILE",
    .summary = N_("every entry decoded and every case's state, one JSON object a line"),
    .example = "jieli export --home /var/lib/jieli > ledger.jsonl",
    .at_home = true,
    .run = export_run,
};
