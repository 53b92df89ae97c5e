// link: -Wl,--wrap=opendir
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/cosign.h"
#include "ledger/level.h"
#include "ledger/log/home.h"
#include "net/bundle.h"
#include "net/bundle_file.h"
#include "net/folder.h"
#include "tests/support/cluster.h"
#include "tests/support/net_sim.h"

enum { MEMBERS = 3, A = 1, B = 2, EVENTS = 32 };

struct seen { char name[24]; char file[FOLDER_NAME_BYTES]; enum err err; };

/* Members A and B, their folders, and what their folder peers said. */
struct site {
    struct cluster *c;
    char ab[CLUSTER_PATH_BYTES + 8], ba[CLUSTER_PATH_BYTES + 8];
    struct folder *peers[MEMBERS];
    uint64_t now_ms, unix_s;
    unsigned count;
    struct seen seen[EVENTS];
};

static uint64_t unix_s(void *ctx)
{
    return ((struct site *)ctx)->unix_s;
}

static void on_event(void *ctx, const struct folder_event *e)
{
    struct site *s = ctx;
    const char *slash = strrchr(e->path, '/');
    assert_true(s->count < EVENTS);
    struct seen *seen = &s->seen[s->count++];
    snprintf(seen->name, sizeof seen->name, "%s", e->name);
    snprintf(seen->file, sizeof seen->file, "%.100s", slash + 1);
    seen->err = e->err;
}

static unsigned said(const struct site *s, const char *name, enum err err)
{
    unsigned count = 0;
    for (unsigned i = 0; i < s->count; i++)
        count += strcmp(s->seen[i].name, name) == 0 && s->seen[i].err == err;
    return count;
}

static int setup(void **state)
{
    const struct cluster_options options = {.seed = 12, .members = MEMBERS,
                                            .start_s = 1772323200};
    struct site *s = calloc(1, sizeof *s);
    s->c = cluster_create(&options);
    s->unix_s = options.start_s;
    s->now_ms = 1000;
    cluster_open_all(s->c);
    snprintf(s->ab, sizeof s->ab, "%s/a-b", s->c->folder);
    snprintf(s->ba, sizeof s->ba, "%s/b-a", s->c->folder);
    assert_int_equal(folder_create(s->ab, 0700), OK);
    assert_int_equal(folder_create(s->ba, 0700), OK);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct site *s = *state;
    folder_close(s->peers[A]);
    folder_close(s->peers[B]);
    cluster_free(s->c);
    free(s);
    return 0;
}

static void peer_open(struct site *s, unsigned member, const char *out, const char *in)
{
    const struct folder_options options = {.out = out, .in = in, .every_s = 10,
                                           .member = s->c->members[member].id,
                                           .again_s = 3600};
    const struct folder_io io = {s, unix_s, on_event};
    assert_int_equal(folder_open(&s->peers[member], s->c->members[member].ledger, &options, &io),
                     OK);
}

static void both_open(struct site *s)
{
    peer_open(s, A, s->ab, s->ba);
    peer_open(s, B, s->ba, s->ab);
}

/* A turn of the ledger's side, then one of each courier; false: nobody had anything to do. */
static bool turn(struct site *s, struct folder *f)
{
    bool more;
    assert_int_equal(folder_step(f, s->now_ms, &more), OK);
    for (unsigned way = 0; way < FOLDER_WAYS; way++) {
        struct courier *c = folder_courier(f, (enum folder_way)way);
        more = (c != NULL && courier_step(c, s->now_ms)) || more;
    }
    return more;
}

/* Whose folder hangs when its names are asked for next, and how often one did. */
static struct site *hanging;
static unsigned hangs;

DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);
/* In the midst of a courier's work: what the ledger's side does for the time that it hangs. */
DIR *__wrap_opendir(const char *path)
{
    struct site *s = hanging;
    bool more;
    if (s == NULL)
        return __real_opendir(path);
    hanging = NULL;
    hangs++;
    const unsigned before = s->count;
    for (unsigned ms = 0; ms < 600000; ms += 1000) {
        assert_int_equal(s->count - before, ms > FOLDER_SILENT_MS);
        assert_int_equal(folder_step(s->peers[A], s->now_ms + ms, &more), OK);
        assert_false(more);
    }
    return __real_opendir(path);
}

static void run(struct site *s, unsigned seconds)
{
    for (unsigned i = 0; i < seconds; i++) {
        s->now_ms += 1000;
        s->unix_s++;
        for (unsigned m = A; m <= B; m++) {
            bool more = s->peers[m] != NULL;
            for (unsigned steps = 0; more && steps < 1000; steps++)
                more = turn(s, s->peers[m]);
            assert_false(more);
        }
    }
}

static uint64_t held(const struct site *s, unsigned by, unsigned author)
{
    return ledger_log(s->c->members[by].ledger, s->c->members[author].id, 0)->frontier.size;
}

static bool equal(const struct site *s)
{
    return held(s, A, A) == held(s, B, A) && held(s, A, B) == held(s, B, B) &&
           held(s, A, 0) == held(s, B, 0);
}

/* The only bundle of a member in a folder, or the nth. */
static bool nth_file(const char *folder, unsigned member_nth, char *out)
{
    static struct folder_list list;
    assert_int_equal(folder_list(folder, &list), OK);
    if (member_nth >= list.count)
        return false;
    snprintf(out, HOME_PATH_BYTES, "%s/%s", folder, list.names[member_nth].name);
    return true;
}

static unsigned files_in(const char *folder)
{
    static struct folder_list list;
    return folder_list(folder, &list) == OK ? list.count : 0;
}

