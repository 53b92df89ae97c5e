#include "tests/support/sim_roster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/cases/kinds.h"

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static unsigned member_key(unsigned m)
{
    return KEY_CONVENOR + m;
}

static unsigned officer_key(unsigned m, unsigned o)
{
    return KEY_OFFICER + m * (SIM_OFFICERS + 1) + o;
}

static void roster_make(struct sim_roster *s)
{
    struct fixture *f = &s->fixture;
    struct buffer bytes = {0};

    memset(s, 0, sizeof *s);
    demand(keys_start() == OK);
    f->genesis = fixture_genesis(f, 1, 1);
    strcpy(f->genesis.convenor.institution, "yingji");
    demand(genesis_encode(&f->genesis, &bytes) == OK);
    demand(genesis_decode(&f->genesis, buffer_span(&bytes)) == OK);
    demand(roster_create(&f->roster, &f->genesis) == OK);
    buffer_clear(&bytes);
    s->roster = f->roster;
}

static void govern(struct sim_roster *s, unsigned m, enum kind kind, uint64_t index, uint64_t law,
                   unsigned key, const struct hash *ref)
{
    struct fixture *f = &s->fixture;
    struct attempt a = {.member = s->names[m], .kind = kind, .index = index, .law = law,
                        .ref = ref, .facts = &f->facts, .signer_count = 1,
                        .signers = {{key, key == KEY_ROOT ? POST_DIRECTOR : "科长", NULL}}};

    demand(fixture_apply(f, &a) == REASON_NONE && !f->pending);
}

static void member_admit(struct sim_roster *s, unsigned m, enum member_kind kind, bool vertical)
{
    struct fixture *f = &s->fixture;
    struct admission a =
        fixture_admission(f, s->names[m], member_key(m), &f->genesis.ledger);
    struct hash admission;
    uint64_t index = ++s->convenor_index;

    if (kind == MEMBER_BOARD)
        strcpy(a.institution, "boards");
    a.kind = kind;
    a.vertical = vertical;
    if (kind == MEMBER_OVERSIGHT)
        a.powers = POWER_OVERSEE;
    demand(compose_admit(&f->facts, &a) == OK);
    govern(s, ANWEIBAN, KIND_ADMIT, index, index, KEY_ROOT, NULL);
    admission = f->last.id;
    fixture_certify(f, s->names[m]);
    govern(s, m, KIND_CERTIFY, 0, index + 1, member_key(m) + KEY_ADMIN, &admission);
}

static void officer_enrol(struct sim_roster *s, unsigned m, unsigned o, const char *post)
{
    struct fixture *f = &s->fixture;
    unsigned key = officer_key(m, o);
    const char *posts[] = {post};
    char person[16];
    struct enrol_fields fields = {.key = fixture_pub(f, key), .person = person, .posts = posts,
                                  .post_count = 1};
    uint64_t index = m == ANWEIBAN ? ++s->convenor_index : o;

    snprintf(person, sizeof person, "%u-%u", m, o);
    demand(possession_sign(fixture_key(f, key), &f->genesis.ledger, s->names[m], "officer",
                           &fields.proof) == OK);
    demand(compose_enrol(&f->facts, &fields) == OK);
    govern(s, m, KIND_ENROL, index, m == ANWEIBAN ? index : 20, member_key(m) + KEY_ADMIN, NULL);
    s->officers[m][o] = (struct sim_officer){fields.key, f->last.id};
}

static void officers_enrol(struct sim_roster *s, unsigned m)
{
    officer_enrol(s, m, 1, "科员");
    officer_enrol(s, m, 2, POST_VERIFIER);
    officer_enrol(s, m, 3, POST_VERIFIER);
}

static void map_make(struct sim_roster *s)
{
    static const char *const gas[] = {"jiaotong"}, *const chem[] = {"yingji"};
    const struct duty_fields rows[] = {
        {.sector = "gas", .district = "*", .level = 1, .leads = gas, .lead_count = 1,
         .basis = ""},
        {.sector = "chem", .district = "*", .level = 1, .leads = chem, .lead_count = 1,
         .basis = ""},
    };
    uint64_t index = ++s->convenor_index;

    demand(compose_duty(&s->fixture.facts, rows, 2) == OK);
    govern(s, ANWEIBAN, KIND_DUTY, index, index, KEY_ROOT, NULL);
}

void sim_roster_init(struct sim_roster *s)
{
    static const char *const names[SIM_MEMBERS] = {"anweiban", "yingji", "jiaotong", "haiguan",
                                                   "echeng", "jiwei", "shichang"};

    roster_make(s);
    memcpy(s->names, names, sizeof names);
    fixture_certify(&s->fixture, "anweiban");
    govern(s, ANWEIBAN, KIND_CERTIFY, 0, 0, member_key(ANWEIBAN) + KEY_ADMIN, NULL);
    member_admit(s, YINGJI, MEMBER_BUREAU, false);
    member_admit(s, JIAOTONG, MEMBER_BUREAU, false);
    member_admit(s, HAIGUAN, MEMBER_BUREAU, true);
    member_admit(s, ECHENG, MEMBER_DISTRICT, false);
    member_admit(s, JIWEI, MEMBER_OVERSIGHT, false);
    member_admit(s, SHICHANG, MEMBER_BUREAU, false);
    for (unsigned m = 0; m < SIM_MEMBERS; m++)
        officers_enrol(s, m);
    officer_enrol(s, ANWEIBAN, 4, POST_DIRECTOR);
    map_make(s);
}

void sim_roster_crowd(struct sim_roster *s)
{
    static const char *const names[] = {"board1", "board2", "board3", "board4", "board5"};

    for (unsigned m = SIM_MEMBERS; m < SIM_CROWD; m++) {
        s->names[m] = names[m - SIM_MEMBERS];
        member_admit(s, m, MEMBER_BOARD, false);
        officers_enrol(s, m);
    }
}

void sim_roster_clear(struct sim_roster *s)
{
    fixture_clear(&s->fixture);
}
