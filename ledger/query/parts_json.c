/* What the parts of a case say, to whom may read them, and why not where they say nothing. */
#include <string.h>

#include "ledger/cases/readers.h"
#include "ledger/log/part.h"
#include "ledger/log/part_erase.h"
#include "ledger/parts.h"
#include "ledger/query/answer.h"

/* Entries of a case that are looked through for its subject; in a longer one the opening alone. */
enum { SUBJECT_MAX_ENTRIES = 256 };

/* Prose of a part is shown whole up to here; what is longer is saved by `jieli part`. */
enum { PROSE_MAX_BYTES = 4096 };

/* Why a part did not open: "erased" by order, "sealed" to others, "missing" for now, "spoilt". */
static const char *unread_word(struct answer *a, const struct part_place *at, enum err err)
{
    if (part_erased(ledger_home(a->l), &at->ref->commitment, NULL))
        return "erased";
    if (!ledger_part_may(a->l, at, ledger_self(a->l)))
        return "sealed";
    return err == ERR_NOTFOUND ? "missing" : "spoilt";
}

static const struct part_ref *subject_part(const struct entry *e)
{
    for (unsigned i = 0; i < e->part_count; i++) {
        if (e->parts[i].role == PART_SUBJECT)
            return &e->parts[i];
    }
    return NULL;
}

/* The opening act names the case, and its author's valid corrections of it rename it. */
static bool names_case(struct answer *a, const struct case_state *s, struct position at,
                       const struct entry *e)
{
    struct hash target;
    enum verdict verdict;
    enum reason reason;
    if (hash_equal(&e->id, &s->id))
        return true;
    return e->kind == KIND_CORRECT && entry_fact_hash(e, FACT_TARGET, &target) &&
           hash_equal(&target, &s->id) && ledger_verdict(a->l, at, &verdict, &reason) == OK &&
           verdict == VERDICT_VALID;
}

static bool entry_of(struct answer *a, struct position at, struct entry *e)
{
    struct span bytes;
    return log_read(ledger_txn(a->l), at.log, at.index, &bytes) == OK &&
           entry_decode(e, bytes) == OK;
}

/* The last naming, into *e. */
static bool find_subject(struct answer *a, const struct case_state *s, struct entry *e,
                         struct part_place *out)
{
    struct position at[SUBJECT_MAX_ENTRIES], last = {{0}, 0};
    size_t count = 0;
    bool found = false;
    if (ledger_case_entries(a->l, &s->id, at, SUBJECT_MAX_ENTRIES, &count) != OK)
        count = ledger_find_id(a->l, &s->id, &at[0]) == OK ? 1 : 0;
    for (size_t i = 0; i < count; i++) {
        if (entry_of(a, at[i], e) && subject_part(e) != NULL && names_case(a, s, at[i], e)) {
            last = at[i];
            found = true;
        }
    }
    if (found && entry_of(a, last, e))
        *out = (struct part_place){e, subject_part(e)};
    return found;
}

static void put_subject(struct answer *a, json_t *o, const struct subject *subject)
{
    answer_put(a, o, "title", json_string(subject->title));
    answer_put(a, o, "enterprise", json_string(subject->enterprise));
    answer_put(a, o, "place", json_string(subject->place));
}

json_t *answer_case(struct answer *a, const struct case_state *s)
{
    struct subject subject;
    struct entry e;
    struct part_place at;
    struct buffer plain = {0};
    json_t *o = answer_state(a, s);
    answer_offer_level(a, o, s);
    if (o == NULL || !find_subject(a, s, &e, &at))
        return o;
    enum err err = ledger_part_open(a->l, &at, &plain);
    if (err == OK && subject_decode(&subject, buffer_span(&plain)) == OK)
        put_subject(a, o, &subject);
    else
        answer_put(a, o, "subject", json_string(unread_word(a, &at, err)));
    buffer_clear(&plain);
    return o;
}

/* ---- the parts of one act ---- */

static bool is_prose(unsigned role)
{
    return role == PART_TEXT || role == PART_NAMES || role == PART_CONTACT ||
           role == PART_IDENTITY;
}

/* Pictures are not opened to tell that they are here. */
static void put_part(struct answer *a, json_t *o, const struct part_place *at)
{
    struct buffer plain = {0};
    const bool prose_role = is_prose(at->ref->role);
    enum err err = part_held(ledger_home(a->l), &at->ref->commitment) ? OK : ERR_NOTFOUND;
    if (err == OK && prose_role)
        err = ledger_part_open(a->l, at, &plain);
    answer_put(a, o, "state", json_string(err == OK ? "held" : unread_word(a, at, err)));
    json_t *prose = err == OK && prose_role && plain.len <= PROSE_MAX_BYTES
                        ? json_stringn((const char *)plain.data, plain.len)
                        : NULL;
    if (prose != NULL)
        answer_put(a, o, "text", prose);
    buffer_clear(&plain);
}

void answer_parts(struct answer *a, struct position at, json_t *act)
{
    struct entry e;
    size_t i;
    json_t *one;
    const json_t *list = json_object_get(act, "parts");
    if (json_array_size(list) == 0 || !entry_of(a, at, &e))
        return;
    json_array_foreach(list, i, one) {
        if (i < e.part_count)
            put_part(a, one, &(struct part_place){&e, &e.parts[i]});
    }
}
