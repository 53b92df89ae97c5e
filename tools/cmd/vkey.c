#include <stdio.h>

#include "crypto/note.h"
#include "tools/command.h"
#include "tools/home_open.h"

/* The key under which public tools verify this member's checkpoints, alone on its line. */
static int vkey_run(struct session *s)
{
    const char *name = args_word(&s->args, 0);
    char text[VKEY_TEXT_BYTES], origin[ORIGIN_MAX_BYTES + 1];
    struct ledger *l;
    struct vkey key;
    if (name == NULL)
        return session_usage(s, _("name the member whose key is wanted"), NULL);
    int code = home_open_read(s, &l);
    if (code != EXIT_DONE)
        return code;
    const struct member *m = roster_by_log(ledger_roster(l), session_member_id(s, name));
    if (m == NULL)
        return session_fail_at(s, ERR_UNKNOWN_MEMBER, name);
    const struct genesis *g = ledger_genesis(l);
    enum err err = log_origin(g->domain, &g->ledger, m->a.id, 0, origin);
    if (err == OK)
        err = vkey_init(&key, origin, ALG_ED25519, &m->a.node_key);
    if (err == OK)
        err = vkey_format(&key, text, sizeof text);
    if (err != OK)
        return session_fail_at(s, err, name);
    if (s->json)
        return session_json(json_pack("{s:s,s:s}", "member", m->a.id, "vkey", text));
    puts(text);
    return EXIT_DONE;
}

const struct command cmd_vkey = {
    .name = "vkey",
    .usage = "MEMBER",
    .summary = N_("the verifier key of a member's log, as tools of transparency logs take it"),
    .example = "jieli vkey yingji",
    .at_home = true,
    .run = vkey_run,
};
