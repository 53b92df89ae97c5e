#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/log/home.h"
#include "tools/audit/audit.h"
#include "tools/load/govern.h"

enum { ENTRIES = 6000, MEMBERS = 49 };

struct filled { char home[256]; struct load *load; struct ledger *ledger; };

static struct load_options options_of(uint64_t seed, unsigned members)
{
    return (struct load_options){.seed = seed, .committee = "configs/ezhou", .members = members};
}

static void fill(struct filled *f, const struct load_options *options, uint64_t entries)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(f->home, sizeof f->home, "%s/load-XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(f->home));
    assert_int_equal(rmdir(f->home), 0);
    assert_int_equal(load_create(&f->load, options), OK);
    const unsigned idle = load_idle(f->load, 0);
    const struct ledger_options open = {.home = f->home, .member = f->load->members[idle].id,
                                        .node_key = f->load->members[idle].node,
                                        .mode = LEDGER_WRITE};
    assert_int_equal(load_home(f->load, f->home, idle, NULL, NULL), OK);
    assert_int_equal(ledger_open(&f->ledger, &open), OK);
    assert_int_equal(load_found(f->load, f->ledger, idle), OK);
    assert_int_equal(load_fill(f->load, f->ledger, entries), OK);
}

static void clear(struct filled *f)
{
    char command[512];
    ledger_close(f->ledger);
    load_free(f->load);
    snprintf(command, sizeof command, "rm -rf '%s'", f->home);
    assert_int_equal(system(command), 0);
}

/* A digest of all logs as the ledger holds them. */
static struct hash roots_of(const struct filled *f)
{
    struct hash sum = {{0}};
    for (unsigned i = 0; ledger_log_at(f->ledger, i) != NULL; i++) {
        struct hash root;
        frontier_root(&ledger_log_at(f->ledger, i)->frontier, &root);
        merkle_node(&sum, &root, &sum);
    }
    return sum;
}

static void a_seed_gives_the_same_logs_and_another_seed_gives_others(void **state)
{
    struct filled a, b, c;
    const struct load_options seven = options_of(7, 6), eight = options_of(8, 6);
    (void)state;
    fill(&a, &seven, 700);
    fill(&b, &seven, 700);
    fill(&c, &eight, 700);
    const struct hash x = roots_of(&a), y = roots_of(&b), z = roots_of(&c);
    assert_true(hash_equal(&x, &y));
    assert_false(hash_equal(&x, &z));
    clear(&a);
    clear(&b);
    clear(&c);
}

static void found(void *ctx, const struct finding *f)
{
    (void)ctx;
    print_message("%s %llu: %s %s\n", f->member == NULL ? "" : f->member,
                  (unsigned long long)f->index, finding_name(f->kind), reason_name(f->reason));
}

static void line(void *ctx, const struct audit_line *l)
{
    (void)ctx;
    assert_true(l->entries > 0 && l->pending == 0);
}

static void every_entry_of_a_city_is_valid_and_every_log_grows(void **state)
{
    struct filled f;
    const struct load_options options = options_of(1, MEMBERS);
    const struct audit_report report = {NULL, found, line, NULL};
    const struct audit_options audit = {.threads = 0};
    struct audit_summary out;
    (void)state;
    fill(&f, &options, ENTRIES);
    assert_int_equal(f.load->entries, ENTRIES);
    assert_in_range(f.load->bytes / f.load->entries, 550, 650);
    for (unsigned i = 0; i < MEMBERS; i++) {
        const struct load_member *m = &f.load->members[i];
        assert_true(m->log.count > m->founding.count);
        assert_int_equal(ledger_log(f.ledger, m->id, 0)->frontier.size, m->log.count);
    }
    ledger_close(f.ledger);
    f.ledger = NULL;
    assert_int_equal(audit_home(f.home, &audit, &report, &out), OK);
    assert_false(out.broken);
    assert_false(out.listed);
    assert_int_equal(out.entries, load_count(f.load));
    assert_int_equal(out.signatures, f.load->all_signatures);
    clear(&f);
}

static void a_case_is_lived_in_seven_to_ten_acts_by_members_who_may(void **state)
{
    struct load *l;
    struct buffer entry = {0};
    const struct load_options options = options_of(3, MEMBERS);
    unsigned lives[16] = {0}, acts = 0, cases = 0;
    (void)state;
    assert_int_equal(load_create(&l, &options), OK);
    for (; cases < 200; cases++) {
        struct load_case c;
        load_case_begin(l, &c);
        for (unsigned i = 0; load_story_at(i) != NULL; i++)
            lives[i] += load_story_at(i) == c.story;
        for (; !load_case_done(&c); acts++) {
            unsigned member;
            assert_int_equal(load_act(l, &c, &entry, &member), OK);
            assert_int_equal(load_taken(l, &c, member, buffer_span(&entry)), OK);
        }
        assert_in_range(c.step, 7, 10);
    }
    for (unsigned i = 0; load_story_at(i) != NULL; i++)
        assert_true(lives[i] > 0);
    assert_in_range(acts, 8 * cases - cases / 4, 8 * cases + cases);
    buffer_clear(&entry);
    load_free(l);
}

static void memory_keeps_only_what_was_not_pushed(void **state)
{
    struct filled f;
    const struct load_options options = {.seed = 2, .committee = "configs/ezhou", .members = 2,
                                         .alone = true};
    (void)state;
    fill(&f, &options, 3000);
    const struct load_log *g = &f.load->members[1].log;
    assert_true(g->count >= 3000);
    assert_int_equal(g->first, g->count / PACKAGE_ENTRIES * PACKAGE_ENTRIES);
    assert_int_equal(f.load->members[1].founding.first, 0);
    clear(&f);
}

static void a_committee_too_small_or_not_there_is_refused(void **state)
{
    struct load *l = NULL;
    struct load_options one = options_of(1, 1), many = options_of(1, 60), none = options_of(1, 5);
    (void)state;
    none.committee = "configs/nowhere";
    assert_int_equal(load_create(&l, &one), ERR_RANGE);
    assert_int_equal(load_create(&l, &many), ERR_RANGE);
    assert_int_equal(load_create(&l, &none), ERR_NOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_gives_the_same_logs_and_another_seed_gives_others),
        cmocka_unit_test(every_entry_of_a_city_is_valid_and_every_log_grows),
        cmocka_unit_test(a_case_is_lived_in_seven_to_ten_acts_by_members_who_may),
        cmocka_unit_test(memory_keeps_only_what_was_not_pushed),
        cmocka_unit_test(a_committee_too_small_or_not_there_is_refused),
    };
    return keys_start() == OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
