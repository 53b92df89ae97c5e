/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ledger/log/home.h"
#include "ledger/log/part.h"
#include "tests/support/cluster_part.h"
#include "net/bundle.h"
#include "net/overlap.h"
#include "tests/support/cluster.h"
#include "tests/support/log_fixture.h"

static struct cluster *committee(void)
{
    const struct cluster_options options = {.seed = 3, .members = 3, .start_s = 1772323200};
    struct cluster *c = cluster_create(&options);
    cluster_open_all(c);
    return c;
}

static void path_in(const struct cluster *c, const char *name, char out[HOME_PATH_BYTES])
{
    assert_int_equal(home_path(out, HOME_PATH_BYTES, c->folder, name), OK);
}

static struct bundle_result applied(struct ledger *l, const char *path, enum err want)
{
    struct bundle_reader *b;
    struct bundle_result result = {0};
    assert_int_equal(bundle_open(&b, path), OK);
    assert_int_equal(bundle_apply(l, b, &result), want);
    bundle_close(b);
    return result;
}

static uint64_t size_at(const struct cluster *c, unsigned holder, unsigned member)
{
    const struct log *log = ledger_log(c->members[holder].ledger, c->members[member].id, 0);
    assert_non_null(log);
    return log->frontier.size;
}

static void a_whole_bundle_brings_what_is_missing_and_again_nothing(void **state)
{
    (void)state;
    struct cluster *c = committee();
    char path[HOME_PATH_BYTES];
    const struct bundle_selection all = {.parts = true};
    path_in(c, "all.bundle", path);
    for (unsigned i = 0; i < 7; i++)
        cluster_report(c, 1, i);
    uint64_t had = size_at(c, 2, 1), has = size_at(c, 1, 1);
    assert_int_equal(bundle_create(c->members[1].ledger, path, &all), OK);
    struct bundle_result r = applied(c->members[2].ledger, path, OK);
    assert_int_equal(r.entries, has - had);
    assert_int_equal(r.skipped, 0);
    assert_int_equal(size_at(c, 2, 1), has);
    r = applied(c->members[2].ledger, path, OK);
    assert_int_equal(r.entries, 0);
    cluster_free(c);
}

static void bundle_since_heads_carries_only_what_came_after(void **state)
{
    (void)state;
    struct cluster *c = committee();
    char path[HOME_PATH_BYTES], heads[HOME_PATH_BYTES];
    struct buffer notes = {0};
    const struct bundle_selection what = {.since_path = heads};
    struct bundle_reader *b;
    struct stat all, some;
    path_in(c, "some.bundle", path);
    path_in(c, "heads", heads);
    for (unsigned i = 0; i < 20; i++)
        cluster_report(c, 1, i);
    const struct bundle_selection everything = {0};
    assert_int_equal(bundle_create(c->members[1].ledger, path, &everything), OK);
    assert_int_equal(stat(path, &all), 0);
    cluster_pull(c, 2, 1);
    assert_int_equal(bundle_heads(c->members[2].ledger, &notes), OK);
    assert_int_equal(file_replace(heads, buffer_span(&notes), 0600), OK);
    cluster_report(c, 1, 20);
    assert_int_equal(bundle_create(c->members[1].ledger, path, &what), OK);
    assert_int_equal(stat(path, &some), 0);
    assert_true(some.st_size < all.st_size / 3);
    assert_int_equal(bundle_open(&b, path), OK);
    assert_true(bundle_partial(b));
    bundle_close(b);
    assert_int_equal(applied(c->members[2].ledger, path, OK).entries, 1);
    /* Who lacks what came before gets nothing and is told how much was passed over. */
    assert_int_equal(applied(c->members[0].ledger, path, OK).skipped, 1);
    notes.data[notes.len / 2] ^= 1;
    assert_int_equal(file_replace(heads, buffer_span(&notes), 0600), OK);
    assert_int_not_equal(bundle_create(c->members[1].ledger, path, &what), OK);
    buffer_clear(&notes);
    cluster_free(c);
}

