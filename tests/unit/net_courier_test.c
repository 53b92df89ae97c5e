// link: -Wl,--wrap=opendir
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/bundle.h"
#include "net/bundle_file.h"
#include "net/courier.h"

#define OURS "yjj-1772323200.bundle"

struct desk {
    char path[64];
    struct courier *c;
    struct buffer frame;
};

/* ---- a folder that hangs ---- */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved = PTHREAD_COND_INITIALIZER;
static bool shut, waits;

DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);
DIR *__wrap_opendir(const char *path)
{
    pthread_mutex_lock(&gate);
    waits = shut;
    pthread_cond_broadcast(&moved);
    while (shut)
        pthread_cond_wait(&moved, &gate);
    waits = false;
    pthread_mutex_unlock(&gate);
    return __real_opendir(path);
}

static void gate_set(bool shuts)
{
    pthread_mutex_lock(&gate);
    shut = shuts;
    pthread_cond_broadcast(&moved);
    pthread_mutex_unlock(&gate);
}

static void gate_wait(void)
{
    pthread_mutex_lock(&gate);
    while (!waits)
        pthread_cond_wait(&moved, &gate);
    pthread_mutex_unlock(&gate);
}

/* ---- a folder ---- */

static int setup(void **state)
{
    struct desk *d = calloc(1, sizeof *d);
    snprintf(d->path, sizeof d->path, "/tmp/jieli-courier-XXXXXX");
    assert_non_null(mkdtemp(d->path));
    assert_int_equal(courier_create(&d->c, d->path, "yjj"), OK);
    *state = d;
    return 0;
}

static int teardown(void **state)
{
    struct desk *d = *state;
    char command[128];
    courier_release(d->c);
    buffer_clear(&d->frame);
    snprintf(command, sizeof command, "rm -rf '%s'", d->path);
    assert_int_equal(system(command), 0);
    free(d);
    return 0;
}

static void in_folder(const struct desk *d, const char *name, char out[HOME_PATH_BYTES])
{
    assert_int_equal(home_path(out, HOME_PATH_BYTES, d->path, name), OK);
}

static void ask(struct desk *d, enum courier_work work, const char *name)
{
    struct courier_job job = {.work = work, .below = "done"};
    snprintf(job.name, sizeof job.name, "%s", name);
    courier_ask(d->c, &job);
}

static unsigned work(struct desk *d)
{
    unsigned steps = 0;
    while (courier_step(d->c, 0))
        steps++;
    return steps;
}

static enum err ended(struct desk *d)
{
    enum err err;
    assert_true(courier_ended(d->c, &err));
    return err;
}

/* A BUNDLE head of an empty genesis, then frames of that size filled with their numbers. */
static void bundle_lay(const struct desk *d, unsigned frames, size_t frame_bytes)
{
    char path[HOME_PATH_BYTES];
    struct bundle_file f;
    struct buffer out = {0};
    struct message *m = calloc(1, sizeof *m);
    in_folder(d, "x.bundle", path);
    m->type = MSG_BUNDLE;
    m->u.bundle.genesis = span_of("g", 1);
    assert_int_equal(message_encode(m, &out), OK);
    assert_int_equal(bundle_file_open(&f, path), OK);
    assert_int_equal(bundle_file_put(&f, buffer_span(&out)), OK);
    uint8_t *bytes = malloc(frame_bytes);
    for (unsigned i = 0; i < frames; i++) {
        memset(bytes, (int)i, frame_bytes);
        assert_int_equal(bundle_file_put(&f, span_of(bytes, frame_bytes)), OK);
    }
    assert_int_equal(bundle_file_close(&f), OK);
    free(bytes);
    buffer_clear(&out);
    free(m);
}

static bool there(const struct desk *d, const char *name)
{
    char path[HOME_PATH_BYTES];
    in_folder(d, name, path);
    return access(path, F_OK) == 0;
}