static unsigned files_below(const char *folder, const char *below)
{
    char path[HOME_PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", folder, below);
    return files_in(path);
}

static void two_nodes_that_share_only_folders_converge_both_ways_and_fall_silent(void **state)
{
    struct site *s = *state;
    both_open(s);
    for (unsigned round = 0; round < 4; round++) {
        cluster_report(s->c, A, round);
        if (round % 2 == 1)
            cluster_report(s->c, B, round);
        run(s, 60);
        assert_true(equal(s));
    }
    unsigned before = s->count;
    run(s, 300);
    assert_int_equal(s->count, before);            /* acknowledgements are not acknowledged */
    assert_true(files_in(s->ab) <= 1 && files_in(s->ba) <= 1);
    assert_int_equal(said(s, "folder-bad", ERR_CORRUPT) + said(s, "folder-failed", ERR_IO), 0);
}

/* B has nothing to say but that it holds what A wrote. */
static void a_cosignature_is_news_enough_for_a_bundle(void **state)
{
    struct site *s = *state;
    struct act_level level;
    struct position at;
    both_open(s);
    struct hash id = cluster_report(s->c, A, 1);
    run(s, 60);
    assert_true(equal(s));
    struct ledger *b = s->c->members[B].ledger, *a = s->c->members[A].ledger;
    struct cosign_own own = {.log = ledger_log(b, s->c->members[A].id, 0)->no};
    assert_int_equal(ledger_cosign_give(b, s->c->members[B].cosigner, s->unix_s, &own, 1), OK);
    assert_int_equal(own.err, OK);
    run(s, 60);
    assert_int_equal(ledger_find_id(a, &id, &at), OK);
    assert_int_equal(ledger_level(a, at, s->unix_s, &level), OK);
    assert_int_equal(level.mirrored, 1);
    unsigned before = s->count;
    run(s, 300);
    assert_int_equal(s->count, before);
}

static void what_is_not_acknowledged_is_in_every_bundle_and_replaces_the_one_before(void **state)
{
    struct site *s = *state;
    peer_open(s, A, s->ab, s->ba);
    cluster_report(s->c, A, 1);
    run(s, 30);
    cluster_report(s->c, A, 2);
    run(s, 30);
    assert_int_equal(said(s, "folder-wrote", OK), 2);
    assert_int_equal(files_in(s->ab), 1);
    peer_open(s, B, s->ba, s->ab);                 /* the first was lost: the second has all */
    run(s, 30);
    assert_true(equal(s));
    assert_int_equal(said(s, "folder-waits", ERR_GAP), 0);
}

static void a_one_way_gate_needs_no_answer(void **state)
{
    struct site *s = *state;
    peer_open(s, A, s->ab, "");
    peer_open(s, B, "", s->ab);
    for (unsigned i = 0; i < 3; i++) {
        cluster_report(s->c, A, i);
        run(s, 40);
        assert_true(equal(s));
    }
    assert_int_equal(said(s, "folder-wrote", OK), 3);
    assert_int_equal(files_below(s->ab, "done"), 3);
    run(s, 3700);
    assert_int_equal(said(s, "folder-wrote", OK), 4);   /* all once more, whole */
}

static void a_missing_bundle_makes_later_ones_wait_until_it_comes(void **state)
{
    struct site *s = *state;
    char first[HOME_PATH_BYTES], away[HOME_PATH_BYTES];
    peer_open(s, A, s->ab, "");
    run(s, 12);                                    /* all that was there */
    cluster_report(s->c, A, 1);
    run(s, 12);
    assert_true(nth_file(s->ab, 1, first));
    snprintf(away, sizeof away, "%s/late", s->c->folder);
    assert_int_equal(rename(first, away), 0);
    cluster_report(s->c, A, 2);
    run(s, 12);
    peer_open(s, B, "", s->ab);
    run(s, 40);
    assert_false(equal(s));
    assert_int_equal(said(s, "folder-waits", ERR_GAP), 1);
    assert_int_equal(rename(away, first), 0);
    run(s, 40);
    assert_true(equal(s));
    assert_int_equal(files_in(s->ab), 0);
    assert_int_equal(said(s, "folder-waits", ERR_GAP), 1);
}

static void a_repeated_bundle_changes_nothing(void **state)
{
    struct site *s = *state;
    char first[HOME_PATH_BYTES], again[HOME_PATH_BYTES];
    struct buffer bytes = {0};
    peer_open(s, A, s->ab, "");
    cluster_report(s->c, A, 1);
    run(s, 12);
    assert_true(nth_file(s->ab, 0, first));
    assert_int_equal(file_read(first, 1 << 24, &bytes), OK);
    peer_open(s, B, "", s->ab);
    run(s, 20);
    assert_true(equal(s));
    uint64_t before = held(s, B, A);
    snprintf(again, sizeof again, "%s/copy.bundle", s->ab);
    assert_int_equal(file_replace(again, buffer_span(&bytes), 0600), OK);
    run(s, 20);
    assert_int_equal(held(s, B, A), before);
    assert_int_equal(said(s, "folder-applied", OK), 2);
    buffer_clear(&bytes);
}

static void put(const char *path, struct span bytes)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes.data, 1, bytes.len, f), bytes.len);
    assert_int_equal(fclose(f), 0);
}

static void a_file_still_being_copied_is_left_until_it_is_whole(void **state)
{
    struct site *s = *state;
    char first[HOME_PATH_BYTES], copy[HOME_PATH_BYTES];
    struct buffer bytes = {0};
    peer_open(s, A, s->ab, "");
    cluster_report(s->c, A, 1);
    run(s, 12);
    assert_true(nth_file(s->ab, 0, first));
    assert_int_equal(file_read(first, 1 << 24, &bytes), OK);
    snprintf(copy, sizeof copy, "%s/x.bundle", s->ba);
    peer_open(s, B, "", s->ba);
    for (size_t len = 0; len < bytes.len; len += bytes.len / 5) {
        put(copy, span_of(bytes.data, len));
        run(s, 15);
        assert_int_equal(held(s, B, A), held(s, A, A) - 1);
    }
    assert_int_equal(said(s, "folder-bad", ERR_TRUNCATED) + said(s, "folder-bad", ERR_FORMAT), 0);
    put(copy, buffer_span(&bytes));
    run(s, 15);
    assert_true(equal(s));
    put(copy, span_of(bytes.data, bytes.len / 2));         /* torn for good */
    run(s, FOLDER_STALE_MS / 1000 + 20);
    assert_int_equal(said(s, "folder-bad", ERR_TRUNCATED), 1);
    assert_int_equal(files_below(s->ba, "bad"), 1);
    buffer_clear(&bytes);
}

