#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/cases/kinds.h"
#include "tests/support/roster_fixture.h"

enum { LINE_BYTES = 1024, COLUMNS = 7, FIRST_MEMBER_KEY = 11, SECTORS = 44, MEMBERS = 49 };

static struct fixture world;

static int setup(void **state)
{
    *state = &world;
    fixture_init(&world, 1, 1);
    return 0;
}

static int setup_three(void **state)
{
    setup(state);
    fixture_member(&world, "yingji", 11, 1);
    fixture_member(&world, "gongan", 12, 2);
    fixture_member(&world, "jiaotong", 13, 3);
    return 0;
}

static int teardown(void **state)
{
    fixture_clear(*state);
    return 0;
}

static enum reason publish_by(uint64_t index, uint64_t law, unsigned key, const char *post,
                              const struct duty_fields *rows, unsigned count)
{
    assert_int_equal(compose_duty(&world.facts, rows, count), OK);
    struct attempt duty = {.member = "anweiban", .kind = KIND_DUTY, .index = index, .law = law,
                           .facts = &world.facts, .signer_count = 1,
                           .signers = {{key, post, NULL}}};
    return fixture_apply(&world, &duty);
}

static enum reason publish(uint64_t index, const struct duty_fields *rows, unsigned count)
{
    return publish_by(index, index, KEY_ROOT, POST_DIRECTOR, rows, count);
}

static struct duty_fields row_of(const char *district, uint8_t level, const char *const *leads,
                                 unsigned lead_count)
{
    return (struct duty_fields){.sector = "whp", .district = district, .level = level,
                                .leads = leads, .lead_count = lead_count, .basis = "三定方案"};
}

static const char *lead_of(const char *district, uint8_t level, uint64_t law)
{
    const struct duty_row *row = roster_duty(world.roster, "whp", district, level, law);
    if (row == NULL)
        return "";
    return row->lead_count == 0 ? "-" : roster_member(world.roster, row->leads[0])->a.id;
}

static const char *const yingji[] = {"yingji"}, *const gongan[] = {"gongan"},
                  *const both[] = {"jiaotong", "yingji"}, *const twice[] = {"yingji", "yingji"},
                  *const unknown[] = {"qixiang"},
                  *const five[] = {"yingji", "gongan", "jiaotong", "anweiban", "qixiang"};

static void a_later_row_replaces_and_the_past_stays(void **state)
{
    (void)state;
    struct duty_fields first = row_of("*", DUTY_CITY, yingji, 1),
                       second = row_of("*", DUTY_CITY, gongan, 1);
    assert_string_equal(lead_of("gedian", DUTY_CITY, UINT64_MAX), "");
    assert_int_equal(publish(4, &first, 1), REASON_NONE);
    assert_int_equal(publish(9, &second, 1), REASON_NONE);
    assert_string_equal(lead_of("gedian", DUTY_CITY, 4), "");
    assert_string_equal(lead_of("gedian", DUTY_CITY, 5), "yingji");
    assert_string_equal(lead_of("gedian", DUTY_CITY, 9), "yingji");
    assert_string_equal(lead_of("gedian", DUTY_CITY, 10), "gongan");
    assert_string_equal(lead_of("gedian", DUTY_COUNTY, 10), "");
}

static void a_district_of_its_own_beats_any_whichever_came_first(void **state)
{
    (void)state;
    struct duty_fields own = row_of("gedian", DUTY_CITY, yingji, 1),
                       any = row_of("*", DUTY_CITY, gongan, 1),
                       none = row_of("gedian", DUTY_CITY, NULL, 0);
    assert_int_equal(publish(4, &own, 1), REASON_NONE);
    assert_int_equal(publish(5, &any, 1), REASON_NONE);
    assert_string_equal(lead_of("gedian", DUTY_CITY, 6), "yingji");
    assert_string_equal(lead_of("echeng", DUTY_CITY, 6), "gongan");
    assert_int_equal(publish(6, &none, 1), REASON_NONE);
    assert_string_equal(lead_of("gedian", DUTY_CITY, 7), "-");
}

static void the_list_shows_each_row_in_force_once(void **state)
{
    (void)state;
    struct duty_row row;
    struct duty_fields rows[] = {row_of("gedian", DUTY_CITY, yingji, 1),
                                 row_of("*", DUTY_COUNTY, both, 2),
                                 row_of("*", DUTY_CITY, NULL, 0)};
    struct duty_fields later = row_of("*", DUTY_CITY, gongan, 1);
    assert_int_equal(publish(4, rows, 3), REASON_NONE);
    assert_int_equal(publish(5, &later, 1), REASON_NONE);
    assert_false(roster_duty_at(world.roster, 4, 0, &row));
    assert_true(roster_duty_at(world.roster, 5, 0, &row));
    assert_true(duty_row_gap(&row) && !duty_row_overlap(&row));
    assert_true(roster_duty_at(world.roster, 6, 0, &row));
    assert_false(duty_row_gap(&row) || duty_row_overlap(&row));
    assert_true(roster_duty_at(world.roster, 6, 1, &row));
    assert_true(row.level == DUTY_COUNTY && duty_row_overlap(&row));
    assert_true(roster_duty_at(world.roster, 6, 2, &row));
    assert_string_equal(row.district, "gedian");
    assert_string_equal(row.basis, "三定方案");
    assert_false(roster_duty_at(world.roster, 6, 3, &row));
}

