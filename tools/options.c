#include "tools/options.h"

#include <string.h>

static const struct option_row *find(const struct option_row *const *tables, unsigned table_count,
                                     const char *name, size_t len)
{
    for (unsigned t = 0; t < table_count; t++) {
        for (const struct option_row *row = tables[t]; row != NULL && row->name != NULL; row++) {
            if (strlen(row->name) == len && memcmp(row->name, name, len) == 0)
                return row;
        }
    }
    return NULL;
}

struct input { int argc, at; char *const *argv; };

static enum args_fault take_option(struct args *out, struct input *in,
                                   const struct option_row *const *tables, unsigned table_count)
{
    const char *name = in->argv[in->at] + 2, *equals = strchr(name, '=');
    size_t len = equals == NULL ? strlen(name) : (size_t)(equals - name);
    const struct option_row *row = find(tables, table_count, name, len);
    const char *value = equals == NULL ? NULL : equals + 1;
    if (row == NULL)
        return ARGS_UNKNOWN;
    if (row->value == NULL && value != NULL)
        return ARGS_NO_FLAG_VALUE;
    if (out->given_count == ARGS_MAX)
        return ARGS_TOO_MANY;
    if (row->value != NULL && value == NULL) {
        if (in->at + 1 >= in->argc)
            return ARGS_NO_VALUE;
        value = in->argv[++in->at];
    }
    out->given[out->given_count].row = row;
    out->given[out->given_count++].value = value == NULL ? "" : value;
    return ARGS_FINE;
}

enum err args_parse(struct args *out, int argc, char *const *argv,
                    const struct option_row *const *tables, unsigned table_count,
                    enum args_fault *fault, const char **at)
{
    bool words_only = false;
    struct input in = {.argc = argc, .argv = argv};
    memset(out, 0, sizeof *out);
    *fault = ARGS_FINE;
    *at = "";
    for (; in.at < argc; in.at++) {
        const char *arg = argv[in.at];
        *at = arg;
        if (!words_only && strcmp(arg, "--") == 0) {
            words_only = true;
        } else if (!words_only && strncmp(arg, "--", 2) == 0) {
            *fault = take_option(out, &in, tables, table_count);
        } else if (!words_only && arg[0] == '-' && arg[1] != 0) {
            *fault = ARGS_UNKNOWN;
        } else if (out->word_count == ARGS_MAX) {
            *fault = ARGS_TOO_MANY;
        } else {
            out->words[out->word_count++] = arg;
        }
        if (*fault != ARGS_FINE)
            return ERR_USAGE;
    }
    return OK;
}

const char *args_nth(const struct args *a, const char *name, unsigned n)
{
    for (unsigned i = 0; i < a->given_count; i++) {
        if (strcmp(a->given[i].row->name, name) == 0 && n-- == 0)
            return a->given[i].value;
    }
    return NULL;
}

const char *args_value(const struct args *a, const char *name)
{
    for (unsigned i = a->given_count; i > 0; i--) {
        if (strcmp(a->given[i - 1].row->name, name) == 0)
            return a->given[i - 1].value;
    }
    return NULL;
}

bool args_has(const struct args *a, const char *name)
{
    return args_value(a, name) != NULL;
}

const char *args_word(const struct args *a, unsigned i)
{
    return i < a->word_count ? a->words[i] : NULL;
}

/* Letters that two names share at their beginnings and ends. */
static size_t likeness(const char *a, size_t a_len, const char *b)
{
    size_t b_len = strlen(b), head = 0, tail = 0;
    size_t least = a_len < b_len ? a_len : b_len;
    while (head < least && a[head] == b[head])
        head++;
    while (tail < least - head && a[a_len - 1 - tail] == b[b_len - 1 - tail])
        tail++;
    return head + tail;
}

size_t args_likeness(const char *a, const char *b)
{
    return likeness(a, strlen(a), b);
}

const char *args_nearest(const struct option_row *const *tables, unsigned table_count,
                         const char *wrong)
{
    const char *best = NULL;
    size_t best_likeness = 1;
    while (*wrong == '-')
        wrong++;
    size_t len = strcspn(wrong, "=");
    for (unsigned t = 0; t < table_count; t++) {
        for (const struct option_row *row = tables[t]; row != NULL && row->name != NULL; row++) {
            size_t l = likeness(wrong, len, row->name);
            if (l > best_likeness && l * 2 >= len) {
                best = row->name;
                best_likeness = l;
            }
        }
    }
    return best;
}
