/* The committee's tables: members.tsv and sectors.tsv. */
#include <stdio.h>
#include <string.h>

#include "tools/load/govern.h"
#include "tools/tsv.h"

enum { TABLE_PATH_BYTES = 4096, POWERS_MAX = 8 };

static enum err table_open(const struct load *l, const char *name, struct tsv *t)
{
    char path[TABLE_PATH_BYTES];
    int n = snprintf(path, sizeof path, "%s/%s", l->options.committee, name);
    return n < 0 || (size_t)n >= sizeof path ? ERR_TOO_LARGE : tsv_open(t, path);
}

static enum err text_take(char *out, size_t out_bytes, const char *text)
{
    int n = snprintf(out, out_bytes, "%s", text);
    return n <= 0 || (size_t)n >= out_bytes ? ERR_FORMAT : OK;
}

static enum err powers_take(const char *text, unsigned *powers)
{
    char copy[256];
    const char *names[POWERS_MAX];
    enum err err = text_take(copy, sizeof copy, text);
    unsigned count = err == OK ? tsv_split(copy, names, POWERS_MAX) : 0;
    for (unsigned i = 0; err == OK && i < count && i < POWERS_MAX; i++) {
        enum power power;
        err = power_from_name(names[i], &power);
        if (err == OK)
            *powers |= power;
    }
    return count > POWERS_MAX ? ERR_FORMAT : err;
}

static enum err member_take(const struct tsv *t, struct load_member *m)
{
    struct admission *a = &m->admission;
    enum err err = text_take(m->id, sizeof m->id, tsv_cell(t, "id"));
    if (err == OK)
        err = text_take(a->id, sizeof a->id, m->id);
    if (err == OK)
        err = text_take(a->name, sizeof a->name, tsv_cell(t, "name"));
    if (err == OK)
        err = text_take(a->institution, sizeof a->institution, tsv_cell(t, "institution"));
    if (err == OK)
        err = member_kind_from_name(tsv_cell(t, "kind"), &a->kind);
    if (err == OK)
        err = powers_take(tsv_cell(t, "powers"), &a->powers);
    a->vertical = strcmp(tsv_cell(t, "vertical"), "yes") == 0;
    return err;
}

/* A member that only holds what others write. */
static void idle_take(struct load_member *m, unsigned i)
{
    struct admission *a = &m->admission;
    snprintf(m->id, sizeof m->id, "beiyong%u", i + 1);
    snprintf(a->id, sizeof a->id, "%s", m->id);
    snprintf(a->name, sizeof a->name, "备用%u", i + 1);
    snprintf(a->institution, sizeof a->institution, "%s", m->id);
    a->kind = MEMBER_BUREAU;
    a->powers = POWER_OPERATOR;
}

static enum err members_take(struct load *l)
{
    struct tsv t;
    enum err err = table_open(l, "members.tsv", &t);
    while (err == OK && l->member_count < l->options.members) {
        err = tsv_next(&t) ? member_take(&t, &l->members[l->member_count]) : ERR_RANGE;
        l->member_count++;
    }
    tsv_close(&t);
    for (unsigned i = 0; i < LOAD_IDLE_MEMBERS; i++)
        idle_take(&l->members[l->member_count++], i);
    return err;
}

static unsigned member_of(const struct load *l, const char *id)
{
    for (unsigned i = 1; i < l->options.members; i++)
        if (strcmp(l->members[i].id, id) == 0)
            return i;
    return 0;
}

static enum err sectors_take(struct load *l)
{
    struct tsv t;
    enum err err = table_open(l, "sectors.tsv", &t);
    while (err == OK && l->sector_count < LOAD_MAX_SECTORS && tsv_next(&t)) {
        struct load_sector *s = &l->sectors[l->sector_count++];
        char leads[256];
        const char *first[1] = {""};
        err = text_take(s->id, sizeof s->id, tsv_cell(&t, "id"));
        snprintf(leads, sizeof leads, "%s", tsv_cell(&t, "lead"));
        (void)tsv_split(leads, first, 1);
        s->lead = member_of(l, first[0]);
    }
    tsv_close(&t);
    return err == OK && l->sector_count == 0 ? ERR_FORMAT : err;
}

enum err load_tables(struct load *l)
{
    enum err err = members_take(l);
    return err == OK ? sectors_take(l) : err;
}
