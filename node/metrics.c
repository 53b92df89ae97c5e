#include "node/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const uint64_t BOUNDS_US[HISTOGRAM_BOUNDS] = {
    1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000,
};

static void put(struct metrics *m, const char *text, size_t len)
{
    if (m->err == OK) {
        m->err = buffer_put(m->out, text, len);
    }
}

static void put_text(struct metrics *m, const char *text)
{
    put(m, text, strlen(text));
}

static void put_value(struct metrics *m, uint64_t value)
{
    char text[32];
    snprintf(text, sizeof text, " %" PRIu64 "\n", value);
    put_text(m, text);
}

/* Backslash, quote and newline are escaped, other control characters left out. */
static void put_label_value(struct metrics *m, const char *value)
{
    for (const char *c = value; *c != '\0'; c++) {
        if (*c == '\\' || *c == '"') {
            put(m, "\\", 1);
            put(m, c, 1);
        } else if (*c == '\n') {
            put_text(m, "\\n");
        } else if ((unsigned char)*c >= ' ') {
            put(m, c, 1);
        }
    }
}

static void put_label(struct metrics *m, struct metric_label label, bool first)
{
    put_text(m, first ? "{" : ",");
    put_text(m, label.name);
    put_text(m, "=\"");
    put_label_value(m, label.value);
    put_text(m, "\"");
}

void metrics_family(struct metrics *m, const char *name, const char *type, const char *help)
{
    m->name = name;
    put_text(m, "# HELP ");
    put_text(m, name);
    put_text(m, " ");
    put_text(m, help);
    put_text(m, "\n# TYPE ");
    put_text(m, name);
    put_text(m, " ");
    put_text(m, type);
    put_text(m, "\n");
}

void metrics_sample(struct metrics *m, struct metric_label a, struct metric_label b,
                    uint64_t value)
{
    put_text(m, m->name);
    if (a.name != NULL) {
        put_label(m, a, true);
    }
    if (b.name != NULL) {
        put_label(m, b, a.name == NULL);
    }
    if (a.name != NULL || b.name != NULL) {
        put_text(m, "}");
    }
    put_value(m, value);
}

void metrics_single(struct metrics *m, const char *name, const char *type, const char *help,
                    uint64_t value)
{
    const struct metric_label none = {0};
    metrics_family(m, name, type, help);
    metrics_sample(m, none, none, value);
}

void histogram_add(struct histogram *h, uint64_t us)
{
    for (unsigned i = 0; i < HISTOGRAM_BOUNDS; i++) {
        h->below[i] += us <= BOUNDS_US[i];
    }
    h->count++;
    h->sum_us += us;
}

static void put_seconds(char *out, size_t bytes, uint64_t us)
{
    int len = snprintf(out, bytes, "%" PRIu64 ".%06" PRIu64, us / 1000000, us % 1000000);
    while (len > 0 && out[len - 1] == '0') {
        out[--len] = '\0';
    }
    if (len > 0 && out[len - 1] == '.') {
        out[len - 1] = '\0';
    }
}

void metrics_histogram(struct metrics *m, const char *name, const char *help,
                       const struct histogram *h)
{
    char line[160], seconds[32];
    metrics_family(m, name, "histogram", help);
    for (unsigned i = 0; i < HISTOGRAM_BOUNDS; i++) {
        put_seconds(seconds, sizeof seconds, BOUNDS_US[i]);
        snprintf(line, sizeof line, "%s_bucket{le=\"%s\"}", name, seconds);
        put_text(m, line);
        put_value(m, h->below[i]);
    }
    snprintf(line, sizeof line, "%s_bucket{le=\"+Inf\"}", name);
    put_text(m, line);
    put_value(m, h->count);
    put_seconds(seconds, sizeof seconds, h->sum_us);
    snprintf(line, sizeof line, "%s_sum %s\n%s_count", name, seconds, name);
    put_text(m, line);
    put_value(m, h->count);
}