static void rows_name_only_members_admitted_as_of_law(void **state)
{
    (void)state;
    struct duty_fields bad = row_of("*", DUTY_CITY, unknown, 1),
                       good = row_of("*", DUTY_CITY, both, 2);
    assert_int_equal(publish(4, &bad, 1), REASON_NO_MEMBER);
    assert_int_equal(publish_by(4, 3, KEY_ROOT, POST_DIRECTOR, &good, 1), REASON_NO_MEMBER);
    assert_int_equal(publish_by(4, 4, KEY_ROOT, POST_DIRECTOR, &good, 1), REASON_NONE);
}

static void malformed_rows_change_nothing(void **state)
{
    (void)state;
    struct duty_fields good = row_of("*", DUTY_CITY, yingji, 1);
    struct duty_fields bad[] = {good, good, good, good, good};
    bad[0].sector = "";
    bad[1].level = 3;
    bad[2].district = "";
    bad[3].leads = twice;
    bad[3].lead_count = 2;
    bad[4].leads = five;
    bad[4].lead_count = 5;
    for (unsigned i = 0; i < 5; i++) {
        struct duty_fields rows[] = {row_of("gedian", DUTY_CITY, yingji, 1), bad[i]};
        assert_int_equal(publish(4, rows, 2), REASON_FACTS);
    }
    struct duty_fields repeated[] = {good, good};
    assert_int_equal(publish(4, repeated, 2), REASON_FACTS);
    assert_int_equal(publish(4, NULL, 0), REASON_FACTS);
    assert_string_equal(lead_of("gedian", DUTY_CITY, UINT64_MAX), "");
    assert_int_equal(publish(4, &good, 1), REASON_NONE);
}

static void root_officers_and_administrators_of_the_convenor_publish(void **state)
{
    (void)state;
    struct duty_fields row = row_of("*", DUTY_CITY, yingji, 1);
    fixture_enrol(&world, "anweiban", KEY_OFFICER, "经办人");
    struct attempt enrol = {.member = "anweiban", .kind = KIND_ENROL, .index = 4, .law = 4,
                            .facts = &world.facts, .signer_count = 1,
                            .signers = {{KEY_CONVENOR + KEY_ADMIN, "科长", NULL}}};
    assert_int_equal(fixture_apply(&world, &enrol), REASON_NONE);
    assert_int_equal(publish_by(5, 5, KEY_OFFICER, "经办人", &row, 1), REASON_NOT_ADMINISTRATOR);
    assert_string_equal(lead_of("gedian", DUTY_CITY, UINT64_MAX), "");
    assert_int_equal(publish_by(6, 6, KEY_CONVENOR + KEY_ADMIN, "管理员", &row, 1), REASON_NONE);
    assert_int_equal(publish_by(7, 7, KEY_ROOT, POST_DIRECTOR, &row, 1), REASON_NONE);
}

static void only_the_convenor_publishes(void **state)
{
    (void)state;
    struct duty_fields row = row_of("*", DUTY_CITY, yingji, 1);
    assert_int_equal(compose_duty(&world.facts, &row, 1), OK);
    struct attempt duty = {.member = "yingji", .kind = KIND_DUTY, .index = 1, .law = 4,
                           .facts = &world.facts, .signer_count = 1,
                           .signers = {{11 + KEY_ADMIN, "管理员", NULL}}};
    assert_int_equal(fixture_apply(&world, &duty), REASON_NOT_CONVENOR);
}

static void the_map_waits_for_endorsements_above_k_1(void **state)
{
    (void)state;
    fixture_clear(&world);
    fixture_init(&world, 2, 2);
    const char *const leads[] = {"anweiban"};
    struct duty_fields row = row_of("*", DUTY_CITY, leads, 1);
    assert_int_equal(publish(4, &row, 1), REASON_NONE);
    assert_true(world.pending);
    assert_string_equal(lead_of("gedian", DUTY_CITY, UINT64_MAX), "");
}

/* Cuts at `separator`; empty fields count. The last column takes no more than its own. */
static unsigned split(char *text, char separator, char *out[], unsigned max)
{
    unsigned count = 0;
    while (text != NULL && count < max) {
        char *end = strchr(text, separator);
        out[count++] = text;
        if (end != NULL)
            *end++ = 0;
        text = end;
    }
    return count;
}

static unsigned split_list(char *text, char *out[], unsigned max)
{
    return text[0] == 0 ? 0 : split(text, ',', out, max);
}

static bool line_read(FILE *file, char line[LINE_BYTES], char *columns[COLUMNS])
{
    static char empty[1];
    do {
        if (fgets(line, LINE_BYTES, file) == NULL)
            return false;
        line[strcspn(line, "\n")] = 0;
    } while (line[0] == '#' || line[0] == 0);
    for (unsigned i = split(line, '\t', columns, COLUMNS); i < COLUMNS; i++)
        columns[i] = empty;
    return true;
}

