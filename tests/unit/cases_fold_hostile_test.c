/* Cases of 10,000 acts by twelve members who make folding as dear as they can. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/support/sim_say.h"

#define L(...) ((struct sim_line){__VA_ARGS__})
#define LIST(m) L(.by = (m), .kind = KIND_SUPERVISE, .level = SUPERVISE_CITY)
#define GRADE(m, g) L(.by = (m), .kind = KIND_REGRADE, .grade = (g))
#define PASS(m) \
    L(.by = (m), .kind = KIND_VERIFY, .outcome = OUTCOME_PASS, .signing = SIGN_VERIFIERS)

#if defined __has_feature
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif
#if defined SANITIZED || defined __SANITIZE_ADDRESS__ || !defined __OPTIMIZE__
#define BOUND_S 60.0
#else
#define BOUND_S 10.0
#endif

enum { ACTS = 10000, BOUND_BYTES = 64 << 20, REF = 35 };
enum { BOARD = SIM_MEMBERS, BOARDS = SIM_CROWD - SIM_MEMBERS };

struct crowd {
    struct sim_case c;
    struct sim_roster roster;
    struct case_fold *f;
    struct sim_random random;
    unsigned count, at[SIM_CROWD];        /* acts in all, and of each member */
    struct hash last[SIM_CROWD];
    uint8_t refs[ENTRY_MAX_REFS * REF], tracks[2048];
    size_t tracks_len;
};

static void cite(struct crowd *w, unsigned i, const struct hash *id)
{
    memcpy(w->refs + i * REF, (uint8_t[]){0x58, 0x21, ALG_SHA256}, 3);
    memcpy(w->refs + i * REF + 3, id->b, 32);
}

/* An act of a member that has seen the last act of each of the set `saw`. */
static void write_act(struct crowd *w, struct sim_line line, unsigned saw)
{
    struct sim_act *a = &w->c.acts[say(&w->c, SAW(0), line)];
    unsigned count = 0;

    for (unsigned m = 0; m < SIM_CROWD; m++)
        if ((saw >> m & 1) && w->at[m] > 0 && m != line.by)
            cite(w, count++, &w->last[m]);
    if (w->at[line.by] == 0 && count == 0)
        cite(w, count++, &w->c.acts[0].e.id);
    a->e.refs = (struct id_list){w->refs, count};
    for (unsigned i = 0; line.kind == KIND_DUAL_OPEN && i < a->e.fact_count; i++)
        if (a->e.facts[i].id == FACT_TRACKS)
            a->e.facts[i].value = (struct span){w->tracks, w->tracks_len};
    a->origin.index += w->at[line.by]++;
    if (line.by == ANWEIBAN)
        a->e.law_size = a->origin.index;
    assert_int_equal(case_fold_add(w->f, &a->e, &a->origin), OK);
    w->last[line.by] = a->e.id;
    w->count++;
    sim_unwrite(&w->c);
}

static struct crowd *crowd_open(unsigned custodian, enum grade grade)
{
    struct crowd *w = calloc(1, sizeof *w);

    assert_non_null(w);
    sim_roster_init(&w->roster);
    sim_roster_crowd(&w->roster);
    sim_case_init(&w->c, &w->roster);
    say(&w->c, ALL, L(.by = custodian, .kind = KIND_REPORT, .grade = grade));
    assert_int_equal(case_fold_create(&w->f, w->roster.roster, &w->c.acts[0].e.id), OK);
    assert_int_equal(case_fold_add(w->f, &w->c.acts[0].e, &w->c.acts[0].origin), OK);
    w->last[custodian] = w->c.acts[0].e.id;
    w->at[custodian] = 1;
    w->c.log_count[custodian]--;
    w->count = 1;
    return w;
}

static void crowd_folds_within_bounds(struct crowd *w, const char *name)
{
    struct timespec begin, end;
    const struct case_state *s;
    double took_s;

    assert_in_range(w->count, ACTS - 100, ACTS);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    assert_int_equal(case_fold_run(w->f), OK);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    took_s = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
    s = case_fold_state(w->f);
    print_message("%s: %u acts, %u void, %u overtaken: %.2f s, %zu KiB\n", name, s->entry_count,
                  s->void_count, s->overtaken_count, took_s, case_fold_bytes(w->f) / 1024);
    assert_int_equal(s->pending_count, 0);
    assert_true(took_s < BOUND_S);
    assert_true(case_fold_bytes(w->f) < BOUND_BYTES);
}

static void crowd_close(struct crowd *w)
{
    case_fold_free(w->f);
    sim_case_clear(&w->c);
    sim_roster_clear(&w->roster);
    free(w);
}

static const unsigned everybody = (1u << SIM_CROWD) - 1;

