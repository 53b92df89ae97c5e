/* A strict reader of Prometheus text 0.0.4: what promtool would refuse, it refuses. */
#ifndef JIELI_TESTS_SUPPORT_PROMETHEUS_H
#define JIELI_TESTS_SUPPORT_PROMETHEUS_H

#include <stdbool.h>
#include <stddef.h>

enum { PROMETHEUS_WHY_BYTES = 160 };

/* Whether the text is one that a scraper takes whole: every family with one HELP and one TYPE line
 * before its samples and nowhere else, names and labels of the grammar, values numbers, no series
 * twice, counters ending in _total and not negative, histograms with rising buckets that end in
 * +Inf, equal to _count. Else `why` says what is wrong. */
bool prometheus_check(const char *text, char why[PROMETHEUS_WHY_BYTES]);
/* Value of a series as written in the text, labels included; -1: there is none. */
double prometheus_value(const char *text, const char *series);

#endif
