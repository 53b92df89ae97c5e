#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/roster/governance.h"

static size_t id_slot(const char *id)
{
    uint32_t h = UINT32_C(2166136261);
    for (const char *at = id; *at != 0; at++)
        h = (h ^ (uint8_t)*at) * UINT32_C(16777619);
    return (h ^ (h >> 16)) % MEMBER_SLOTS;
}

/* The slot of an id, or the empty one where it belongs. At most a quarter is in use. */
static size_t id_seek(const struct roster *r, const char *id)
{
    size_t at = id_slot(id);
    while (r->by_id[at] != 0 && strcmp(r->members[r->by_id[at] - 1]->member.a.id, id) != 0)
        at = (at + 1) % MEMBER_SLOTS;
    return at;
}

static void roots_init(struct roster *r)
{
    for (unsigned i = 0; i < r->genesis.root_count; i++) {
        const struct root_officer *root = &r->genesis.roots[i];
        struct officer *o = &r->roots[i];
        *o = (struct officer){.key = root->key, .post_count = 1, .root = true};
        memcpy(o->person, root->person, sizeof o->person);
        memcpy(o->posts[0], root->post, sizeof o->posts[0]);
    }
}

enum err roster_create(struct roster **out, const struct genesis *g)
{
    static const struct hash none;
    struct roster *r = calloc(1, sizeof *r);
    if (r == NULL)
        return ERR_NOMEM;
    r->genesis = *g;
    roots_init(r);
    officer_map_init(&r->by_key);
    officer_map_init(&r->by_enrolment);
    enum err e = roster_add_member(r, &g->convenor, 0, &none);
    if (e != OK) {
        roster_free(r);
        return e;
    }
    *out = r;
    return OK;
}

static void member_record_free(struct member_record *m)
{
    for (unsigned i = 0; i < m->officer_count; i++)
        free(m->officers[i]);
    free(m->officers);
    free(m->certificates);
    free(m);
}

void roster_free(struct roster *r)
{
    if (r == NULL)
        return;
    for (unsigned i = 0; i < r->member_count; i++)
        member_record_free(r->members[i]);
    officer_map_clear(&r->by_key);
    officer_map_clear(&r->by_enrolment);
    duty_clear(r);
    free(r);
}

const struct genesis *roster_genesis(const struct roster *r)
{
    return &r->genesis;
}

static struct officer administrator(const struct member *m)
{
    struct officer o = {.member = m->no, .key = m->a.admin_key, .post_count = 1,
                        .from_admission = true, .enrolment = m->admission_id};
    memcpy(o.person, m->a.admin_person, sizeof o.person);
    memcpy(o.posts[0], m->a.admin_post, sizeof o.posts[0]);
    if (strcmp(o.posts[0], POST_ADMINISTRATOR) != 0)
        memcpy(o.posts[o.post_count++], POST_ADMINISTRATOR, sizeof POST_ADMINISTRATOR);
    return o;
}

enum err roster_add_member(struct roster *r, const struct admission *a, uint64_t since,
                           const struct hash *admission_id)
{
    assert(r->member_count < MEMBERS_MAX);
    struct member_record *m = calloc(1, sizeof *m);
    if (m == NULL)
        return ERR_NOMEM;
    m->member = (struct member){.no = {(uint16_t)r->member_count}, .a = *a, .since = since,
                                .admission_id = *admission_id};
    r->members[r->member_count++] = m;
    const struct officer first = administrator(&m->member);
    enum err e = roster_add_officer(r, &first);
    if (e != OK) {
        r->member_count--;
        member_record_free(m);
        return e;
    }
    r->by_id[id_seek(r, a->id)] = (uint16_t)(m->member.no.v + 1);
    return OK;
}

static enum err officers_reserve(struct member_record *m)
{
    if (m->officer_count < m->officer_cap)
        return OK;
    unsigned cap = m->officer_cap > 0 ? 2 * m->officer_cap : 8;
    struct officer **grown = realloc(m->officers, cap * sizeof(struct officer *));
    if (grown == NULL)
        return ERR_NOMEM;
    m->officers = grown;
    m->officer_cap = cap;
    return OK;
}