static void bundle_of_one_case_holds_the_convenors_log_and_its_packages(void **state)
{
    (void)state;
    struct cluster *c = committee();
    char path[HOME_PATH_BYTES];
    struct message *m = calloc(1, sizeof *m);
    struct package *p = calloc(1, sizeof *p);
    struct bundle_reader *b;
    struct span frame;
    unsigned convenor = 0, own = 0, others = 0;
    struct hash id = cluster_report(c, 1, 1);
    cluster_share(c);
    const struct bundle_selection what = {.case_id = &id};
    path_in(c, "case.bundle", path);
    assert_int_equal(bundle_create(c->members[2].ledger, path, &what), OK);
    assert_int_equal(bundle_open(&b, path), OK);
    assert_true(bundle_partial(b));
    enum err err;
    while ((err = bundle_next(b, &frame)) == OK) {
        assert_int_equal(message_decode(m, frame), OK);
        if (m->type != MSG_PACKAGES)
            continue;
        assert_int_equal(package_decode(p, m->u.packages.packages[0]), OK);
        convenor += strcmp(p->member, c->members[0].id) == 0;
        own += strcmp(p->member, c->members[1].id) == 0;
        others += strcmp(p->member, c->members[2].id) == 0;
    }
    assert_int_equal(err, ERR_NOTFOUND);
    assert_int_equal(convenor, 1);
    assert_int_equal(own, 1);
    assert_int_equal(others, 0);
    bundle_close(b);
    struct hash unknown = {{9}};
    const struct bundle_selection none = {.case_id = &unknown};
    assert_int_equal(bundle_create(c->members[2].ledger, path, &none), ERR_NOTFOUND);
    free(p);
    free(m);
    cluster_free(c);
}

static void open_parts_travel_in_pieces(void **state)
{
    (void)state;
    struct cluster *c = committee();
    char path[HOME_PATH_BYTES];
    struct hash commitment;
    uint8_t *bytes = calloc(1, 3 << 20);
    path_in(c, "parts.bundle", path);
    cluster_part_report(c, 1, PART_PHOTO, PART_OPEN, span_of(bytes, 3 << 20), &commitment);
    struct bundle_selection what = {.parts = false};
    assert_int_equal(bundle_create(c->members[1].ledger, path, &what), OK);
    assert_int_equal(applied(c->members[2].ledger, path, OK).parts, 0);
    what.parts = true;
    assert_int_equal(bundle_create(c->members[1].ledger, path, &what), OK);
    assert_int_equal(applied(c->members[2].ledger, path, OK).parts, 1);
    assert_true(part_held(c->members[2].home, &commitment));
    free(bytes);
    cluster_free(c);
}

/* A report with that many open parts of `len` bytes each. */
static void report_parts(struct cluster *c, unsigned member, unsigned count, size_t len)
{
    struct cluster_act a;
    struct cluster_part *parts[4];
    struct hash id;
    uint8_t *bytes = calloc(1, len);
    cluster_report_act(&a, member);
    for (unsigned i = 0; i < count; i++) {
        bytes[0] = (uint8_t)i;
        parts[i] = cluster_part_create(c, member, &a, PART_PHOTO, PART_OPEN, span_of(bytes, len));
    }
    cluster_append(c, member, &a, &id);
    for (unsigned i = 0; i < count; i++) {
        cluster_part_keep(c, member, &id, parts[i]);
        cluster_part_free(parts[i]);
    }
    cluster_act_clear(&a);
    free(bytes);
}

struct counted { unsigned frames, parts, parts_in_step; uint64_t bytes; struct hash last; };