static unsigned files(const struct desk *d)
{
    unsigned count = 0;
    DIR *dir = __real_opendir(d->path);
    const struct dirent *e;
    while ((e = readdir(dir)) != NULL)
        count += e->d_name[0] != '.';
    closedir(dir);
    return count;
}

/* ---- reading ---- */

static void a_bundle_is_checked_to_its_end_before_its_first_frame_is_handed_over(void **state)
{
    struct desk *d = *state;
    bundle_lay(d, 3, 100);
    ask(d, COURIER_READ, "x.bundle");
    for (unsigned i = 0; i < 5; i++) {             /* open, three frames, the end */
        assert_false(courier_take(d->c, &d->frame));
        assert_true(courier_step(d->c, 0));
    }
    work(d);
    enum err err;
    assert_true(courier_take(d->c, &d->frame));
    assert_int_equal(d->frame.data[0], MSG_BUNDLE);
    for (unsigned i = 0; i < 3; i++) {
        assert_false(courier_ended(d->c, &err));   /* not while a frame waits */
        assert_true(courier_take(d->c, &d->frame));
        assert_int_equal(d->frame.len, 100);
        assert_int_equal(d->frame.data[0], i);
    }
    assert_int_equal(ended(d), OK);
}

static void of_an_altered_bundle_nothing_is_handed_over(void **state)
{
    struct desk *d = *state;
    char path[HOME_PATH_BYTES];
    bundle_lay(d, 3, 100);
    in_folder(d, "x.bundle", path);
    FILE *f = fopen(path, "r+b");
    assert_int_equal(fseek(f, -60, SEEK_END), 0);
    assert_int_equal(fputc(9, f), 9);
    assert_int_equal(fclose(f), 0);
    ask(d, COURIER_READ, "x.bundle");
    work(d);
    assert_false(courier_take(d->c, &d->frame));
    assert_int_equal(ended(d), ERR_CORRUPT);
    ask(d, COURIER_READ, "gone.bundle");
    work(d);
    assert_int_equal(ended(d), ERR_NOTFOUND);
}

static void a_reader_runs_ahead_by_so_many_bytes_and_no_more(void **state)
{
    struct desk *d = *state;
    const unsigned frames = 64, frame_bytes = 256 * 1024;
    bundle_lay(d, frames, frame_bytes);
    ask(d, COURIER_READ, "x.bundle");
    work(d);
    unsigned ahead = 0, all = 0;
    while (courier_take(d->c, &d->frame))
        ahead++;
    assert_in_range(ahead, 2, COURIER_AHEAD_BYTES / frame_bytes + 2);
    for (all = ahead; work(d) > 0;) {
        while (courier_take(d->c, &d->frame))
            all++;
    }
    assert_int_equal(all, frames + 1);
    assert_int_equal(ended(d), OK);
}

/* ---- writing ---- */

static void put(struct desk *d, size_t len)
{
    uint8_t *bytes = calloc(1, len);
    assert_int_equal(courier_put(d->c, span_of(bytes, len)), OK);
    free(bytes);
}

static void a_bundle_has_its_name_when_it_is_whole_and_then_replaces_older_ones(void **state)
{
    struct desk *d = *state;
    char older[HOME_PATH_BYTES];
    bundle_lay(d, 1, 10);
    in_folder(d, "yjj-0000000007.bundle", older);
    assert_int_equal(fclose(fopen(older, "w")), 0);
    ask(d, COURIER_WRITE, OURS);
    assert_int_equal(work(d), 1);                  /* there is nothing to write yet */
    put(d, 100);
    work(d);
    assert_false(there(d, OURS));
    courier_finish(d->c, true);
    work(d);
    assert_int_equal(ended(d), OK);
    assert_true(there(d, OURS));
    assert_true(there(d, "x.bundle"));
    assert_false(there(d, "yjj-0000000007.bundle"));
}

