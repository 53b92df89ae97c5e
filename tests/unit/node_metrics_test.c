#include "node/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/prometheus.h"

static const struct metric_label NONE = {0};

static char *text_of(struct buffer *out)
{
    assert_int_equal(buffer_put_u8(out, 0), OK);
    return (char *)out->data;
}

static void demand_good(const char *text)
{
    char why[PROMETHEUS_WHY_BYTES] = "";
    if (!prometheus_check(text, why)) {
        print_error("%s\n%s", why, text);
    }
    assert_string_equal(why, "");
}

static void refused(const char *text)
{
    char why[PROMETHEUS_WHY_BYTES] = "";
    assert_false(prometheus_check(text, why));
    assert_string_not_equal(why, "");
}

static void families_and_samples_are_of_the_grammar(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct metrics m = {.out = &out};
    metrics_family(&m, "a_total", "counter", "Help.");
    metrics_sample(&m, (struct metric_label){"member", "zhujian"}, NONE, 7);
    metrics_sample(&m, (struct metric_label){"member", "x"},
                   (struct metric_label){"epoch", "1"}, UINT64_MAX);
    metrics_single(&m, "b", "gauge", "Help.", 0);
    assert_int_equal(m.err, OK);
    demand_good(text_of(&out));
    assert_true(prometheus_value((char *)out.data, "a_total{member=\"zhujian\"}") == 7);
    assert_true(prometheus_value((char *)out.data, "b") == 0);
    assert_true(prometheus_value((char *)out.data, "c") == -1);
    assert_non_null(strstr((char *)out.data, "{member=\"x\",epoch=\"1\"} 18446744073709551615\n"));
    buffer_clear(&out);
}

static void label_values_are_escaped(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct metrics m = {.out = &out};
    metrics_family(&m, "a", "gauge", "Help.");
    metrics_sample(&m, (struct metric_label){"l", "q\" b\\ n\n t\t} 1\r\nx 市"}, NONE, 7);
    demand_good(text_of(&out));
    assert_non_null(strstr((char *)out.data, "{l=\"q\\\" b\\\\ n\\n t} 1\\nx 市\"} 7\n"));
    buffer_clear(&out);
}

static void histogram_counts_each_time_in_all_its_buckets(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct metrics m = {.out = &out};
    struct histogram h = {0};
    histogram_add(&h, 1000);
    histogram_add(&h, 1001);
    histogram_add(&h, 9000000);
    metrics_histogram(&m, "t_seconds", "Help.", &h);
    const char *text = text_of(&out);
    demand_good(text);
    assert_true(prometheus_value(text, "t_seconds_bucket{le=\"0.001\"}") == 1);
    assert_true(prometheus_value(text, "t_seconds_bucket{le=\"0.0025\"}") == 2);
    assert_true(prometheus_value(text, "t_seconds_bucket{le=\"2.5\"}") == 2);
    assert_true(prometheus_value(text, "t_seconds_bucket{le=\"+Inf\"}") == 3);
    assert_true(prometheus_value(text, "t_seconds_count") == 3);
    assert_non_null(strstr(text, "t_seconds_sum 9.002001\n"));
    buffer_clear(&out);
}

static void reader_refuses_what_a_scraper_would(void **state)
{
    (void)state;
    demand_good("# HELP a h\n# TYPE a gauge\na 1\n");
    refused("# HELP a h\n# TYPE a gauge\na 1");
    refused("# TYPE a gauge\na 1\n");
    refused("a 1\n");
    refused("# HELP a h\n# TYPE a gauge\nb 1\n");
    refused("# HELP a h\n# TYPE a gauge\na 1\na 2\n");
    refused("# HELP a h\n# TYPE a gauge\na x\n");
    refused("# HELP a h\n# TYPE a gauge\na{l=\"1} 1\n");
    refused("# HELP a h\n# TYPE a gauge\na{9=\"1\"} 1\n");
    refused("# HELP a h\n# TYPE a gauge\na{l=\"\\x\"} 1\n");
    refused("# HELP a h\n# TYPE a counter\na 1\n");
    refused("# HELP a_total h\n# TYPE a_total gauge\na_total 1\n");
    refused("# HELP a_total h\n# TYPE a_total counter\na_total -1\n");
    refused("# HELP a h\n# TYPE a gauge\na 1\n# HELP b h\n# TYPE b gauge\nb 1\n"
            "# HELP a h\n# TYPE a gauge\n");
    refused("# HELP h h\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\n"
            "h_sum 1\nh_count 1\n");
    refused("# HELP h h\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(families_and_samples_are_of_the_grammar),
        cmocka_unit_test(label_values_are_escaped),
        cmocka_unit_test(histogram_counts_each_time_in_all_its_buckets),
        cmocka_unit_test(reader_refuses_what_a_scraper_would),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