static enum err count(void *ctx, struct span frame)
{
    struct counted *seen = ctx;
    struct message *m = malloc(sizeof *m);
    assert_int_equal(message_decode(m, frame), OK);
    if (m->type == MSG_PART && m->u.part.offset == 0) {
        seen->parts++;
        seen->parts_in_step++;
        seen->last = m->u.part.commitment;
    }
    seen->frames++;
    seen->bytes += 4 + frame.len;
    free(m);
    return OK;
}

/* Whoever is slow to take it need not hold more than that. */
static void a_bundle_made_in_steps_puts_one_part_a_step_and_is_the_same(void **state)
{
    (void)state;
    struct cluster *c = committee();
    struct counted seen = {0};
    struct bundle_maker *mk;
    char path[HOME_PATH_BYTES];
    struct stat st;
    bool done = false;
    const struct bundle_selection what = {.parts = true};
    report_parts(c, 1, 3, 100000);
    report_parts(c, 1, 1, 100000);
    assert_int_equal(bundle_begin(&mk, c->members[1].ledger, &(struct bundle_sink){&seen, count},
                                  &what), OK);
    while (!done) {
        seen.parts_in_step = 0;
        assert_int_equal(bundle_step(mk, &done), OK);
        assert_true(seen.parts_in_step <= 1);
    }
    bundle_end(mk);
    assert_int_equal(seen.parts, 4);
    path_in(c, "steps.bundle", path);
    assert_int_equal(bundle_create(c->members[1].ledger, path, &what), OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, strlen("jieli-bundle/1\n") + seen.bytes + 4 + HASH_BYTES);
    assert_int_equal(applied(c->members[2].ledger, path, OK).parts, 4);
    assert_true(part_held(c->members[2].home, &seen.last));
    cluster_free(c);
}

static void sealed_parts_travel_to_their_readers_alone(void **state)
{
    (void)state;
    struct cluster *c = committee();
    char path[HOME_PATH_BYTES];
    struct hash commitment;
    struct buffer plain = {0};
    const struct bundle_selection what = {.parts = true};
    path_in(c, "sealed.bundle", path);
    const struct hash id = cluster_part_report(c, 1, PART_TEXT, PART_SEALED,
                                               span_of("a leak", 6), &commitment);
    assert_int_equal(bundle_create(c->members[1].ledger, path, &what), OK);
    assert_int_equal(applied(c->members[2].ledger, path, OK).parts, 0);
    assert_false(part_held(c->members[2].home, &commitment));
    assert_int_equal(applied(c->members[0].ledger, path, OK).parts, 1);
    assert_int_equal(cluster_part_open(c, 0, &id, &commitment, &plain), OK);
    assert_memory_equal(plain.data, "a leak", 6);
    buffer_clear(&plain);
    cluster_free(c);
}

static enum err read_through(const char *path)
{
    struct bundle_reader *b;
    struct span frame;
    enum err err = bundle_open(&b, path);
    if (err != OK)
        return err;
    while ((err = bundle_next(b, &frame)) == OK) {
    }
    bundle_close(b);
    return err;
}

static void every_changed_or_missing_byte_of_a_bundle_is_noticed(void **state)
{
    (void)state;
    struct cluster *c = committee();
    char path[HOME_PATH_BYTES], bad[HOME_PATH_BYTES];
    struct buffer file = {0};
    const struct bundle_selection all = {0};
    path_in(c, "all.bundle", path);
    path_in(c, "bad.bundle", bad);
    assert_int_equal(bundle_create(c->members[1].ledger, path, &all), OK);
    assert_int_equal(read_through(path), ERR_NOTFOUND);
    assert_int_equal(file_read(path, 1 << 24, &file), OK);
    for (size_t at = 0; at < file.len; at += 97) {
        file.data[at] ^= 0x40;
        assert_int_equal(file_replace(bad, buffer_span(&file), 0600), OK);
        assert_int_not_equal(read_through(bad), ERR_NOTFOUND);
        file.data[at] ^= 0x40;
        assert_int_equal(file_replace(bad, span_of(file.data, at), 0600), OK);
        assert_int_not_equal(read_through(bad), ERR_NOTFOUND);
    }
    assert_int_equal(file_replace(bad, span_of(file.data, file.len - 1), 0600), OK);
    assert_int_equal(read_through(bad), ERR_TRUNCATED);
    file.data[file.len - 1] ^= 1;
    assert_int_equal(file_replace(bad, buffer_span(&file), 0600), OK);
    assert_int_equal(read_through(bad), ERR_CORRUPT);
    file.data[file.len - 1] ^= 1;
    assert_int_equal(buffer_put_u8(&file, 0), OK);
    assert_int_equal(file_replace(bad, buffer_span(&file), 0600), OK);
    assert_int_equal(read_through(bad), ERR_FORMAT);
    buffer_clear(&file);
    cluster_free(c);
}

