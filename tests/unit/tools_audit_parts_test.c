#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/log/home.h"
#include "ledger/log/part.h"
#include "ledger/log/part_erase.h"
#include "tests/support/cluster_part.h"
#include "tools/audit/audit.h"

struct seen { unsigned spoilt; uint64_t index, missing, named, erased; };

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
    if (f->kind == FIND_ERASED)
        seen->erased = f->size;
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

static const char *mark_path(const struct cluster *c, const struct hash *commitment)
{
    static char path[HOME_PATH_BYTES];
    part_path(c, commitment, path, sizeof path);
    strncat(path, ".erased", sizeof path - strlen(path) - 1);
    return path;
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

/* A mark that names no order of the ledger hides no loss. */
static void erased_parts_are_told_from_missing_ones_by_their_order(void **state)
{
    const struct cluster_options options = {.seed = 142, .members = 3, .start_s = 1767225600};
    struct cluster *c = cluster_create(&options);
    struct hash text, id, order;
    struct cluster_act a;
    (void)state;
    cluster_open_all(c);
    id = cluster_part_report(c, 1, PART_TEXT, PART_SEALED, span_of("gone", 4), &text);
    assert_int_equal(part_erase(c->members[1].home, &text, &id), OK);
    struct seen seen = audit(c->members[1].home, false);
    assert_int_equal(seen.missing, 1);
    assert_int_equal(seen.erased, 0);
    cluster_act_init(&a, KIND_ERASE, &id);
    cluster_fact_text(&a, FACT_CLAUSE, "ground");
    cluster_fact_uint(&a, FACT_STEP, STEP_DECIDE);
    cluster_append(c, 1, &a, &order);
    cluster_act_clear(&a);
    assert_int_equal(unlink(mark_path(c, &text)), 0);
    assert_int_equal(part_erase(c->members[1].home, &text, &order), OK);
    seen = audit(c->members[1].home, false);
    assert_int_equal(seen.missing, 0);
    assert_int_equal(seen.erased, 1);
    cluster_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_checked_where_they_are_and_counted_where_not),
        cmocka_unit_test(erased_parts_are_told_from_missing_ones_by_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