static void a_bundle_given_up_leaves_nothing_behind(void **state)
{
    struct desk *d = *state;
    ask(d, COURIER_WRITE, OURS);
    put(d, 100);
    work(d);
    assert_int_equal(files(d), 1);
    put(d, 100);
    ask(d, COURIER_NOTHING, "");
    work(d);
    assert_int_equal(files(d), 0);
    ask(d, COURIER_WRITE, OURS);
    put(d, 100);
    work(d);
    assert_int_equal(files(d), 1);
    courier_drop(d->c);
    assert_int_equal(files(d), 0);
}

static void a_writer_that_is_behind_takes_no_more_and_one_that_failed_keeps_nothing(void **state)
{
    struct desk *d = *state;
    ask(d, COURIER_WRITE, OURS);
    assert_true(courier_room(d->c));
    put(d, COURIER_AHEAD_BYTES);
    assert_false(courier_room(d->c));
    work(d);
    assert_true(courier_room(d->c));
    ask(d, COURIER_WRITE, "no/such/folder.bundle");
    put(d, 10);
    put(d, 10);
    work(d);
    assert_int_not_equal(ended(d), OK);            /* though frames were waiting */
    put(d, 10);
    assert_int_not_equal(ended(d), OK);
    assert_false(courier_room(d->c));
}

/* ---- a folder that does not answer ---- */

static void *carry(void *arg)
{
    struct courier *c = arg;
    while (courier_wait(c))
        (void)courier_step(c, 1000);
    courier_drop(c);
    courier_release(c);
    return NULL;
}

static void nobody_waits_for_a_courier_whose_folder_hangs(void **state)
{
    struct desk *d = *state;
    pthread_t thread;
    enum err err;
    bundle_lay(d, 1, 10);
    gate_set(true);
    courier_hold(d->c);
    assert_int_equal(pthread_create(&thread, NULL, carry, d->c), 0);
    assert_int_equal(courier_silent_ms(d->c, 9000), 0);
    ask(d, COURIER_LIST, "");
    gate_wait();
    assert_int_equal(courier_silent_ms(d->c, 9000), 8000);
    assert_false(courier_ended(d->c, &err));
    ask(d, COURIER_WRITE, OURS);                   /* takes the place of what hangs */
    put(d, 10);
    courier_finish(d->c, false);
    courier_stop(d->c);
    courier_release(d->c);                         /* the thread has it for itself now */
    d->c = NULL;
    gate_set(false);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_false(there(d, OURS));                  /* stopped before it came to that */
}

static void what_was_given_up_while_it_hung_is_not_taken_for_what_came_after(void **state)
{
    struct desk *d = *state;
    pthread_t thread;
    enum err err;
    gate_set(true);
    courier_hold(d->c);
    assert_int_equal(pthread_create(&thread, NULL, carry, d->c), 0);
    ask(d, COURIER_LIST, "");
    gate_wait();
    ask(d, COURIER_READ, "gone.bundle");
    assert_false(courier_ended(d->c, &err));
    gate_set(false);
    while (!courier_ended(d->c, &err)) {
    }
    assert_int_equal(err, ERR_NOTFOUND);           /* not the OK of LIST */
    courier_stop(d->c);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

#define WITH_DESK(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DESK(a_bundle_is_checked_to_its_end_before_its_first_frame_is_handed_over),
        WITH_DESK(of_an_altered_bundle_nothing_is_handed_over),
        WITH_DESK(a_reader_runs_ahead_by_so_many_bytes_and_no_more),
        WITH_DESK(a_bundle_has_its_name_when_it_is_whole_and_then_replaces_older_ones),
        WITH_DESK(a_bundle_given_up_leaves_nothing_behind),
        WITH_DESK(a_writer_that_is_behind_takes_no_more_and_one_that_failed_keeps_nothing),
        WITH_DESK(nobody_waits_for_a_courier_whose_folder_hangs),
        WITH_DESK(what_was_given_up_while_it_hung_is_not_taken_for_what_came_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
