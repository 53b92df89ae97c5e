#include <stdio.h>

#include "tools/command.h"
#include "tools/home_open.h"
#include "tools/tiles.h"

static int export_tiles_run(struct session *s)
{
    const char *name = args_value(&s->args, "member"), *out = args_value(&s->args, "out");
    struct ledger *l;
    uint64_t size;
    if (name == NULL || out == NULL)
        return session_usage(s, _("--member and --out are needed"), NULL);
    int code = home_open_read(s, &l);
    if (code != EXIT_DONE)
        return code;
    const struct log *log = ledger_log(l, session_member_id(s, name), 0);
    if (log == NULL)
        return session_fail_at(s, ERR_UNKNOWN_MEMBER, name);
    struct txn *t = ledger_txn(l);
    enum err err = t == NULL ? ERR_IO : tiles_export(t, log, out, &size);
    if (err != OK)
        return session_fail_at(s, err, out);
    if (s->json)
        return session_json(json_pack("{s:s,s:I,s:s}", "member", log->member, "size",
                                      (json_int_t)size, "out", out));
    printf(_("%llu entries of %s written to %s\n"), (unsigned long long)size, log->member, out);
    return EXIT_DONE;
}

static const struct option_row options[] = {
    {"member", "MEMBER", N_("whose log")},
    {"out", "DIR", N_("folder to write into")},
    {NULL, NULL, NULL},
};

const struct command cmd_export_tiles = {
    .name = "export-tiles",
    .usage = "--member MEMBER --out DIR",
    .summary = N_("one log as checkpoint, tiles and entry bundles that public tools read"),
    .example = "jieli export-tiles --member yingji --out /srv/tiles/yingji",
    .options = options,
    .at_home = true,
    .run = export_tiles_run,
};
