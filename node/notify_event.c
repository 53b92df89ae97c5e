#include "node/notify_event.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/limits.h"
#include "ledger/query/answer.h"

enum { CASE_ENTRIES_MAX = 4096, EVENT_FORMAT = 1 };

const char *notify_kind_name(enum notify_kind kind)
{
    switch (kind) {
    case NOTIFY_NOTHING: return "";
    case NOTIFY_OFFER: return "offer";
    case NOTIFY_ASSIGNMENT: return "assignment";
    case NOTIFY_REFUSAL: return "refusal";
    case NOTIFY_RULING: return "ruling";
    case NOTIFY_DELIVERY: return "delivery";
    }
    return "";
}

static bool names(const struct entry *e, const char *member)
{
    char to[ID_MAX_BYTES + 1];
    return entry_fact_text(e, FACT_TO, to, sizeof to) && strcmp(to, member) == 0;
}

static bool offers(const struct entry *e)
{
    return e->kind == KIND_OFFER || e->kind == KIND_REPORT;
}

bool notify_may_concern(const struct entry *e, const char *self)
{
    if (strcmp(e->member, self) == 0) {
        return false;
    }
    return e->kind == KIND_RULE || (e->kind == KIND_REFUSE && e->has_base) ||
           ((offers(e) || e->kind == KIND_ASSIGN) && names(e, self));
}

bool notify_own_offer(const struct entry *e, const char *self)
{
    char to[ID_MAX_BYTES + 1];
    return strcmp(e->member, self) == 0 && offers(e) &&
           entry_fact_text(e, FACT_TO, to, sizeof to) && strcmp(to, self) != 0;
}

static enum err is_of(struct ledger *l, const struct hash *id, const char *member, bool *yes)
{
    struct position at;
    enum err err = ledger_find_id(l, id, &at);
    *yes = err == OK && strcmp(ledger_log_at(l, at.log.v)->member, member) == 0;
    return err == ERR_NOTFOUND ? OK : err;
}

/* Whether an act put the baton into our hands, or before us. */
static bool involves(const struct entry *e, const char *self)
{
    bool ours = strcmp(e->member, self) == 0;
    return ours ? offers(e) || e->kind == KIND_ACCEPT || e->kind == KIND_REFUSE
                : (offers(e) || e->kind == KIND_ASSIGN || e->kind == KIND_RULE) && names(e, self);
}

static enum err case_involves(struct ledger *l, const struct hash *case_id, const char *self,
                              bool *yes)
{
    size_t count = 0;
    struct position *all = malloc(CASE_ENTRIES_MAX * sizeof *all);
    enum err err = all == NULL ? ERR_NOMEM
                               : ledger_case_entries(l, case_id, all, CASE_ENTRIES_MAX, &count);
    count = count > CASE_ENTRIES_MAX ? CASE_ENTRIES_MAX : count;
    for (size_t i = 0; err == OK && !*yes && i < count; i++) {
        struct span bytes;
        struct entry e;
        err = log_read(ledger_txn(l), all[i].log, all[i].index, &bytes);
        *yes = err == OK && entry_decode(&e, bytes) == OK && involves(&e, self);
    }
    free(all);
    return err == ERR_NOTFOUND ? OK : err;
}

enum err notify_kind_of(struct ledger *l, const struct entry *e, const char *self,
                        enum notify_kind *out)
{
    enum err err = OK;
    bool yes = false;
    *out = NOTIFY_NOTHING;
    if (!notify_may_concern(e, self)) {
        return OK;
    }
    if (offers(e)) {
        *out = NOTIFY_OFFER;
    } else if (e->kind == KIND_ASSIGN) {
        *out = NOTIFY_ASSIGNMENT;
    } else if (e->kind == KIND_REFUSE) {
        err = is_of(l, &e->base, self, &yes);
        *out = yes ? NOTIFY_REFUSAL : NOTIFY_NOTHING;
    } else {
        yes = names(e, self);
        err = yes || !e->has_case ? OK : case_involves(l, &e->case_id, self, &yes);
        *out = yes ? NOTIFY_RULING : NOTIFY_NOTHING;
    }
    return err;
}

