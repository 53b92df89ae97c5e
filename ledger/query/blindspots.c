#include <stdlib.h>
#include <string.h>

#include "ledger/cases/mark.h"
#include "ledger/level.h"
#include "ledger/query/answer.h"

/* Open cases by what would make two of them the same hazard. */
struct twin { uint64_t key; struct hash id; struct member_no opener; };
struct offer_row { struct hash id; uint64_t since_s; };
struct scan {
    struct twin *twins;
    struct offer_row *offers;
    size_t twin_count, twin_cap, offer_count, offer_cap;
    json_t *spots, *erasures;
};

static json_t *spot(struct answer *a, struct scan *scan, int kind, const char *title)
{
    json_t *o = json_pack("{s:i,s:s}", "kind", kind, "title", title);
    answer_add(a, scan->spots, o);
    return o;
}

static void put_case_of(struct answer *a, json_t *o, const struct case_state *s)
{
    char number[CASE_NUMBER_BYTES];
    if (case_number_of(a->roster, s, number) != OK)
        number[0] = 0;
    answer_put(a, o, "case", json_of_hash(&s->id));
    answer_put(a, o, "number", json_string(number));
    answer_put(a, o, "command", json_sprintf("jieli show %s", number));
}

static json_t *case_spot(struct answer *a, struct scan *scan, int kind, const char *title,
                         const struct case_state *s)
{
    json_t *o = spot(a, scan, kind, title);
    put_case_of(a, o, s);
    answer_put(a, o, "members", json_of_members(a, &s->custodian, 1));
    return o;
}

static void since(struct answer *a, json_t *o, const struct hash *id)
{
    answer_put(a, o, "since_s", json_of_number(answer_time_of(a, id)));
}

/* Whether a person was an officer of the member's and is none any more, by any key. */
static bool has_left(const struct answer *a, struct member_no m, const char *person)
{
    const struct officer *o;
    bool known = false;
    for (unsigned i = 0; (o = roster_officer_at(a->roster, m, i)) != NULL; i++) {
        if (strcmp(o->person, person) != 0)
            continue;
        if (!o->left)
            return false;
        known = true;
    }
    return known;
}

static void judge_open(struct answer *a, struct scan *scan, const struct case_state *s)
{
    json_t *o;
    if (has_left(a, s->custodian, s->handler)) {
        o = case_spot(a, scan, 12, N_("the officer who works it has left"), s);
        answer_put(a, o, "detail", json_pack("{s:s}", "officer", s->handler));
    }
    if (s->refusals >= 2 || s->custody_returns > 0) {
        o = case_spot(a, scan, 3, N_("handed back and forth: refusals, or a cycle"), s);
        answer_put(a, o, "since_s", json_of_number(s->opened_s));
        answer_put(a, o, "detail", json_pack("{s:i,s:i}", "refusals", (int)s->refusals, "returns",
                                             (int)s->custody_returns));
    }
    if (s->petition_open) {
        o = case_spot(a, scan, 4, N_("petition without a ruling"), s);
        since(a, o, &s->petition);
    }
    if (s->ruled && !s->rule_final) {
        o = case_spot(a, scan, 4, N_("interim ruling not confirmed by a final one"), s);
        since(a, o, &s->rule);
    }
    if (s->ruled && !s->rule_signed_for) {
        o = case_spot(a, scan, 15, N_("ruled, and not yet signed for"), s);
        answer_put(a, o, "members", json_of_members(a, &s->rule_named, 1));
        since(a, o, &s->rule);
    }
    if (s->ruled && s->rule_conflict_later) {
        o = case_spot(a, scan, 16, N_("ruling whose conflict of interest showed later"), s);
        since(a, o, &s->rule);
    }
}