static void altered_and_foreign_bundles_go_to_bad_with_their_reason(void **state)
{
    struct site *s = *state;
    char path[HOME_PATH_BYTES], other[HOME_PATH_BYTES];
    struct buffer bytes = {0};
    const struct cluster_options options = {.seed = 99, .members = 1, .start_s = 1772323200};
    const struct bundle_selection all = {0};
    struct cluster *foreign = cluster_create(&options);
    cluster_open(foreign, 0);
    peer_open(s, B, "", s->ab);
    snprintf(path, sizeof path, "%s/foreign.bundle", s->ab);
    assert_int_equal(bundle_create(foreign->members[0].ledger, path, &all), OK);
    cluster_report(s->c, A, 1);
    snprintf(other, sizeof other, "%s/good", s->c->folder);
    assert_int_equal(bundle_create(s->c->members[A].ledger, other, &all), OK);
    assert_int_equal(file_read(other, 1 << 24, &bytes), OK);
    bytes.data[bytes.len / 2] ^= 1;
    snprintf(path, sizeof path, "%s/altered.bundle", s->ab);
    put(path, buffer_span(&bytes));
    snprintf(path, sizeof path, "%s/nothing.bundle", s->ab);
    put(path, span_of("no bundle at all, whatever it may be called, and long enough to tell", 68));
    snprintf(path, sizeof path, "%s/pipe.bundle", s->ab);
    assert_int_equal(mkfifo(path, 0600), 0);
    snprintf(path, sizeof path, "%s/link.bundle", s->ab);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    run(s, 30);
    assert_int_equal(said(s, "folder-bad", ERR_WRONG_LEDGER), 1);
    assert_int_equal(said(s, "folder-bad", ERR_CORRUPT), 1);
    assert_int_equal(said(s, "folder-bad", ERR_FORMAT), 1);
    assert_int_equal(files_below(s->ab, "bad"), 3);
    assert_int_equal(s->count, 3);
    assert_int_equal(held(s, B, A), held(s, A, A) - 1);
    buffer_clear(&bytes);
    cluster_free(foreign);
}

/* Its hash is right, what it holds is not: a spoilt entry, whose proof then fails. */
static void a_bundle_sealed_over_forged_entries_is_refused_by_their_proofs(void **state)
{
    struct site *s = *state;
    char path[HOME_PATH_BYTES];
    struct bundle_reader *r;
    struct span frame;
    const struct bundle_selection all = {0};
    struct buffer out = {0};
    struct hash chain;
    cluster_report(s->c, A, 1);
    snprintf(path, sizeof path, "%s/good", s->c->folder);
    assert_int_equal(bundle_create(s->c->members[A].ledger, path, &all), OK);
    assert_int_equal(file_read(path, 1 << 24, &out), OK);
    assert_int_equal(bundle_open(&r, path), OK);
    size_t at = sizeof "jieli-bundle/1\n" - 1;
    bundle_chain_start(&chain);
    while (load_u32(out.data + at) != 0) {
        const size_t len = load_u32(out.data + at);
        if (out.data[at + 4] == MSG_PACKAGES)
            out.data[at + 4 + len - 200] ^= 1;
        frame = span_of(out.data + at + 4, len);
        bundle_chain_add(&chain, frame);
        at += 4 + len;
    }
    memcpy(out.data + at + 4, chain.b, HASH_BYTES);
    bundle_close(r);
    snprintf(path, sizeof path, "%s/forged.bundle", s->ab);
    put(path, buffer_span(&out));
    peer_open(s, B, "", s->ab);
    run(s, 30);
    assert_int_equal(s->count, 1);
    assert_string_equal(s->seen[0].name, "folder-bad");
    assert_true(s->seen[0].err == ERR_PROOF || s->seen[0].err == ERR_FORMAT);
    assert_int_equal(held(s, B, A), held(s, A, A) - 1);
    buffer_clear(&out);
}