enum err roster_add_officer(struct roster *r, const struct officer *o)
{
    static const struct hash none;
    struct member_record *m = r->members[o->member.v];
    enum err e = officers_reserve(m);
    if (e == OK)
        e = officer_map_reserve(&r->by_key);
    if (e == OK)
        e = officer_map_reserve(&r->by_enrolment);
    struct officer *kept = e == OK ? malloc(sizeof *kept) : NULL;
    if (kept == NULL)
        return ERR_NOMEM;
    *kept = *o;
    m->officers[m->officer_count++] = kept;
    officer_map_put(&r->by_key, kept->key.b, kept->member.v, kept);
    if (!hash_equal(&kept->enrolment, &none))
        officer_map_put(&r->by_enrolment, kept->enrolment.b, 0, kept);
    return OK;
}

unsigned roster_member_count(const struct roster *r)
{
    return r->member_count;
}

const struct member *roster_member(const struct roster *r, struct member_no no)
{
    return no.v < r->member_count ? &r->members[no.v]->member : NULL;
}

const struct member *roster_by_log(const struct roster *r, const char *id)
{
    return roster_find(r, id, UINT64_MAX);
}

const struct member *roster_find(const struct roster *r, const char *id, uint64_t law)
{
    uint16_t found = r->by_id[id_seek(r, id)];
    if (found == 0)
        return NULL;
    const struct member *m = &r->members[found - 1]->member;
    return m->no.v == 0 || m->since < law ? m : NULL;
}

bool roster_same_institution(const struct roster *r, struct member_no a, struct member_no b)
{
    const struct member *first = roster_member(r, a), *second = roster_member(r, b);
    return first != NULL && second != NULL &&
           strcmp(first->a.institution, second->a.institution) == 0;
}

const struct certificate *roster_certificate(const struct roster *r, struct member_no m)
{
    unsigned count = m.v < r->member_count ? r->members[m.v]->certificate_count : 0;
    return count == 0 ? NULL : &r->members[m.v]->certificates[count - 1];
}

const struct certificate *roster_certificate_at(const struct roster *r, struct member_no m,
                                                unsigned i)
{
    if (m.v >= r->member_count || i >= r->members[m.v]->certificate_count)
        return NULL;
    return &r->members[m.v]->certificates[i];
}

const struct officer *roster_officer(const struct roster *r, struct member_no member,
                                     const struct pubkey *key, uint64_t before_index)
{
    const struct officer *o;
    if (!officer_map_find(&r->by_key, key->b, member.v, &o))
        return NULL;
    if (o->left && o->left_index < before_index)
        return NULL;
    return o->from_admission || o->index < before_index ? o : NULL;
}

const struct officer *roster_officer_by_enrolment(const struct roster *r, const struct hash *id)
{
    const struct officer *o;
    officer_map_find(&r->by_enrolment, id->b, 0, &o);
    return o;
}

const struct officer *roster_officer_at(const struct roster *r, struct member_no m, unsigned i)
{
    if (m.v >= r->member_count || i >= r->members[m.v]->officer_count)
        return NULL;
    return r->members[m.v]->officers[i];
}

const struct officer *roster_officer_by_desk(const struct roster *r, struct member_no member,
                                             const struct xpubkey *key)
{
    const struct officer *o;
    for (unsigned i = 0; (o = roster_officer_at(r, member, i)) != NULL; i++)
        if (o->has_desk && memcmp(o->desk.b, key->b, PUBKEY_BYTES) == 0)
            return o;
    return NULL;
}

bool officer_has_post(const struct officer *o, const char *post)
{
    for (unsigned i = 0; i < o->post_count; i++)
        if (strcmp(o->posts[i], post) == 0)
            return true;
    return false;
}

bool officer_administers(const struct officer *o)
{
    return !o->root && officer_has_post(o, POST_ADMINISTRATOR);
}

const struct officer *roots_find(const struct roster *r, const struct pubkey *key)
{
    for (unsigned i = 0; i < r->genesis.root_count; i++)
        if (pubkey_equal(&r->roots[i].key, key))
            return &r->roots[i];
    return NULL;
}