/* Known to the member offered to by nothing but our own rule. */
static void judge_offer(struct answer *a, struct scan *scan, const struct case_state *s)
{
    struct act_level level;
    struct position at;
    if (!s->offer.open || ledger_find_id(a->l, &s->offer.id, &at) != OK ||
        ledger_level(a->l, at, a->as_of_s, &level) != OK || !level_deemed(&level, a->as_of_s))
        return;
    json_t *o = case_spot(a, scan, 15, N_("offer delivered by fiction only"), s);
    answer_put(a, o, "members", json_of_members(a, &s->offer.to, 1));
    answer_put(a, o, "since_s", json_of_number(level.deemed_s));
    answer_put(a, o, "detail", json_pack("{s:s,s:s}", "term", level.term->name, "basis",
                                         level.term->basis));
}

static void judge_closed(struct answer *a, struct scan *scan, const struct case_state *s)
{
    if (!s->closed || !s->verified_by_custodian)
        return;
    json_t *o = case_spot(a, scan, 8, N_("closed on the custodian's own verification"), s);
    since(a, o, &s->closure);
}

static uint64_t mix(uint64_t h, const char *text)
{
    for (; *text != 0; text++)
        h = (h ^ (uint8_t)*text) * UINT64_C(1099511628211);
    return (h ^ 0xff) * UINT64_C(1099511628211);
}

static bool grow(void **rows, size_t *cap, size_t count, size_t size)
{
    if (count < *cap)
        return true;
    size_t cap_new = *cap == 0 ? 256 : *cap * 2;
    void *more = realloc(*rows, cap_new * size);
    if (more == NULL)
        return false;
    *rows = more;
    *cap = cap_new;
    return true;
}

static void remember(struct answer *a, struct scan *scan, const struct case_state *s)
{
    void *twins = scan->twins, *offers = scan->offers;
    if (!grow(&twins, &scan->twin_cap, scan->twin_count, sizeof *scan->twins) ||
        !grow(&offers, &scan->offer_cap, scan->offer_count, sizeof *scan->offers))
        a->err = ERR_NOMEM;
    scan->twins = twins;
    scan->offers = offers;
    if (a->err != OK)
        return;
    if (s->clause[0] != 0 && s->found_on != 0) {
        uint64_t key = mix(mix(mix(s->found_on, s->sector), s->district), s->clause);
        scan->twins[scan->twin_count++] = (struct twin){key, s->id, s->opener};
    }
    if (s->offer.open)
        scan->offers[scan->offer_count++] = (struct offer_row){s->id, s->offer.time_s};
}

static int twin_compare(const void *left, const void *right)
{
    const struct twin *a = left, *b = right;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return memcmp(a->id.b, b->id.b, HASH_BYTES);
}

static bool same_hazard(const struct case_state *a, const struct case_state *b)
{
    return a->opener.v != b->opener.v && a->found_on == b->found_on &&
           strcmp(a->sector, b->sector) == 0 && strcmp(a->district, b->district) == 0 &&
           strcmp(a->clause, b->clause) == 0;
}

static void put_twins(struct answer *a, struct scan *scan)
{
    struct case_state one, other;
    if (scan->twin_count > 0)
        qsort(scan->twins, scan->twin_count, sizeof *scan->twins, twin_compare);
    for (size_t i = 0; i + 1 < scan->twin_count; i++) {
        const struct twin *t = &scan->twins[i];
        if (t[0].key != t[1].key || ledger_state(a->l, &t[0].id, &one) != OK ||
            ledger_state(a->l, &t[1].id, &other) != OK || !same_hazard(&one, &other))
            continue;
        struct member_no openers[2] = {one.opener, other.opener};
        char number[CASE_NUMBER_BYTES];
        json_t *o = case_spot(a, scan, 4, N_("possible duplicate, not merged"), &one);
        answer_put(a, o, "members", json_of_members(a, openers, 2));
        answer_put(a, o, "since_s",
                   json_of_number(one.opened_s > other.opened_s ? one.opened_s : other.opened_s));
        if (case_number_of(a->roster, &other, number) == OK)
            answer_put(a, o, "detail", json_pack("{s:s}", "other", number));
    }
}

static int offer_compare(const void *left, const void *right)
{
    const struct offer_row *a = left, *b = right;
    if (a->since_s != b->since_s)
        return a->since_s < b->since_s ? -1 : 1;
    return memcmp(a->id.b, b->id.b, HASH_BYTES);
}

