#include <stdlib.h>
#include <string.h>

#include "ledger/query/answer.h"

enum { PAGE_DEFAULT = 50, PAGE_MAX = 1000, PAGE_MAX_SCANNED = 4096 };

struct filter {
    struct member_no custodian;
    const char *sector, *district, *grade;
    int open;                                  /* -1: both */
};

static bool filter_init(struct answer *a, struct filter *f)
{
    const char *custodian = answer_asked(a, "custodian");
    const json_t *open = json_object_get(a->request, "open");
    *f = (struct filter){.custodian = {MEMBER_NONE}, .open = -1};
    f->sector = answer_asked(a, "sector");
    f->district = answer_asked(a, "district");
    f->grade = answer_asked(a, "grade");
    if (json_is_boolean(open))
        f->open = json_is_true(open);
    if (custodian == NULL)
        return true;
    const struct member *m = roster_find(a->roster, custodian, UINT64_MAX);
    if (m == NULL) {
        answer_refuse(a, ERR_UNKNOWN_MEMBER, err_message(ERR_UNKNOWN_MEMBER));
        return false;
    }
    f->custodian = m->no;
    return true;
}

static bool filter_takes(const struct filter *f, const struct case_state *s)
{
    if (s->phase == CASE_NONE)
        return false;
    if (f->custodian.v != MEMBER_NONE && f->custodian.v != s->custodian.v)
        return false;
    if (f->open >= 0 && (s->phase != CASE_ENDED) != (f->open == 1))
        return false;
    if (f->sector != NULL && strcmp(f->sector, s->sector) != 0)
        return false;
    if (f->district != NULL && strcmp(f->district, s->district) != 0)
        return false;
    return f->grade == NULL || strcmp(f->grade, fact_word(FACT_GRADE, s->grade)) == 0;
}

static bool cursor_init(struct answer *a, struct case_cursor *cursor, struct member_no custodian)
{
    const char *after = answer_asked(a, "after");
    *cursor = (struct case_cursor){.custodian = custodian};
    if (after == NULL)
        return true;
    cursor->started = true;
    if (hex_decode(cursor->key, sizeof cursor->key, after, strlen(after), &cursor->key_len) == OK)
        return true;
    answer_refuse(a, ERR_USAGE, "the cursor does not come from an earlier page");
    return false;
}

void answer_cases(struct answer *a)
{
    struct filter filter;
    struct case_cursor cursor;
    struct case_state s;
    enum err err = OK;
    json_int_t limit = json_integer_value(json_object_get(a->request, "limit"));
    size_t room = limit <= 0 ? PAGE_DEFAULT : limit > PAGE_MAX ? PAGE_MAX : (size_t)limit;
    if (!filter_init(a, &filter) || !cursor_init(a, &cursor, filter.custodian))
        return;
    json_t *list = answer_list(a, a->reply, "cases");
    for (unsigned i = 0; i < PAGE_MAX_SCANNED && json_array_size(list) < room && err == OK; i++) {
        err = ledger_case_next(a->l, &cursor, &s);
        if (err == OK && filter_takes(&filter, &s))
            answer_add(a, list, answer_case(a, &s));
    }
    if (err == OK)
        answer_put(a, a->reply, "next", json_of_hex(span_of(cursor.key, cursor.key_len)));
    else if (err != ERR_NOTFOUND)
        answer_fail(a, err);
}

static bool asks(const struct case_state *s, struct member_no m)
{
    for (unsigned i = 0; i < s->support_count; i++) {
        if (s->supports[i].member.v == m.v && s->supports[i].status == STEP_ASK)
            return true;
    }
    return false;
}

struct inbox {
    json_t *offered, *named, *asked, *verify, *petitions, *erase, *open;
    uint64_t open_count;
};

static void inbox_add(struct answer *a, struct inbox *box, const struct case_state *s,
                      struct member_no m)
{
    if (answer_must_confirm(a, s, m))
        answer_add(a, box->erase, answer_case(a, s));
    if (s->phase == CASE_NONE || s->phase == CASE_ENDED)
        return;
    if (s->offer.open && s->offer.to.v == m.v)
        answer_add(a, box->offered, answer_case(a, s));
    if (s->ruled && s->rule_named.v == m.v && !s->rule_signed_for)
        answer_add(a, box->named, answer_case(a, s));
    if (asks(s, m))
        answer_add(a, box->asked, answer_case(a, s));
    if (s->has_verifier && s->verifier.v == m.v && !s->closed)
        answer_add(a, box->verify, answer_case(a, s));
    if (s->petition_open && m.v == 0)
        answer_add(a, box->petitions, answer_case(a, s));
    if (s->custodian.v != m.v)
        return;
    box->open_count++;
    if (json_array_size(box->open) < PAGE_DEFAULT)
        answer_add(a, box->open, answer_case(a, s));
}

