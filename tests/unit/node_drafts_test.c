#include "node/drafts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/keys.h"

static const uint64_t NOW = 1800000000;

struct place { char folder[64]; struct store *store; };

static int place_setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    strcpy(p->folder, "/tmp/jieli-drafts-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    assert_int_equal(keys_start(), OK);
    assert_int_equal(store_open(&p->store, p->folder, true, false), OK);
    *state = p;
    return 0;
}

static int place_teardown(void **state)
{
    struct place *p = *state;
    char command[128];
    store_close(p->store);
    snprintf(command, sizeof command, "rm -r %s", p->folder);
    assert_int_equal(system(command), 0);
    free(p);
    return 0;
}

static void assert_draft(struct place *p, const char *id, uint64_t now_s, const char *expected)
{
    struct buffer out = {0};
    assert_int_equal(drafts_get(p->store, id, now_s, &out), OK);
    assert_int_equal(out.len, strlen(expected));
    assert_memory_equal(out.data, expected, out.len);
    buffer_clear(&out);
}

static void draft_is_kept_and_replaced_under_its_id(void **state)
{
    struct place *p = *state;
    char id[DRAFT_ID_BYTES];
    assert_int_equal(drafts_add(p->store, span_of("one", 3), NOW, id), OK);
    assert_draft(p, id, NOW, "one");
    assert_int_equal(drafts_replace(p->store, id, span_of("two!", 4), NOW + 5), OK);
    assert_draft(p, id, NOW + DRAFT_MAX_AGE_S, "two!");
    assert_int_equal(drafts_remove(p->store, id), OK);
    assert_int_equal(drafts_remove(p->store, id), ERR_NOTFOUND);
    assert_int_equal(drafts_replace(p->store, id, span_of("x", 1), NOW), ERR_NOTFOUND);
}

static void draft_older_than_thirty_days_is_gone(void **state)
{
    struct place *p = *state;
    char id[DRAFT_ID_BYTES], fresh[DRAFT_ID_BYTES];
    struct buffer out = {0};
    struct draft_info list[DRAFTS_MAX];
    unsigned count = 0;
    assert_int_equal(drafts_add(p->store, span_of("one", 3), NOW, id), OK);
    assert_int_equal(drafts_get(p->store, id, NOW + DRAFT_MAX_AGE_S + 1, &out), ERR_NOTFOUND);
    assert_int_equal(drafts_add(p->store, span_of("two", 3), NOW + DRAFT_MAX_AGE_S + 1, fresh),
                     OK);
    assert_int_equal(drafts_list(p->store, NOW, list, &count), OK);
    assert_int_equal(count, 1);
    assert_string_equal(list[0].id, fresh);
    assert_int_equal(list[0].bytes, 3);
    assert_int_equal(list[0].created_s, NOW + DRAFT_MAX_AGE_S + 1);
}

static void more_drafts_than_the_limit_are_pushed_back(void **state)
{
    struct place *p = *state;
    char id[DRAFT_ID_BYTES];
    struct draft_info *list = calloc(DRAFTS_MAX, sizeof *list);
    unsigned count = 0;
    assert_non_null(list);
    for (unsigned i = 0; i < DRAFTS_MAX; i++) {
        assert_int_equal(drafts_add(p->store, span_of("x", 1), NOW, id), OK);
    }
    assert_int_equal(drafts_add(p->store, span_of("x", 1), NOW, id), ERR_BUSY);
    assert_int_equal(drafts_list(p->store, NOW, list, &count), OK);
    assert_int_equal(count, DRAFTS_MAX);
    assert_int_equal(drafts_remove(p->store, list[5].id), OK);
    assert_int_equal(drafts_add(p->store, span_of("x", 1), NOW, id), OK);
    free(list);
}

static void empty_oversized_and_misnamed_drafts_are_refused(void **state)
{
    struct place *p = *state;
    char id[DRAFT_ID_BYTES];
    struct buffer out = {0};
    static const uint8_t large[DRAFT_MAX_BYTES + 1];
    assert_int_equal(drafts_add(p->store, span_of("", 0), NOW, id), ERR_FORMAT);
    assert_int_equal(drafts_add(p->store, span_of(large, sizeof large), NOW, id), ERR_TOO_LARGE);
    assert_int_equal(drafts_get(p->store, "../../x", NOW, &out), ERR_NOTFOUND);
    assert_int_equal(drafts_get(p->store, "", NOW, &out), ERR_NOTFOUND);
    assert_int_equal(drafts_add(p->store, span_of(large, DRAFT_MAX_BYTES), NOW, id), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(draft_is_kept_and_replaced_under_its_id, place_setup,
                                        place_teardown),
        cmocka_unit_test_setup_teardown(draft_older_than_thirty_days_is_gone, place_setup,
                                        place_teardown),
        cmocka_unit_test_setup_teardown(more_drafts_than_the_limit_are_pushed_back, place_setup,
                                        place_teardown),
        cmocka_unit_test_setup_teardown(empty_oversized_and_misnamed_drafts_are_refused,
                                        place_setup, place_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