static void list_all(struct crowd *w, unsigned saw)
{
    for (unsigned m = BOARD; m < SIM_CROWD; m++)
        write_act(w, LIST(m), saw);
    write_act(w, LIST(ECHENG), saw);
}

static void closures_that_a_hidden_grade_overtakes_fold_within_bounds(void **state)
{
    struct crowd *w = crowd_open(JIAOTONG, GRADE_IMMINENT);
    const unsigned hidden = SIM_CROWD - 1, all = everybody & ~(1u << hidden);

    (void)state;
    list_all(w, everybody);
    write_act(w, GRADE(hidden, GRADE_MAJOR), everybody);
    for (unsigned i = 0; i < 1000; i++)
        write_act(w, GRADE(ECHENG, i % 2 ? GRADE_MAJOR : GRADE_GENERAL), all);
    for (unsigned i = 0; i < 900; i++)
        write_act(w, GRADE(ANWEIBAN, i % 2 ? GRADE_GENERAL : GRADE_IMMINENT), all);
    for (unsigned i = 0; i < 4 * 250; i++)
        write_act(w, GRADE(BOARD + i % 4, i % 2 ? GRADE_GENERAL : GRADE_MAJOR), all);
    write_act(w, PASS(ANWEIBAN), all);
    for (unsigned i = 0; i < 4 * 750; i++)
        write_act(w, L(.by = BOARD + i % 4, .kind = KIND_CLOSE), all);
    for (unsigned i = 0; w->count < ACTS; i++)
        write_act(w, L(.by = (unsigned[]){YINGJI, HAIGUAN, JIWEI, SHICHANG}[i % 4],
                       .kind = KIND_ARCHIVE), everybody);
    crowd_folds_within_bounds(w, "closures");
    crowd_close(w);
}

static void passes_that_a_later_custodian_spoils_fold_within_bounds(void **state)
{
    struct crowd *w = crowd_open(JIAOTONG, GRADE_GENERAL);

    (void)state;
    for (unsigned i = 0; i < 900; i++)
        write_act(w, PASS(JIAOTONG), everybody);
    list_all(w, everybody);
    write_act(w, LIST(ANWEIBAN), everybody);
    for (unsigned i = 0; i < 900; i++) {
        write_act(w, L(.by = SHICHANG, .kind = KIND_HAND_TO,
                       .officer = "6-1"), everybody);
        write_act(w, GRADE(ECHENG, i % 2 ? GRADE_GENERAL : GRADE_MAJOR), everybody);
    }
    for (unsigned i = 0; i < BOARDS * 900; i++)
        write_act(w, PASS(BOARD + i % BOARDS), everybody);
    write_act(w, GRADE(ECHENG, GRADE_IMMINENT), everybody);
    write_act(w, L(.by = ANWEIBAN, .kind = KIND_RULE, .to = M(BOARD),
                   .authority = AUTHORITY_COMMITTEE), everybody);
    for (unsigned i = 0; i < 900; i++)
        write_act(w, L(.by = ANWEIBAN, .kind = KIND_CLOSE, .signing = SIGN_DIRECTOR), everybody);
    for (unsigned i = 0; i < 120; i++)
        write_act(w, L(.by = ECHENG, .kind = KIND_CLOSE), everybody);
    for (unsigned i = 0; w->count < ACTS; i++)
        write_act(w, L(.by = (unsigned[]){YINGJI, HAIGUAN, JIWEI}[i % 3],
                       .kind = KIND_ARCHIVE), everybody);
    crowd_folds_within_bounds(w, "passes");
    crowd_close(w);
}

static void tracks_make(struct crowd *w)
{
    struct buffer b = {0};
    struct cbor_out out;

    cbor_out_init(&out, &b);
    cbor_put_array(&out, 64);
    for (unsigned i = 0; i < 64; i++) {
        char name[8];
        snprintf(name, sizeof name, "t%02u", i);
        cbor_put_array(&out, 2);
        cbor_put_text(&out, name);
        cbor_put_text(&out, "jiwei");
    }
    w->tracks_len = b.len;
    assert_true(b.len <= sizeof w->tracks);
    memcpy(w->tracks, b.data, b.len);
    buffer_clear(&b);
}