static void put_offers(struct answer *a, struct scan *scan)
{
    struct case_state s;
    json_t *list = answer_list(a, a->reply, "offers");
    if (scan->offer_count > 0)
        qsort(scan->offers, scan->offer_count, sizeof *scan->offers, offer_compare);
    for (size_t i = 0; i < scan->offer_count; i++) {
        if (ledger_state(a->l, &scan->offers[i].id, &s) != OK)
            continue;
        json_t *o = json_object();
        uint64_t age = a->as_of_s > s.offer.time_s ? a->as_of_s - s.offer.time_s : 0;
        put_case_of(a, o, &s);
        answer_put(a, o, "by", json_of_member(a, s.offer.by));
        answer_put(a, o, "to", json_of_member(a, s.offer.to));
        answer_put(a, o, "grade", json_string(fact_word(FACT_GRADE, s.grade)));
        answer_put(a, o, "since_s", json_of_number(s.offer.time_s));
        answer_put(a, o, "age_s", json_of_number(age));
        answer_put(a, o, "request", json_boolean(s.offer.is_request));
        answer_put(a, o, "signed_for", json_boolean(s.offer.signed_for));
        answer_add(a, list, o);
    }
}

static void put_gaps(struct answer *a, struct scan *scan)
{
    struct duty_row row;
    for (unsigned i = 0; roster_duty_at(a->roster, UINT64_MAX, i, &row); i++) {
        if (row.lead_count == 1)
            continue;
        json_t *o = spot(a, scan, 2, row.lead_count == 0
                                         ? N_("the map names no lead for this sector")
                                         : N_("the map names two leads for this sector"));
        answer_put(a, o, "members", json_of_members(a, row.leads, row.lead_count));
        answer_put(a, o, "detail", json_of_row(a, &row));
        bool all = strcmp(row.district, "*") == 0;
        answer_put(a, o, "command", json_sprintf("jieli whose %s%s%s", row.sector, all ? "" : " ",
                                                 all ? "" : row.district));
    }
}

/* Pairs of heads kept as proof of a fork of this log. */
static uint32_t fork_count(struct answer *a, const struct log *log)
{
    struct span notes[2];
    struct proof proof;
    uint32_t n = 0;
    while (n < LOG_FORKS_MAX && log_fork_get(ledger_txn(a->l), log->no, n, notes, &proof) == OK)
        n++;
    return n;
}

static void put_forks(struct answer *a, struct scan *scan)
{
    const struct log *log;
    for (unsigned i = 0; answer_ok(a) && (log = ledger_log_at(a->l, i)) != NULL; i++) {
        uint32_t pairs = fork_count(a, log);
        if (pairs == 0)
            continue;
        json_t *o = spot(a, scan, 14, N_("one member signed two histories"));
        answer_put(a, o, "members", json_pack("[s]", log->member));
        answer_put(a, o, "detail", json_pack("{s:I,s:I}", "epoch", (json_int_t)log->epoch, "proofs",
                                             (json_int_t)pairs));
        answer_put(a, o, "command", json_string("jieli audit"));
    }
}

void answer_blindspots(struct answer *a)
{
    struct scan scan = {.spots = answer_list(a, a->reply, "spots"),
                        .erasures = answer_list(a, a->reply, "erasures")};
    struct case_cursor cursor = {.custodian = {MEMBER_NONE}};
    struct case_state s;
    enum err err = OK;
    put_gaps(a, &scan);
    while (a->err == OK && (err = ledger_case_next(a->l, &cursor, &s)) == OK) {
        judge_closed(a, &scan, &s);
        answer_erasures(a, &s, false, scan.erasures);
        if (s.phase != CASE_OPEN && s.phase != CASE_CLOSED)
            continue;
        judge_open(a, &scan, &s);
        judge_offer(a, &scan, &s);
        remember(a, &scan, &s);
    }
    if (err != ERR_NOTFOUND && err != OK)
        answer_fail(a, err);
    put_twins(a, &scan);
    put_forks(a, &scan);
    put_offers(a, &scan);
    free(scan.twins);
    free(scan.offers);
}
