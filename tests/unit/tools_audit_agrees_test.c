/* Random histories of three liars, held whole or in part: the audit of each home comes to the
 * verdicts and states that the node stored, and finds each one that was changed. A fiftieth of
 * JIELI_SEEDS histories, 20 by default. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/log/home.h"
#include "ledger/log/log_key.h"
#include "tests/support/liars.h"
#include "tools/audit/audit.h"

struct seen { unsigned broken, waiting, empty, circles, states; };

static void found(void *ctx, const struct finding *f)
{
    struct seen *seen = ctx;
    if (finding_weight(f->kind) == AUDIT_BROKEN && seen->broken++ < 4)
        print_message("%s: %s at %llu, %s\n", f->member == NULL ? "-" : f->member,
                      finding_name(f->kind), (unsigned long long)f->index, reason_name(f->reason));
    seen->waiting += f->kind == FIND_PENDING;
    seen->empty += f->kind == FIND_VOID;
    seen->circles += f->kind == FIND_VOID && f->reason == REASON_CYCLE;
    seen->states += f->kind == FIND_STATE;
}

static void line(void *ctx, const struct audit_line *l)
{
    (void)ctx;
    (void)l;
}

static void audit(const struct watcher *w, struct seen *seen, struct audit_summary *out)
{
    const struct audit_report report = {.ctx = seen, .found = found, .line = line};
    const struct audit_options options = {.threads = 2};
    assert_int_equal(audit_home(w->home, &options, &report, out), OK);
}

/* A home that holds the first entries of each log, `part` quarters of what was written. */
static void home_of(struct scene *s, unsigned part, uint64_t seed, struct watcher *w)
{
    scene_watcher(s, w);
    for (unsigned i = 0; i < SCENE_LOGS; i++) {
        uint64_t more = s->logs[i].count - s->base[i], held = (more * part + seed % 4) / 4;
        uint64_t size = s->base[i] + (held < more ? held : more);
        assert_int_equal(paper_send(&s->logs[i], w->ledger, size), OK);
    }
    watcher_close(w);
}

static void whatever_was_written_the_audit_agrees_with_the_node(void **state)
{
    struct scene *s = scene_create(120);
    struct seen all = {0};
    const uint64_t seeds = liars_seeds(20);
    (void)state;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        liars_play(s, seed);
        for (unsigned part = 1; part <= 4; part++) {
            struct audit_summary out;
            struct watcher w;
            home_of(s, part, seed, &w);
            audit(&w, &all, &out);
            if (out.broken)
                print_message("seed %llu, %u quarters\n", (unsigned long long)seed, part);
            assert_false(out.broken);
        }
    }
    print_message("%u waiting, %u void, %u of them in circles\n", all.waiting, all.empty,
                  all.circles);
    assert_true(all.waiting > 0 && all.empty > 0 && all.circles > 0);
    scene_free(s);
}

/* ---- differences planted in the store ---- */

struct planted { struct watcher w; struct store *store; struct txn *txn; };

static void plant_begin(struct scene *s, struct planted *p)
{
    char path[HOME_PATH_BYTES];
    liars_play(s, 3);
    home_of(s, 4, 0, &p->w);
    assert_int_equal(home_path(path, sizeof path, p->w.home, "db"), OK);
    assert_int_equal(store_open(&p->store, path, false, false), OK);
    assert_int_equal(txn_write(p->store, &p->txn), OK);
}

static void plant_end(struct planted *p)
{
    assert_int_equal(txn_commit(p->txn), OK);
    store_close(p->store);
}

/* The last verdict stored of the first log: its key and a copy of its value. */
static void last_row(struct planted *p, struct log_key *key, uint8_t value[4])
{
    struct cursor *c;
    struct span k, v;
    bool any = false;
    assert_int_equal(cursor_open(p->txn, TABLE_VERDICT, (struct span){NULL, 0}, &c), OK);
    while (cursor_next(c, &k, &v) == OK && load_u32(k.data) == 0) {
        *key = log_key_entry((struct log_no){0}, load_u64(k.data + 4));
        assert_int_equal(v.len, 4);
        memcpy(value, v.data, 4);
        any = true;
    }
    cursor_close(c);
    assert_true(any);
}