static void put_text(json_t *o, const char *key, const char *text)
{
    json_object_set_new(o, key, json_string(text));
}

static void put_hash(json_t *o, const char *key, const struct hash *h)
{
    char hex[2 * HASH_BYTES + 1];
    if (hex_encode(hex, sizeof hex, span_of(h->b, HASH_BYTES)) == OK) {
        put_text(o, key, hex);
    }
}

/* The name of a coded fact. */
static void put_code(json_t *o, const char *key, const struct entry *e, enum fact_id fact)
{
    uint64_t value;
    const struct code_row *code =
        entry_fact_uint(e, fact, &value) ? fact_code(fact_row(fact), value) : NULL;
    if (code != NULL) {
        put_text(o, key, code->name);
    }
}

static void put_member(json_t *o, const char *key, const struct entry *e, enum fact_id fact)
{
    char id[ID_MAX_BYTES + 1];
    if (entry_fact_text(e, fact, id, sizeof id)) {
        put_text(o, key, id);
    }
}

static enum err put_case(json_t *o, struct ledger *l, const struct hash *case_id)
{
    char number[CASE_NUMBER_BYTES];
    struct case_state state;
    enum err err = ledger_state(l, case_id, &state);
    put_hash(o, "case", case_id);
    if (err == OK) {
        err = case_number_of(ledger_roster(l), &state, number);
    }
    if (err == OK && number[0] != '\0') {
        put_text(o, "number", number);
    }
    return err == ERR_NOTFOUND ? OK : err;
}

/* "offer-" and the entry's id: an act is one event of a kind. */
static void put_id(json_t *o, enum notify_kind kind, const struct hash *id)
{
    char text[16 + 2 * HASH_BYTES];
    size_t len = strlen(notify_kind_name(kind));
    memcpy(text, notify_kind_name(kind), len);
    text[len++] = '-';
    if (hex_encode(text + len, sizeof text - len, span_of(id->b, HASH_BYTES)) == OK) {
        put_text(o, "id", text);
    }
}

static enum err dump(json_t *o, struct buffer *out)
{
    char *text = json_dumps(o, JSON_COMPACT);
    size_t len = text == NULL ? 0 : strlen(text);
    enum err err = text == NULL ? ERR_NOMEM : OK;
    if (err == OK && len >= NOTIFY_EVENT_BYTES) {
        err = ERR_TOO_LARGE;
    }
    if (err == OK) {
        err = buffer_put(out, text, len);
    }
    if (err == OK) {
        err = buffer_put_u8(out, '\n');
    }
    free(text);
    return err;
}

enum err notify_encode(struct ledger *l, enum notify_kind kind, const struct entry *e,
                       struct position at, uint64_t delivered_s, struct buffer *out)
{
    json_t *o = json_pack("{s:i, s:s, s:s, s:s, s:i, s:I, s:I}", "format", EVENT_FORMAT, "event",
                          notify_kind_name(kind), "act", kind_row(e->kind)->name, "author",
                          e->member, "epoch", (int)e->epoch, "index", (json_int_t)at.index,
                          "time_s", (json_int_t)e->time_s);
    if (o == NULL) {
        return ERR_NOMEM;
    }
    put_id(o, kind, &e->id);
    put_hash(o, "entry", &e->id);
    put_member(o, "to", e, FACT_TO);
    put_code(o, "code", e, FACT_CODE);
    put_member(o, "suggest", e, FACT_SUGGEST);
    put_code(o, "authority", e, FACT_AUTHORITY);
    put_code(o, "grade", e, FACT_GRADE);
    if (kind == NOTIFY_DELIVERY) {
        json_object_set_new(o, "delivered_s", json_integer((json_int_t)delivered_s));
    }
    enum err err = put_case(o, l, e->has_case ? &e->case_id : &e->id);
    if (err == OK) {
        err = dump(o, out);
    }
    json_decref(o);
    return err;
}
