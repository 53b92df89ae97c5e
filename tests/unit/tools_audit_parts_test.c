#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/log/home.h"
#include "ledger/log/part.h"
#include "tests/support/cluster.h"
#include "tools/audit/audit.h"

struct seen { unsigned spoilt; uint64_t index, missing, named; };

static void found(void *ctx, const struct finding *f)
{
    struct seen *seen = ctx;
    if (f->kind == FIND_PART) {
        seen->spoilt++;
        seen->index = f->index;
        assert_string_equal(f->member, "yingji");
        assert_int_equal(f->err, ERR_CORRUPT);
    }
    if (f->kind == FIND_PARTS) {
        seen->missing = f->size;
        seen->named = f->other;
    }
}

static void line(void *ctx, const struct audit_line *l)
{
    (void)ctx;
    (void)l;
}

static struct seen audit(const char *home, bool listed)
{
    struct seen seen = {0};
    struct audit_summary out;
    const struct audit_report report = {.ctx = &seen, .found = found, .line = line};
    const struct audit_options options = {.threads = 1};
    assert_int_equal(audit_home(home, &options, &report, &out), OK);
    assert_false(out.broken);
    assert_int_equal(out.listed, listed);
    return seen;
}

/* A report whose subject and photograph are kept by its author; the commitment of the second. */
static struct hash report_with_parts(struct cluster *c)
{
    static const uint8_t salt[SALT_BYTES] = {7};
    struct cluster_act a;
    struct hash last = {{0}};
    cluster_report_act(&a, 1);
    for (uint8_t i = 0; i < 2; i++) {
        struct part_ref *part = &a.parts[a.part_count++];
        *part = (struct part_ref){.role = PART_SUBJECT, .mode = PART_OPEN, .padded_bytes = 1};
        assert_int_equal(part_store(c->members[1].home, salt, span_of(&i, 1), &part->commitment),
                         OK);
        last = part->commitment;
    }
    cluster_append(c, 1, &a, NULL);
    cluster_act_clear(&a);
    return last;
}

static void part_path(const struct cluster *c, const struct hash *commitment, char *out,
                      size_t room)
{
    char hex[2 * HASH_BYTES + 1];
    assert_int_equal(hex_encode(hex, sizeof hex, span_of(commitment->b, HASH_BYTES)), OK);
    snprintf(out, room, "%s/parts/%.2s/%s", c->members[1].home, hex, hex);
}

static void parts_are_checked_where_they_are_and_counted_where_not(void **state)
{
    const struct cluster_options options = {.seed = 141, .members = 3, .start_s = 1767225600};
    struct cluster *c = cluster_create(&options);
    char path[HOME_PATH_BYTES];
    (void)state;
    cluster_open_all(c);
    const struct hash photo = report_with_parts(c);
    const uint64_t index = ledger_log(c->members[1].ledger, "yingji", 0)->frontier.size - 1;
    cluster_share(c);

    struct seen seen = audit(c->members[1].home, false);
    assert_int_equal(seen.named, 0);
    seen = audit(c->members[2].home, false);
    assert_int_equal(seen.missing, 2);
    assert_int_equal(seen.named, 2);

    part_path(c, &photo, path, sizeof path);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, SALT_BYTES, SEEK_SET), 0);
    assert_int_equal(fputc(9, file), 9);
    assert_int_equal(fclose(file), 0);
    seen = audit(c->members[1].home, true);
    assert_int_equal(seen.spoilt, 1);
    assert_int_equal(seen.index, index);

    assert_int_equal(remove(path), 0);
    seen = audit(c->members[1].home, false);
    assert_int_equal(seen.spoilt, 0);
    assert_int_equal(seen.missing, 1);
    cluster_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_checked_where_they_are_and_counted_where_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