static void folders_that_cannot_be_used_are_told_once_and_tried_again(void **state)
{
    struct site *s = *state;
    char gone[CLUSTER_PATH_BYTES + 16];
    snprintf(gone, sizeof gone, "%s/gone", s->c->folder);
    peer_open(s, A, gone, gone);
    cluster_report(s->c, A, 1);
    run(s, 300);
    assert_int_equal(said(s, "folder-failed", ERR_NOTFOUND), 2);   /* out and in, once each */
    assert_int_equal(folder_create(gone, 0700), OK);
    run(s, 70);
    assert_int_equal(said(s, "folder-wrote", OK), 1);
}

/* A disc: nothing can be moved, here because done is no folder. */
static void a_disc_that_cannot_be_written_is_read_once(void **state)
{
    struct site *s = *state;
    char done[HOME_PATH_BYTES];
    snprintf(done, sizeof done, "%s/done", s->ab);
    put(done, span_of("", 0));
    peer_open(s, A, s->ab, "");
    cluster_report(s->c, A, 1);
    run(s, 12);
    peer_open(s, B, "", s->ab);
    run(s, 300);
    assert_true(equal(s));
    assert_int_equal(said(s, "folder-applied", OK), 1);
    assert_int_equal(s->count, 3);                 /* wrote, applied, failed */
    assert_int_equal(files_in(s->ab), 1);
}

static void a_link_leads_nothing_out_of_the_folder(void **state)
{
    struct site *s = *state;
    char done[HOME_PATH_BYTES], other[HOME_PATH_BYTES];
    snprintf(done, sizeof done, "%s/done", s->ab);
    snprintf(other, sizeof other, "%s/other", s->c->folder);
    assert_int_equal(folder_create(other, 0700), OK);
    assert_int_equal(symlink(other, done), 0);
    peer_open(s, A, s->ab, "");
    cluster_report(s->c, A, 1);
    run(s, 12);
    peer_open(s, B, "", s->ab);
    run(s, 30);
    assert_true(equal(s));
    assert_int_equal(said(s, "folder-failed", ERR_PERMISSION), 1);
    assert_int_equal(files_in(s->ab), 1);
    assert_int_equal(files_in(other), 0);
}

static unsigned mode_written(struct site *s, unsigned folder_mode)
{
    char path[HOME_PATH_BYTES];
    struct folder_list list;
    struct stat st;
    assert_int_equal(chmod(s->ab, folder_mode), 0);
    cluster_report(s->c, A, 1);
    run(s, 70);
    assert_int_equal(folder_list(s->ab, &list), OK);
    snprintf(path, sizeof path, "%s/%s", s->ab, list.names[list.count - 1].name);
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 0777;
}

static void who_may_read_the_folder_may_read_its_bundles(void **state)
{
    struct site *s = *state;
    peer_open(s, A, s->ab, "");
    assert_int_equal(mode_written(s, 0750), 0640);
    assert_int_equal(mode_written(s, 0700), 0600);
}

static void bundle_from(struct site *s, unsigned member)
{
    char path[HOME_PATH_BYTES];
    const struct bundle_selection all = {0};
    snprintf(path, sizeof path, "%s/%s-1772329999.bundle", s->ba, s->c->members[member].id);
    assert_int_equal(bundle_create(s->c->members[member].ledger, path, &all), OK);
}

