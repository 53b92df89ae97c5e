#include "ledger/query/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CANDIDATES_MAX = 20 };

void answer_put(struct answer *a, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0)
        a->err = ERR_NOMEM;
}

void answer_add(struct answer *a, json_t *list, json_t *value)
{
    if (json_array_append_new(list, value) != 0)
        a->err = ERR_NOMEM;
}

json_t *answer_object(struct answer *a, json_t *parent, const char *key)
{
    json_t *object = json_object();
    answer_put(a, parent, key, object);
    return object;
}

json_t *answer_list(struct answer *a, json_t *parent, const char *key)
{
    json_t *list = json_array();
    answer_put(a, parent, key, list);
    return list;
}

void answer_refuse(struct answer *a, enum err err, const char *message)
{
    answer_put(a, a->reply, "error", json_string(err_name(err)));
    answer_put(a, a->reply, "message", json_string(message));
}

void answer_fail(struct answer *a, enum err err)
{
    if (err == ERR_NOMEM)
        a->err = err;
    else
        answer_refuse(a, err, err_message(err));
}

bool answer_ok(const struct answer *a)
{
    return a->err == OK && json_object_get(a->reply, "error") == NULL;
}

const char *answer_asked(const struct answer *a, const char *key)
{
    return json_string_value(json_object_get(a->request, key));
}

json_t *json_of_hex(struct span bytes)
{
    size_t room = bytes.len * 2 + 1;
    char *text = malloc(room);
    json_t *out = NULL;
    if (text != NULL && hex_encode(text, room, bytes) == OK)
        out = json_string(text);
    free(text);
    return out;
}

json_t *json_of_hash(const struct hash *h)
{
    return json_of_hex(span_of(h->b, HASH_BYTES));
}

json_t *json_of_number(uint64_t v)
{
    return json_integer((json_int_t)v);
}

json_t *json_of_date(uint64_t days)
{
    uint64_t z = days + 719468, era = z / 146097, doe = z % 146097;
    uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (unsigned)((5 * doy + 2) / 153), day = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
    unsigned month = mp < 10 ? mp + 3 : mp - 9;
    uint64_t year = yoe + era * 400 + (month <= 2 ? 1 : 0);
    return json_sprintf("%04u-%02u-%02u", (unsigned)(year % 10000), month, day);
}

json_t *json_of_member(const struct answer *a, struct member_no m)
{
    const struct member *member =
        m.v == MEMBER_NONE ? NULL : roster_member(a->roster, m);
    return member == NULL ? json_null() : json_string(member->a.id);
}

json_t *json_of_members(const struct answer *a, const struct member_no *m, unsigned count)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < count && list != NULL; i++) {
        if (json_array_append_new(list, json_of_member(a, m[i])) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

bool answer_asked_member(struct answer *a, struct member_no *out)
{
    const char *id = answer_asked(a, "member");
    *out = ledger_self(a->l);
    if (id != NULL) {
        const struct member *m = roster_find(a->roster, id, UINT64_MAX);
        out->v = m == NULL ? (uint16_t)MEMBER_NONE : m->no.v;
    }
    if (out->v == MEMBER_NONE)
        answer_refuse(a, ERR_UNKNOWN_MEMBER, err_message(ERR_UNKNOWN_MEMBER));
    return out->v != MEMBER_NONE;
}

static void put_candidates(struct answer *a, const struct hash *ids, size_t count)
{
    json_t *list = answer_list(a, a->reply, "candidates");
    for (size_t i = 0; i < count && i < CANDIDATES_MAX; i++) {
        struct case_state s;
        char number[CASE_NUMBER_BYTES];
        if (ledger_state(a->l, &ids[i], &s) == OK && case_number_of(a->roster, &s, number) == OK)
            answer_add(a, list, json_string(number));
    }
}

/* A mistyped number: cases that begin as it does, its check character left out. */
static void put_near(struct answer *a, const char *text)
{
    char stem[CASE_NUMBER_BYTES];
    struct hash near[CANDIDATES_MAX];
    size_t len = strlen(text), count = 0;
    if (len < 2 || len > sizeof stem)
        return;
    snprintf(stem, sizeof stem, "%.*s", (int)(len - 1), text);
    enum err err = ledger_find_case(a->l, stem, near, CANDIDATES_MAX, &count);
    if (err == OK || err == ERR_RANGE)
        put_candidates(a, near, count);
}

static void refuse_unknown_case(struct answer *a, const char *text)
{
    char member[ID_MAX_BYTES + 1];
    unsigned year;
    uint32_t epoch;
    uint64_t index;
    bool bad_check = false;
    if (case_number_parse(text, member, &year, &epoch, &index, &bad_check) != OK && bad_check) {
        answer_refuse(a, ERR_NOTFOUND,
                      "the check character does not fit: a character of the number is mistyped");
        put_near(a, text);
    } else {
        answer_refuse(a, ERR_NOTFOUND, "no case held here has a number that begins like this");
    }
}

bool answer_asked_case(struct answer *a, struct hash *id)
{
    struct hash found[CANDIDATES_MAX];
    size_t count = 0;
    const char *text = answer_asked(a, "case");
    if (text == NULL) {
        answer_refuse(a, ERR_USAGE, "a case must be named");
        return false;
    }
    enum err err = ledger_find_case(a->l, text, found, CANDIDATES_MAX, &count);
    if (err == OK && count == 1) {
        *id = found[0];
        return true;
    }
    if (err == ERR_RANGE || (err == OK && count > 1)) {
        answer_refuse(a, ERR_RANGE, "several cases begin like this: give more of the number");
        put_candidates(a, found, count);
    } else if (err == ERR_NOTFOUND || err == ERR_FORMAT || err == OK) {
        refuse_unknown_case(a, text);
    } else {
        answer_fail(a, err);
    }
    return false;
}

uint64_t answer_time_of(struct answer *a, const struct hash *id)
{
    struct position at;
    struct span bytes;
    struct entry e;
    if (ledger_find_id(a->l, id, &at) != OK ||
        log_read(ledger_txn(a->l), at.log, at.index, &bytes) != OK || entry_decode(&e, bytes) != OK)
        return 0;
    return e.time_s;
}
