#include <string.h>

#include "ledger/cases/view.h"

enum { FIRST_CAP = 32 };

static unsigned hash_of(const char *name)
{
    uint32_t h = UINT32_C(2166136261);

    while (*name)
        h = (h ^ (uint8_t)*name++) * UINT32_C(16777619);
    return h;
}

/* The place of a name, or the free one where it belongs. */
static struct track_name *place_of(struct track_name *names, unsigned cap, const char *name)
{
    unsigned at = hash_of(name);

    while (names[at & (cap - 1)].text && strcmp(names[at & (cap - 1)].text, name) != 0)
        at++;
    return &names[at & (cap - 1)];
}

static enum err names_grow(struct case_fold *f)
{
    unsigned cap = f->name_cap ? f->name_cap * 2 : FIRST_CAP;
    struct track_name *names = arena_take(&f->kept, cap * sizeof *names);

    if (!names)
        return ERR_NOMEM;
    for (unsigned i = 0; i < f->name_cap; i++)
        if (f->names[i].text)
            *place_of(names, cap, f->names[i].text) = f->names[i];
    f->names = names;
    f->name_cap = cap;
    return OK;
}

static enum err name_add(struct case_fold *f, const char *name, unsigned *number)
{
    struct track_name *place;

    if (f->name_count * 2 >= f->name_cap && names_grow(f) != OK)
        return ERR_NOMEM;
    place = place_of(f->names, f->name_cap, name);
    if (!place->text)
        *place = (struct track_name){name, f->name_count++};
    *number = place->number;
    return OK;
}

enum err track_names_add(struct case_fold *f, struct act *a)
{
    enum err err = OK;

    a->track_numbers = arena_take(&f->kept, a->track_count * sizeof *a->track_numbers);
    if (!a->track_numbers)
        return ERR_NOMEM;
    for (unsigned i = 0; i < a->track_count && err == OK; i++)
        err = name_add(f, a->tracks[i].name, &a->track_numbers[i]);
    if (err == OK && act_has(a, FACT_TRACK))
        err = name_add(f, a->track, &a->track_number);
    f->mention_count += a->track_count;
    return err;
}

unsigned track_number(const struct case_fold *f, const char *name)
{
    const struct track_name *place;

    if (f->name_cap == 0)
        return TRACK_UNKNOWN;
    place = place_of(f->names, f->name_cap, name);
    return place->text ? place->number : TRACK_UNKNOWN;
}