void answer_inbox(struct answer *a)
{
    struct member_no m;
    struct case_cursor cursor = {.custodian = {MEMBER_NONE}};
    struct case_state s;
    enum err err;
    if (!answer_asked_member(a, &m))
        return;
    answer_put(a, a->reply, "member", json_of_member(a, m));
    struct inbox box = {
        .offered = answer_list(a, a->reply, "offered"),
        .named = answer_list(a, a->reply, "named"),
        .asked = answer_list(a, a->reply, "asked"),
        .verify = answer_list(a, a->reply, "verify"),
        .petitions = answer_list(a, a->reply, "petitions"),
        .erase = answer_list(a, a->reply, "erase"),
        .open = answer_list(a, a->reply, "open"),
    };
    while ((err = ledger_case_next(a->l, &cursor, &s)) == OK)
        inbox_add(a, &box, &s, m);
    answer_put(a, a->reply, "open_count", json_of_number(box.open_count));
    if (err != ERR_NOTFOUND)
        answer_fail(a, err);
}

struct line { json_t *act; uint64_t time_s, order; };

static int line_compare(const void *left, const void *right)
{
    const struct line *a = left, *b = right;
    if (a->time_s != b->time_s)
        return a->time_s < b->time_s ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static enum err positions_of(struct answer *a, const struct hash *id, struct position **out,
                             size_t *count)
{
    struct position none;
    *out = NULL;
    enum err err = ledger_case_entries(a->l, id, &none, 0, count);
    if (err != ERR_TOO_LARGE)
        return err;
    size_t room = *count;
    *out = calloc(room, sizeof **out);
    return *out == NULL ? ERR_NOMEM : ledger_case_entries(a->l, id, *out, room, count);
}

static enum err read_lines(struct answer *a, const struct position *at, size_t count,
                           struct line *lines)
{
    enum err err = OK;
    for (size_t i = 0; err == OK && i < count; i++) {
        lines[i].order = i;
        err = query_entry_json(a->l, at[i], &lines[i].act);
        if (err == OK)
            answer_parts(a, at[i], lines[i].act);
        if (err == OK)
            answer_put(a, lines[i].act, "ack", answer_level(a, at[i]));
        if (err == OK)
            lines[i].time_s =
                (uint64_t)json_integer_value(json_object_get(lines[i].act, "time_s"));
    }
    return err;
}

/* What a pending act waits for is known to the fold alone. */
static void put_missing(struct answer *a, const struct hash *id, json_t *acts)
{
    struct case_fold *fold;
    enum err err = ledger_fold_case(a->l, id, &fold);
    if (err != OK) {
        answer_fail(a, err);
        return;
    }
    for (size_t i = 0; i < case_fold_count(fold); i++) {
        struct act_view view;
        case_fold_act(fold, i, &view);
        if (view.verdict != VERDICT_PENDING || !view.has_missing)
            continue;
        json_t *name = json_of_hash(&view.id), *act;
        size_t at;
        json_array_foreach(acts, at, act) {
            if (json_equal(json_object_get(act, "id"), name))
                answer_put(a, act, "missing", json_of_hash(&view.missing));
        }
        json_decref(name);
    }
    case_fold_free(fold);
}

static void put_acts(struct answer *a, const struct case_state *s)
{
    struct position *at;
    size_t count = 0;
    json_t *acts = answer_list(a, a->reply, "acts");
    enum err err = positions_of(a, &s->id, &at, &count);
    struct line *lines = calloc(count + 1, sizeof *lines);
    if (err == OK)
        err = lines == NULL ? ERR_NOMEM : read_lines(a, at, count, lines);
    if (lines != NULL)
        qsort(lines, count, sizeof *lines, line_compare);
    for (size_t i = 0; lines != NULL && i < count; i++) {
        if (lines[i].act != NULL)
            answer_add(a, acts, lines[i].act);
    }
    free(lines);
    free(at);
    if (err != OK)
        answer_fail(a, err);
    else if (s->pending_count > 0)
        put_missing(a, &s->id, acts);
}

void answer_show(struct answer *a)
{
    struct hash id;
    struct case_state s;
    if (!answer_asked_case(a, &id))
        return;
    enum err err = ledger_state(a->l, &id, &s);
    if (err != OK) {
        answer_fail(a, err);
        return;
    }
    answer_put(a, a->reply, "case", answer_case(a, &s));
    answer_erasures(a, &s, true, answer_list(a, a->reply, "erasures"));
    put_acts(a, &s);
}
