#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/command.h"
#include "tools/export_file.h"

static int fold_run(struct session *s)
{
    const char *path = args_word(&s->args, 0);
    struct export_file file;
    char what[64];
    if (path == NULL)
        return session_usage(s, _("name an export, or - for the standard input"), NULL);
    FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (in == NULL)
        return session_fail_at(s, err_from_errno(errno), path);
    enum err err = export_read(&file, in);
    snprintf(what, sizeof what, _("line %llu"), (unsigned long long)file.line);
    if (err == OK) {
        err = export_fold(&file, stdout);
        snprintf(what, sizeof what, "%.60s", path);
    }
    if (in != stdin)
        fclose(in);
    export_clear(&file);
    return err == OK ? EXIT_DONE : session_fail_at(s, err, what);
}

const struct command cmd_fold = {
    .name = "fold",
    .usage = "FILE",
    .summary = N_("folds the entries of an export without a home: verdicts and states"),
    .example = "jieli fold ledger.jsonl",
    .at_home = true,
    .run = fold_run,
};
