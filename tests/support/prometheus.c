#include "tests/support/prometheus.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SERIES = 4096, NAME_BYTES = 128, LINE_BYTES = 1024 };

struct check {
    char *why;
    char family[NAME_BYTES], type[16];
    bool has_type;
    unsigned family_count, series_count;
    char families[256][NAME_BYTES];
    char *series[MAX_SERIES];
    double bucket, last_bucket;        /* of the histogram under way */
    bool ends_inf;
};

__attribute__((format(printf, 2, 3)))
static bool bad(struct check *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(c->why, PROMETHEUS_WHY_BYTES, format, args);
    va_end(args);
    return false;
}

static size_t name_len(const char *text, bool colons)
{
    size_t n = 0;
    while (isalnum((unsigned char)text[n]) || text[n] == '_' || (colons && text[n] == ':'))
        n++;
    return n > 0 && isdigit((unsigned char)text[0]) ? 0 : n;
}

/* Past one label="value"; NULL when it is none. */
static const char *label_end(const char *at)
{
    size_t n = name_len(at, false);
    if (n == 0 || strncmp(at, "__", 2) == 0 || at[n] != '=' || at[n + 1] != '"')
        return NULL;
    for (at += n + 2; *at != '"'; at++) {
        if (*at == '\0' || *at == '\n')
            return NULL;
        if (*at == '\\' && strchr("\\\"n", *++at) == NULL)
            return NULL;
    }
    return at + 1;
}

static const char *labels_end(const char *at)
{
    if (*at != '{')
        return at;
    do {
        at = label_end(at + 1);
    } while (at != NULL && *at == ',');
    return at != NULL && *at == '}' ? at + 1 : NULL;
}

static bool begin_family(struct check *c, const char *line)
{
    size_t n = name_len(line + 7, true);
    if (n == 0 || n >= NAME_BYTES || line[7 + n] != ' ')
        return bad(c, "HELP: %.80s", line);
    memcpy(c->family, line + 7, n);
    c->family[n] = '\0';
    c->has_type = false;
    for (unsigned i = 0; i < c->family_count; i++) {
        if (strcmp(c->families[i], c->family) == 0)
            return bad(c, "family %s stands twice", c->family);
    }
    if (c->family_count == 256)
        return bad(c, "too many families");
    strcpy(c->families[c->family_count++], c->family);
    return true;
}

static bool type_line(struct check *c, const char *line)
{
    size_t n = strlen(c->family);
    if (c->has_type || strncmp(line + 7, c->family, n) != 0 || line[7 + n] != ' ')
        return bad(c, "TYPE without its HELP: %.80s", line);
    snprintf(c->type, sizeof c->type, "%s", line + 8 + n);
    c->has_type = true;
    c->bucket = c->last_bucket = -1;
    c->ends_inf = false;
    bool counter = strcmp(c->type, "counter") == 0;
    bool total = n > 6 && strcmp(c->family + n - 6, "_total") == 0;
    if (!counter && strcmp(c->type, "gauge") != 0 && strcmp(c->type, "histogram") != 0)
        return bad(c, "type %s", c->type);
    return counter == total || bad(c, "%s: a counter and only one ends in _total", c->family);
}

static bool histogram_sample(struct check *c, const char *line, const char *suffix, double value)
{
    if (strncmp(suffix, "_bucket{le=\"", 12) == 0) {
        double le = strtod(suffix + 12, NULL);
        if (le <= c->bucket || value < c->last_bucket)
            return bad(c, "buckets do not rise: %.80s", line);
        c->bucket = le;
        c->last_bucket = value;
        c->ends_inf = strncmp(suffix + 12, "+Inf\"", 5) == 0;
        return true;
    }
    if (strncmp(suffix, "_count ", 7) == 0)
        return (c->ends_inf && value == c->last_bucket) || bad(c, "count: %.80s", line);
    return strncmp(suffix, "_sum ", 5) == 0 || bad(c, "sample: %.80s", line);
}

static bool sample(struct check *c, const char *line)
{
    size_t n = strlen(c->family);
    char *end;
    const char *labels = line + name_len(line, true);
    const char *after = labels_end(labels);
    if (!c->has_type || strncmp(line, c->family, n) != 0 || after == NULL || *after != ' ')
        return bad(c, "sample: %.80s", line);
    double value = strtod(after + 1, &end);
    if (end == after + 1 || *end != '\0' || value < 0)
        return bad(c, "value: %.80s", line);
    size_t series_len = (size_t)(after - line);
    for (unsigned i = 0; i < c->series_count; i++) {
        if (strlen(c->series[i]) == series_len && memcmp(c->series[i], line, series_len) == 0)
            return bad(c, "series twice: %.80s", line);
    }
    if (c->series_count == MAX_SERIES)
        return bad(c, "too many series");
    c->series[c->series_count++] = strndup(line, series_len);
    if (strcmp(c->type, "histogram") == 0)
        return histogram_sample(c, line, line + n, value);
    return labels == line + n || bad(c, "sample of another family: %.80s", line);
}

static bool one_line(struct check *c, const char *line)
{
    if (strncmp(line, "# HELP ", 7) == 0)
        return begin_family(c, line);
    if (strncmp(line, "# TYPE ", 7) == 0)
        return type_line(c, line);
    return line[0] != '#' && line[0] != '\0' ? sample(c, line) : bad(c, "line: %.80s", line);
}

bool prometheus_check(const char *text, char why[PROMETHEUS_WHY_BYTES])
{
    struct check *c = calloc(1, sizeof *c);
    char line[LINE_BYTES];
    bool good = c != NULL;
    if (c != NULL)
        c->why = why;
    while (good && *text != '\0') {
        size_t len = strcspn(text, "\n");
        good = text[len] == '\n' && len < sizeof line;
        if (!good) {
            bad(c, "a line without its end, or too long");
            break;
        }
        memcpy(line, text, len);
        line[len] = '\0';
        good = one_line(c, line);
        text += len + 1;
    }
    for (unsigned i = 0; c != NULL && i < c->series_count; i++)
        free(c->series[i]);
    free(c);
    return good;
}

double prometheus_value(const char *text, const char *series)
{
    size_t len = strlen(series);
    for (const char *at = text; at != NULL; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncmp(at, series, len) == 0 && at[len] == ' ')
            return strtod(at + len, NULL);
    }
    return -1;
}
