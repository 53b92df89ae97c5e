#include <string.h>

#include "ledger/query/answer.h"

static json_t *power_names(struct answer *a, unsigned powers)
{
    json_t *list = json_array();
    for (unsigned bit = POWER_ENFORCE; bit <= POWER_JUDICIAL; bit <<= 1) {
        if ((powers & bit) != 0)
            answer_add(a, list, json_string(power_name((enum power)bit)));
    }
    return list;
}

void answer_members(struct answer *a)
{
    const struct roster *r = a->roster;
    json_t *list = answer_list(a, a->reply, "members");
    for (unsigned i = 0; i < roster_member_count(r); i++) {
        const struct member *m = roster_member(r, (struct member_no){(uint16_t)i});
        const struct log *log = ledger_log(a->l, m->a.id, 0);
        json_t *o = json_object();
        answer_put(a, o, "id", json_string(m->a.id));
        answer_put(a, o, "name", json_string(m->a.name));
        answer_put(a, o, "kind", json_string(member_kind_name(m->a.kind)));
        answer_put(a, o, "institution", json_string(m->a.institution));
        answer_put(a, o, "powers", power_names(a, m->a.powers));
        answer_put(a, o, "vertical", json_boolean(m->a.vertical));
        answer_put(a, o, "convenor", json_boolean(i == 0));
        answer_put(a, o, "node_key", json_of_hex(span_of(m->a.node_key.b, PUBKEY_BYTES)));
        answer_put(a, o, "certified", json_boolean(roster_certificate(r, m->no) != NULL));
        answer_put(a, o, "entries", json_of_number(log == NULL ? 0 : log->frontier.size));
        if (m->suspended)
            answer_put(a, o, "valid_entries", json_of_number(m->valid_size));
        if (i > 0)
            answer_put(a, o, "admission", json_of_hash(&m->admission_id));
        answer_add(a, list, o);
    }
}

static bool key_asked(const struct answer *a, const struct pubkey *key)
{
    char hex[PUBKEY_BYTES * 2 + 1];
    const char *asked = answer_asked(a, "key");
    return asked == NULL || (hex_encode(hex, sizeof hex, span_of(key->b, PUBKEY_BYTES)) == OK &&
                             strcmp(asked, hex) == 0);
}

static json_t *officer_json(struct answer *a, const struct officer *o)
{
    static const struct hash zero;
    json_t *out = json_object();
    answer_put(a, out, "member", json_of_member(a, o->member));
    answer_put(a, out, "key", json_of_hex(span_of(o->key.b, PUBKEY_BYTES)));
    answer_put(a, out, "person", json_string(o->person));
    json_t *posts = answer_list(a, out, "posts");
    for (unsigned i = 0; i < o->post_count; i++)
        answer_add(a, posts, json_string(o->posts[i]));
    answer_put(a, out, "root", json_boolean(o->root));
    answer_put(a, out, "from_admission", json_boolean(o->from_admission));
    answer_put(a, out, "index", json_of_number(o->index));
    if (!hash_equal(&o->enrolment, &zero))
        answer_put(a, out, "enrolment", json_of_hash(&o->enrolment));
    if (o->left)
        answer_put(a, out, "left", json_of_number(o->left_index));
    if (o->has_desk)
        answer_put(a, out, "desk", json_of_hex(span_of(o->desk.b, PUBKEY_BYTES)));
    return out;
}

static bool put_officers_of(struct answer *a, json_t *list, struct member_no m)
{
    const struct officer *o;
    bool root = false;
    for (unsigned i = 0; (o = roster_officer_at(a->roster, m, i)) != NULL; i++) {
        root = root || o->root;
        if (key_asked(a, &o->key))
            answer_add(a, list, officer_json(a, o));
    }
    return root;
}

static void put_roots(struct answer *a, json_t *list)
{
    const struct genesis *g = ledger_genesis(a->l);
    for (unsigned i = 0; i < g->root_count; i++) {
        struct officer o = {.member = {0}, .key = g->roots[i].key, .post_count = 1, .root = true};
        memcpy(o.person, g->roots[i].person, sizeof o.person);
        memcpy(o.posts[0], g->roots[i].post, sizeof o.posts[0]);
        if (key_asked(a, &o.key))
            answer_add(a, list, officer_json(a, &o));
    }
}

void answer_officers(struct answer *a)
{
    struct member_no only = {MEMBER_NONE};
    if (answer_asked(a, "member") != NULL && !answer_asked_member(a, &only))
        return;
    json_t *list = answer_list(a, a->reply, "officers");
    unsigned count = roster_member_count(a->roster);
    bool roots_listed = false;
    for (unsigned i = 0; i < count; i++) {
        struct member_no m = {(uint16_t)i};
        if (only.v == MEMBER_NONE || only.v == m.v)
            roots_listed = put_officers_of(a, list, m) || roots_listed;
    }
    if (!roots_listed && (only.v == MEMBER_NONE || only.v == 0))
        put_roots(a, list);
}

json_t *json_of_row(const struct answer *a, const struct duty_row *row)
{
    return json_pack("{s:s,s:s,s:s,s:o,s:o,s:s,s:I}", "sector", row->sector, "district",
                     row->district, "level", row->level == 1 ? "city" : "district", "leads",
                     json_of_members(a, row->leads, row->lead_count), "supports",
                     json_of_members(a, row->supports, row->support_count), "basis", row->basis,
                     "since", (json_int_t)row->since);
}

void answer_duties(struct answer *a)
{
    struct duty_row row;
    json_t *rows = answer_list(a, a->reply, "rows");
    for (unsigned i = 0; roster_duty_at(a->roster, UINT64_MAX, i, &row); i++)
        answer_add(a, rows, json_of_row(a, &row));
}

static void put_map(struct answer *a, const char *sector, const char *district)
{
    json_t *rows = answer_list(a, a->reply, "rows");
    const struct duty_row *found = NULL;
    for (uint8_t level = 1; level <= 2; level++) {
        const struct duty_row *row =
            roster_duty(a->roster, sector, district, level, UINT64_MAX);
        if (row == NULL)
            continue;
        answer_add(a, rows, json_of_row(a, row));
        found = found == NULL ? row : found;
    }
    if (found == NULL) {
        answer_refuse(a, ERR_NOTFOUND, "the responsibility map has no row for this sector");
        return;
    }
    answer_put(a, a->reply, "level", json_string(found->level == 1 ? "city" : "district"));
    answer_put(a, a->reply, "leads", json_of_members(a, found->leads, found->lead_count));
    answer_put(a, a->reply, "supports", json_of_members(a, found->supports, found->support_count));
    answer_put(a, a->reply, "basis", json_string(found->basis));
}

void answer_whose(struct answer *a)
{
    const char *sector = answer_asked(a, "sector"), *district = answer_asked(a, "district");
    if (sector == NULL)
        answer_refuse(a, ERR_USAGE, "a sector must be named");
    else
        put_map(a, sector, district == NULL ? "*" : district);
}

void answer_propose(struct answer *a)
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
    answer_put(a, a->reply, "custodian", json_of_member(a, s.custodian));
    put_map(a, s.sector, s.district);
}