static void where_several_write_nobody_answers_for_all(void **state)
{
    struct site *s = *state;
    peer_open(s, A, s->ab, s->ba);
    cluster_report(s->c, A, 1);
    run(s, 12);
    bundle_from(s, 0);
    bundle_from(s, B);
    run(s, 30);
    cluster_report(s->c, A, 2);
    run(s, 30);
    cluster_report(s->c, A, 3);
    run(s, 30);
    peer_open(s, B, "", s->ab);                    /* the whole one, and what followed it */
    run(s, 30);
    assert_true(equal(s));
}

/* What A writes for the convenor, which holds its first act, hangs; B comes first. */
static void one_who_comes_while_a_bundle_is_written_misses_nothing(void **state)
{
    struct site *s = *state;
    bool more = false;
    cluster_report(s->c, A, 1);
    cluster_close(s->c, B);
    cluster_share(s->c);
    cluster_open(s->c, B);
    peer_open(s, A, s->ab, s->ba);
    bundle_from(s, 0);
    run(s, 30);
    cluster_report(s->c, A, 2);
    for (; !more; s->now_ms += 1000) {             /* until the folder was listed for a bundle */
        assert_int_equal(folder_step(s->peers[A], s->now_ms, &more), OK);
        more = courier_step(folder_courier(s->peers[A], FOLDER_OUT), s->now_ms);
    }
    bundle_from(s, B);
    for (unsigned i = 0; i < 100; i++, s->now_ms += 1000) {
        assert_int_equal(folder_step(s->peers[A], s->now_ms, &more), OK);
        (void)courier_step(folder_courier(s->peers[A], FOLDER_IN), s->now_ms);
    }
    cluster_report(s->c, A, 3);
    run(s, 60);
    peer_open(s, B, s->ba, s->ab);
    run(s, 60);
    assert_true(equal(s));
}

static void a_folder_that_hangs_is_told_of_once_and_once_when_it_answers(void **state)
{
    struct site *s = *state;
    struct folder_state at;
    peer_open(s, A, s->ab, "");
    cluster_report(s->c, A, 1);
    hanging = s;
    run(s, 30);
    assert_int_equal(hangs, 1);
    assert_int_equal(said(s, "folder-silent", OK), 1);
    assert_int_equal(said(s, "folder-answers", OK), 1);
    assert_int_equal(said(s, "folder-wrote", OK), 1);
    assert_int_equal(s->count, 3);
    assert_true(folder_look(s->peers[A], FOLDER_OUT, s->now_ms, &at));
    assert_int_equal(at.silent_ms, 0);
    assert_false(folder_look(s->peers[A], FOLDER_IN, s->now_ms, &at));
}

#define WITH_SITE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SITE(two_nodes_that_share_only_folders_converge_both_ways_and_fall_silent),
        WITH_SITE(a_cosignature_is_news_enough_for_a_bundle),
        WITH_SITE(what_is_not_acknowledged_is_in_every_bundle_and_replaces_the_one_before),
        WITH_SITE(a_one_way_gate_needs_no_answer),
        WITH_SITE(a_missing_bundle_makes_later_ones_wait_until_it_comes),
        WITH_SITE(a_repeated_bundle_changes_nothing),
        WITH_SITE(a_file_still_being_copied_is_left_until_it_is_whole),
        WITH_SITE(altered_and_foreign_bundles_go_to_bad_with_their_reason),
        WITH_SITE(a_bundle_sealed_over_forged_entries_is_refused_by_their_proofs),
        WITH_SITE(folders_that_cannot_be_used_are_told_once_and_tried_again),
        WITH_SITE(a_disc_that_cannot_be_written_is_read_once),
        WITH_SITE(a_link_leads_nothing_out_of_the_folder),
        WITH_SITE(who_may_read_the_folder_may_read_its_bundles),
        WITH_SITE(where_several_write_nobody_answers_for_all),
        WITH_SITE(one_who_comes_while_a_bundle_is_written_misses_nothing),
        WITH_SITE(a_folder_that_hangs_is_told_of_once_and_once_when_it_answers),
    };
    net_sim_in_memory();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