static void tracks_opened_again_and_again_fold_within_bounds(void **state)
{
    char names[64][8];
    struct crowd *w = crowd_open(JIAOTONG, GRADE_GENERAL);

    (void)state;
    tracks_make(w);
    list_all(w, everybody);
    write_act(w, PASS(ANWEIBAN), everybody);
    write_act(w, L(.by = ANWEIBAN, .kind = KIND_CLOSE), everybody);
    for (unsigned i = 0; i < BOARDS * 1000; i++)
        write_act(w, L(.by = BOARD + i % BOARDS, .kind = KIND_DUAL_OPEN, .track = "t00",
                       .investigator = M(JIWEI)), i % 7 ? everybody : 0);
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(names[i % 64], sizeof names[0], "t%02u", i % 64);
        write_act(w, L(.by = JIWEI, .kind = KIND_DUAL_END, .track = names[i % 64],
                       .outcome = OUTCOME_CONCLUDED), everybody);
        write_act(w, L(.by = ANWEIBAN, .kind = KIND_DUAL_END, .track = names[i % 64],
                       .outcome = OUTCOME_WAIVED), everybody);
    }
    for (unsigned i = 0; w->count < ACTS; i++)
        write_act(w, L(.by = (unsigned[]){YINGJI, HAIGUAN, SHICHANG}[i % 3],
                       .kind = KIND_ARCHIVE), everybody);
    crowd_folds_within_bounds(w, "tracks");
    crowd_close(w);
}

static void listings_set_and_lifted_fold_within_bounds(void **state)
{
    struct crowd *w = crowd_open(JIAOTONG, GRADE_GENERAL);

    (void)state;
    for (unsigned i = 0; i < 500; i++)
        for (unsigned m = BOARD; m < SIM_CROWD; m++) {
            write_act(w, LIST(m), i % 5 ? everybody : 0);
            write_act(w, L(.by = m, .kind = KIND_UNSUPERVISE), i % 3 ? everybody : 0);
        }
    for (unsigned i = 0; i < 500; i++) {
        write_act(w, LIST(ANWEIBAN), everybody);
        write_act(w, L(.by = ANWEIBAN, .kind = KIND_UNSUPERVISE), 0);
    }
    for (unsigned i = 0; w->count < ACTS; i++) {
        unsigned m = (unsigned[]){JIAOTONG, YINGJI, HAIGUAN, SHICHANG}[i % 4];
        struct sim_line pass = PASS(m);
        write_act(w, i % 2 ? L(.by = m, .kind = KIND_CLOSE) : pass, everybody);
    }
    crowd_folds_within_bounds(w, "listings");
    crowd_close(w);
}

static struct sim_line line_any(struct sim_random *r, unsigned by)
{
    static const enum kind kinds[] = {KIND_REGRADE, KIND_SUPERVISE, KIND_VERIFY, KIND_CLOSE,
                                      KIND_DUAL_OPEN, KIND_DUAL_END, KIND_UNSUPERVISE, KIND_RULE,
                                      KIND_RECTIFIED, KIND_ARCHIVE, KIND_JOIN, KIND_PLAN,
                                      KIND_HAND_TO, KIND_CLOSE, KIND_ARCHIVE, KIND_VERIFY};
    struct sim_line l = {.by = by, .kind = kinds[sim_below(r, sizeof kinds / sizeof kinds[0])],
                         .to = M(sim_below(r, SIM_MEMBERS)), .grade = 1 + sim_below(r, 3),
                         .outcome = sim_below(r, 9) ? OUTCOME_PASS : OUTCOME_FAIL,
                         .level = SUPERVISE_CITY, .authority = AUTHORITY_COMMITTEE,
                         .step = 1 + sim_below(r, 3), .track = "t07", .five = 31,
                         .investigator = M(JIWEI), .verifier = M(SHICHANG)};

    if (l.kind == KIND_VERIFY)
        l.signing = SIGN_VERIFIERS;
    else if (by == ANWEIBAN && sim_below(r, 2))
        l.signing = SIGN_DIRECTOR;
    if (l.kind == KIND_DUAL_END)
        l.outcome = OUTCOME_CONCLUDED;
    if (l.kind == KIND_HAND_TO)
        l.officer = "0-1";
    return l;
}

static void mixture_of_partial_views_folds_within_bounds(void **state)
{
    struct crowd *w = crowd_open(JIAOTONG, GRADE_GENERAL);

    (void)state;
    tracks_make(w);
    w->random.state = 1;
    while (w->count < ACTS) {
        unsigned by = sim_below(&w->random, SIM_CROWD);
        unsigned saw = (unsigned)sim_next(&w->random) & everybody;
        if (w->at[by] < CASE_MAX_ENTRIES_PER_MEMBER)
            write_act(w, line_any(&w->random, by), saw | (w->at[by] ? 0 : 1u << JIAOTONG));
    }
    crowd_folds_within_bounds(w, "mixture");
    crowd_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closures_that_a_hidden_grade_overtakes_fold_within_bounds),
        cmocka_unit_test(passes_that_a_later_custodian_spoils_fold_within_bounds),
        cmocka_unit_test(tracks_opened_again_and_again_fold_within_bounds),
        cmocka_unit_test(listings_set_and_lifted_fold_within_bounds),
        cmocka_unit_test(mixture_of_partial_views_folds_within_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
