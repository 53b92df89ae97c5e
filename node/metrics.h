/* Prometheus text, exposition format 0.0.4: families of samples, written in order. Pure.
 * https://prometheus.io/docs/instrumenting/exposition_formats/ */
#ifndef JIELI_NODE_METRICS_H
#define JIELI_NODE_METRICS_H

#include "crypto/bytes.h"

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* The first error sticks: what is written after it is no text. `name` is of the family begun. */
struct metrics { struct buffer *out; enum err err; const char *name; };
struct metric_label { const char *name, *value; };   /* name NULL: none */

/* type: "counter", "gauge" or "histogram". */
void metrics_family(struct metrics *m, const char *name, const char *type, const char *help);
/* One sample of the family; up to two labels, values of any bytes. */
void metrics_sample(struct metrics *m, struct metric_label a, struct metric_label b,
                    uint64_t value);
/* The same of one without labels, its family with it. */
void metrics_single(struct metrics *m, const char *name, const char *type, const char *help,
                    uint64_t value);

/* Times, in buckets from 1 ms to 2.5 s. */
enum { HISTOGRAM_BOUNDS = 11 };
struct histogram { uint64_t below[HISTOGRAM_BOUNDS], count, sum_us; };
void histogram_add(struct histogram *h, uint64_t us);
/* In seconds. */
void metrics_histogram(struct metrics *m, const char *name, const char *help,
                       const struct histogram *h);

#endif