static void bundle_of_another_ledger_is_refused(void **state)
{
    (void)state;
    const struct cluster_options options = {.seed = 4, .members = 1, .start_s = 1772323200};
    struct cluster *c = committee(), *other = cluster_create(&options);
    char path[HOME_PATH_BYTES];
    const struct bundle_selection all = {0};
    path_in(c, "all.bundle", path);
    cluster_open_all(other);
    assert_int_equal(bundle_create(c->members[1].ledger, path, &all), OK);
    applied(other->members[0].ledger, path, ERR_WRONG_LEDGER);
    cluster_free(other);
    cluster_free(c);
}

/* A package of the tree of `size` that begins at `start`, made by a second log of the same
 * entries. */
static void proofs_drawn_from_overlapping_packages_verify_for_every_size(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {2, 200, 256, 257, 300, 512, 600, 768, 1000, 1100};
    struct log_fixture big, small;
    struct package *p = calloc(1, sizeof *p);
    log_fixture_init(&big);
    log_fixture_init(&small);
    log_fixture_grow(&big, 1100);
    for (uint64_t held = 1; held < 1100; held += held < 20 ? 1 : 59) {
        log_fixture_grow(&small, held);
        for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            struct buffer out = {0};
            struct txn *t, *u;
            struct proof proof;
            struct hash old_root, root;
            if (sizes[i] <= held)
                continue;
            assert_int_equal(txn_read(big.store, &t), OK);
            assert_int_equal(package_encode(t, &big.log, held - held % PACKAGE_ENTRIES, sizes[i],
                                            &out), OK);
            assert_int_equal(package_decode(p, buffer_span(&out)), OK);
            assert_int_equal(txn_read(small.store, &u), OK);
            assert_int_equal(overlap_consistency(u, &small.log, p, &proof), OK);
            entries_root(held, &old_root);
            entries_root(sizes[i], &root);
            assert_int_equal(merkle_verify_consistency(held, sizes[i], &old_root, &root, &proof),
                             OK);
            p->proof.count++;
            assert_int_equal(overlap_consistency(u, &small.log, p, &proof), ERR_PROOF);
            txn_abort(t);
            txn_abort(u);
            buffer_clear(&out);
        }
    }
    log_fixture_clear(&big);
    log_fixture_clear(&small);
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_bundle_brings_what_is_missing_and_again_nothing),
        cmocka_unit_test(bundle_since_heads_carries_only_what_came_after),
        cmocka_unit_test(bundle_of_one_case_holds_the_convenors_log_and_its_packages),
        cmocka_unit_test(open_parts_travel_in_pieces),
        cmocka_unit_test(a_bundle_made_in_steps_puts_one_part_a_step_and_is_the_same),
        cmocka_unit_test(sealed_parts_travel_to_their_readers_alone),
        cmocka_unit_test(every_changed_or_missing_byte_of_a_bundle_is_noticed),
        cmocka_unit_test(bundle_of_another_ledger_is_refused),
        cmocka_unit_test(proofs_drawn_from_overlapping_packages_verify_for_every_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
