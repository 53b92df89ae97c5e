/* Suspension of a member beyond a size of its log, by a root officer, in the convenor's log. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/roster/compose.h"
#include "tools/command.h"
#include "tools/writing.h"

enum { SIZE_DIGITS = 18 };

static bool size_read(const char *text, uint64_t *out)
{
    size_t len = strlen(text);
    if (len == 0 || len > SIZE_DIGITS || strspn(text, "0123456789") != len)
        return false;
    *out = strtoull(text, NULL, 10);
    return *out > 0;
}

static int fields_read(struct session *s, struct suspend_fields *f)
{
    const char *member = args_word(&s->args, 0), *size = args_value(&s->args, "size");
    f->ground = args_value(&s->args, "ground");
    if (member == NULL)
        return session_usage(s, _("name the member: jieli suspend MEMBER"), NULL);
    if (size == NULL || !size_read(size, &f->size))
        return session_usage(s, _("--size is needed: how many entries of its log stand, 1 or more"),
                             size);
    if (f->ground == NULL || f->ground[0] == '\0' || strlen(f->ground) > NAME_MAX_BYTES)
        return session_usage(s, _("--ground is needed: why, in at most 127 bytes"), f->ground);
    f->member = session_member_id(s, member);
    return EXIT_DONE;
}

/* What the convenor owes: one ruling for each of the member's open cases. */
static void tell_next(const struct session *s, const char *member)
{
    if (!s->json)
        printf(_("Its open cases need one ruling each:\n  jieli cases --open --custodian %s\n"
                 "  jieli rule CASE --to MEMBER --authority office\n"), member);
}

static int suspend_run(struct session *s)
{
    struct suspend_fields f;
    struct composition c;
    json_t *reply = NULL;
    composition_init(&c);
    int code = fields_read(s, &f);
    if (code == EXIT_DONE && compose_suspend(&c, &f) != OK)
        code = session_fail_at(s, ERR_FORMAT, f.member);
    if (code == EXIT_DONE)
        code = writing_govern(s, KIND_SUSPEND, c.facts, c.fact_count, &reply);
    if (code == EXIT_DONE) {
        json_object_set_new(reply, "member", json_string(f.member));
        code = writing_tell(s, kind_row(KIND_SUSPEND), reply);
        tell_next(s, f.member);
    }
    composition_clear(&c);
    return code;
}

static const struct option_row suspend_options[] = {
    {"size", "N", N_("entries of the member's log that stand; what lies beyond is void")},
    {"ground", "TEXT", N_("why it is suspended, with the document's number")},
    {NULL, NULL, NULL},
};

const struct command cmd_suspend = {
    .name = "suspend",
    .usage = "MEMBER --size N --ground TEXT",
    .summary =
        N_("suspends a member beyond a size of its log: convenor's node, key of a root officer"),
    .example = "jieli suspend zhujian --size 412 --ground 安委办〔2026〕9号 --key e000.key",
    .options = suspend_options,
    .signs = true,
    .waits = true,
    .run = suspend_run,
};