static void member_load(char *columns[COLUMNS], unsigned key, uint64_t index)
{
    struct admission a = fixture_admission(&world, columns[0], key, &world.genesis.ledger);
    char *powers[8];
    unsigned count = split_list(columns[5], powers, 8);
    strncpy(a.name, columns[1], NAME_MAX_BYTES);
    strncpy(a.institution, columns[4], ID_MAX_BYTES);
    assert_int_equal(member_kind_from_name(columns[2], &a.kind), OK);
    a.powers = 0;
    for (unsigned i = 0; i < count; i++) {
        enum power power = 0;
        assert_int_equal(power_from_name(powers[i], &power), OK);
        a.powers |= (unsigned)power;
    }
    a.vertical = strcmp(columns[6], "yes") == 0;
    assert_int_equal(compose_admit(&world.facts, &a), OK);
    struct attempt admit = {.member = "anweiban", .kind = KIND_ADMIT, .index = index, .law = index,
                            .facts = &world.facts, .signer_count = 1,
                            .signers = {{KEY_ROOT, POST_DIRECTOR, NULL}}};
    assert_int_equal(fixture_apply(&world, &admit), REASON_NONE);
}

static uint64_t members_load(void)
{
    char line[LINE_BYTES], *columns[COLUMNS];
    uint64_t index = 1;
    FILE *file = fopen("configs/ezhou/members.tsv", "r");
    assert_non_null(file);
    while (line_read(file, line, columns))
        if (strcmp(columns[3], "convenor") != 0) {
            member_load(columns, FIRST_MEMBER_KEY + (unsigned)index, index);
            index++;
        }
    fclose(file);
    return index;
}

static void sectors_load(uint64_t index)
{
    static char lines[SECTORS][LINE_BYTES], *leads[SECTORS][8], *supports[SECTORS][16];
    struct duty_fields rows[SECTORS];
    char *columns[COLUMNS];
    unsigned count = 0;
    FILE *file = fopen("configs/ezhou/sectors.tsv", "r");
    assert_non_null(file);
    while (count < SECTORS && line_read(file, lines[count], columns)) {
        rows[count] = (struct duty_fields){
            .sector = columns[0], .district = "*", .level = DUTY_CITY, .basis = columns[4],
            .lead_count = split_list(columns[2], leads[count], 8),
            .support_count = split_list(columns[3], supports[count], 16),
            .leads = (const char *const *)leads[count],
            .supports = (const char *const *)supports[count]};
        count++;
    }
    fclose(file);
    assert_int_equal(count, SECTORS);
    assert_int_equal(publish(index, rows, count), REASON_NONE);
}

static void the_published_city_has_its_gaps_and_one_overlap(void **state)
{
    (void)state;
    static const char *const nobody[] = {"cn", "ddc", "etyl", "jbss", "mswp", "tl", "wfc"};
    unsigned count = 0, gaps = 0, overlaps = 0;
    struct duty_row row;
    uint64_t index = members_load();
    sectors_load(index);
    assert_int_equal(roster_member_count(world.roster), MEMBERS);
    for (; roster_duty_at(world.roster, UINT64_MAX, count, &row); count++) {
        if (duty_row_gap(&row))
            assert_string_equal(row.sector, nobody[gaps++]);
        if (duty_row_overlap(&row)) {
            assert_string_equal(row.sector, "yj");
            overlaps++;
        }
    }
    assert_int_equal(count, SECTORS);
    assert_int_equal(gaps, sizeof nobody / sizeof nobody[0]);
    assert_int_equal(overlaps, 1);
    assert_string_equal(lead_of("gedian", DUTY_CITY, UINT64_MAX), "yingji");
    assert_null(roster_duty(world.roster, "whp", "gedian", DUTY_COUNTY, UINT64_MAX));
    assert_null(roster_duty(world.roster, "zzz", "gedian", DUTY_CITY, UINT64_MAX));
    struct member_no feimei = member_numbered(&world, "feimei"),
                     bureau = member_numbered(&world, "yingji"),
                     customs = member_numbered(&world, "haiguan");
    assert_true(roster_same_institution(world.roster, feimei, bureau));
    assert_false(roster_same_institution(world.roster, feimei, customs));
    assert_true(roster_member(world.roster, customs)->a.vertical);
    assert_int_equal(roster_member(world.roster, customs)->a.powers, POWER_ENFORCE);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup_three, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(a_later_row_replaces_and_the_past_stays),
        FRESH(a_district_of_its_own_beats_any_whichever_came_first),
        FRESH(the_list_shows_each_row_in_force_once),
        FRESH(rows_name_only_members_admitted_as_of_law),
        FRESH(malformed_rows_change_nothing),
        FRESH(root_officers_and_administrators_of_the_convenor_publish),
        FRESH(only_the_convenor_publishes),
        FRESH(the_map_waits_for_endorsements_above_k_1),
        cmocka_unit_test_setup_teardown(the_published_city_has_its_gaps_and_one_overlap, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