static void expect_row(struct planted *p, uint64_t index)
{
    struct audit_summary out;
    struct seen seen = {0};
    audit(&p->w, &seen, &out);
    assert_true(out.broken);
    assert_int_equal(seen.broken, 1);
    assert_int_equal(out.first.kind, FIND_VERDICT);
    assert_string_equal(out.first_member, "anweiban");
    assert_true(out.first.has_index);
    assert_int_equal(out.first.index, index);
}

static void changed_verdict_is_named_by_log_and_index(void **state)
{
    struct scene *s = scene_create(120);
    struct planted p;
    struct log_key key;
    uint8_t value[4];
    (void)state;
    for (unsigned byte = 0; byte < 4; byte++) {
        plant_begin(s, &p);
        last_row(&p, &key, value);
        value[byte] ^= 1;
        assert_int_equal(table_put(p.txn, TABLE_VERDICT, log_key_span(&key), span_of(value, 4)),
                         OK);
        plant_end(&p);
        expect_row(&p, load_u64(log_key_span(&key).data + 4));
    }
    scene_free(s);
}

static void verdict_taken_away_is_named_by_log_and_index(void **state)
{
    struct scene *s = scene_create(120);
    struct planted p;
    struct log_key key;
    uint8_t value[4];
    (void)state;
    plant_begin(s, &p);
    last_row(&p, &key, value);
    assert_int_equal(table_del(p.txn, TABLE_VERDICT, log_key_span(&key)), OK);
    plant_end(&p);
    expect_row(&p, load_u64(log_key_span(&key).data + 4));
    scene_free(s);
}

static void verdict_made_up_is_named_by_log_and_index(void **state)
{
    static const uint8_t value[4] = {VERDICT_VOID, REASON_SELF, REASON_NONE, 0};
    const struct log_key key = log_key_entry((struct log_no){0}, 1);
    struct scene *s = scene_create(120);
    struct planted p;
    (void)state;
    plant_begin(s, &p);
    assert_int_equal(table_put(p.txn, TABLE_VERDICT, log_key_span(&key), span_of(value, 4)), OK);
    plant_end(&p);
    expect_row(&p, 1);
    scene_free(s);
}

static void changed_byte_of_a_state_is_named_by_its_case(void **state)
{
    struct scene *s = scene_create(120);
    struct planted p;
    struct audit_summary out;
    struct seen seen = {0};
    struct cursor *c;
    struct span key, value;
    struct hash case_id;
    struct buffer copy = {0};
    (void)state;
    plant_begin(s, &p);
    assert_int_equal(cursor_open(p.txn, TABLE_CASE, (struct span){NULL, 0}, &c), OK);
    do {
        assert_int_equal(cursor_next(c, &key, &value), OK);
    } while (key.len != HASH_BYTES);
    memcpy(case_id.b, key.data, HASH_BYTES);
    assert_int_equal(buffer_put(&copy, value.data, value.len), OK);
    cursor_close(c);
    copy.data[copy.len - 1] ^= 1;
    assert_int_equal(table_put(p.txn, TABLE_CASE, span_of(case_id.b, HASH_BYTES),
                               buffer_span(&copy)), OK);
    plant_end(&p);
    audit(&p.w, &seen, &out);
    assert_true(out.broken);
    assert_int_equal(seen.broken, 1);
    assert_int_equal(out.first.kind, FIND_STATE);
    assert_memory_equal(out.first.case_id.b, case_id.b, HASH_BYTES);
    buffer_clear(&copy);
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_was_written_the_audit_agrees_with_the_node),
        cmocka_unit_test(changed_verdict_is_named_by_log_and_index),
        cmocka_unit_test(verdict_taken_away_is_named_by_log_and_index),
        cmocka_unit_test(verdict_made_up_is_named_by_log_and_index),
        cmocka_unit_test(changed_byte_of_a_state_is_named_by_its_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
