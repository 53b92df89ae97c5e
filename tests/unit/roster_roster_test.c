#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/cases/kinds.h"
#include "tests/support/roster_fixture.h"

enum { YINGJI = 11, GONGAN = 12, OFFICER = KEY_OFFICER };

static const struct pubkey small_order = {{1}};
static struct fixture world;
static struct member_no convenor;

static int setup(void **state)
{
    *state = &world;
    convenor.v = 0;
    fixture_init(&world, 1, 1);
    return 0;
}

static int teardown(void **state)
{
    fixture_clear(*state);
    return 0;
}

static struct attempt by(const char *member, uint32_t kind, uint64_t index, unsigned key,
                         const char *post)
{
    return (struct attempt){.member = member, .kind = kind, .index = index, .law = 100,
                            .facts = &world.facts, .signer_count = 1,
                            .signers = {{key, post, NULL}}};
}

static enum reason admit(unsigned signer, const char *post, const struct admission *a)
{
    assert_int_equal(compose_admit(&world.facts, a), OK);
    struct attempt attempt = by("anweiban", KIND_ADMIT, 3, signer, post);
    return fixture_apply(&world, &attempt);
}

static enum reason enrol_at(const char *member, uint64_t index, unsigned signer, const char *post,
                            unsigned key, const char *new_post)
{
    fixture_enrol(&world, member, key, new_post);
    struct attempt attempt = by(member, KIND_ENROL, index, signer, post);
    return fixture_apply(&world, &attempt);
}

static enum reason signers(struct attempt *a, bool *waiting, struct hash *missing)
{
    const struct officer *found[ENTRY_MAX_SIGNERS];
    const struct entry *e = fixture_entry(&world, a);
    enum reason reason = roster_check_signers(world.roster,
                                              member_numbered(&world, a->member), a->index, e,
                                              found, waiting, missing);
    for (unsigned i = 0; i < a->signer_count; i++)
        if (reason == REASON_NONE && !*waiting)
            assert_true(found[i] != NULL);
    return reason;
}

static enum reason act_signed_by(const char *member, uint64_t index, unsigned key,
                                 const char *post)
{
    bool waiting;
    struct hash missing;
    struct attempt a = by(member, KIND_PROGRESS, index, key, post);
    a.facts = NULL;
    enum reason reason = signers(&a, &waiting, &missing);
    assert_false(waiting);
    return reason;
}

static void convenor_stands_from_genesis(void **state)
{
    (void)state;
    const struct member *m = roster_find(world.roster, "anweiban", 0);
    assert_non_null(m);
    assert_int_equal(m->no.v, 0);
    assert_int_equal(roster_member_count(world.roster), 1);
    assert_null(roster_find(world.roster, "yingji", UINT64_MAX));
}

static void root_officer_admits_and_nobody_else(void **state)
{
    struct fixture *f = *state;
    struct admission a = fixture_admission(f, "yingji", YINGJI, &f->genesis.ledger);
    assert_int_equal(admit(KEY_CONVENOR + KEY_ADMIN, "管理员", &a), REASON_NOT_ROOT);
    assert_int_equal(admit(KEY_ROOT_2, POST_DIRECTOR, &a), REASON_NOT_ENROLLED);
    assert_int_equal(admit(KEY_ROOT, "管理员", &a), REASON_NOT_ENROLLED);
    assert_int_equal(roster_member_count(f->roster), 1);
    assert_int_equal(admit(KEY_ROOT, POST_DIRECTOR, &a), REASON_NONE);
    assert_null(roster_find(f->roster, "yingji", 3));
    assert_string_equal(roster_find(f->roster, "yingji", 4)->a.institution, "yingji");
    assert_int_equal(admit(KEY_ROOT, POST_DIRECTOR, &a), REASON_MEMBER_EXISTS);
}

static void only_the_convenor_admits(void **state)
{
    struct fixture *f = *state;
    fixture_member(f, "yingji", YINGJI, 3);
    struct admission a = fixture_admission(f, "gongan", GONGAN, &f->genesis.ledger);
    assert_int_equal(compose_admit(&f->facts, &a), OK);
    struct attempt attempt = by("yingji", KIND_ADMIT, 1, YINGJI + KEY_ADMIN, "科长");
    assert_int_equal(fixture_apply(f, &attempt), REASON_NOT_CONVENOR);
    attempt = by("yingji", KIND_ADMIT, 1, KEY_ROOT, POST_DIRECTOR);
    assert_int_equal(fixture_apply(f, &attempt), REASON_NOT_ENROLLED);
}

static void admission_needs_good_keys_and_proofs(void **state)
{
    struct fixture *f = *state;
    struct admission good = fixture_admission(f, "yingji", YINGJI, &f->genesis.ledger), a = good;
    a.admin_key = small_order;
    assert_int_equal(admit(KEY_ROOT, POST_DIRECTOR, &a), REASON_KEY);
    a = good;
    a.node_proof.b[5] ^= 1;
    assert_int_equal(admit(KEY_ROOT, POST_DIRECTOR, &a), REASON_PROOF);
    a = good;
    strcpy(a.id, "gongan");
    assert_int_equal(admit(KEY_ROOT, POST_DIRECTOR, &a), REASON_PROOF);
    a = good;
    strcpy(a.id, "Yingji");
    assert_int_equal(admit(KEY_ROOT, POST_DIRECTOR, &a), REASON_FACTS);
    composition_clear(&f->facts);
    struct attempt none = by("anweiban", KIND_ADMIT, 3, KEY_ROOT, POST_DIRECTOR);
    assert_int_equal(fixture_apply(f, &none), REASON_FACTS);
    assert_int_equal(admit(KEY_ROOT, POST_DIRECTOR, &good), REASON_NONE);
}

static void admission_waits_for_endorsements_above_k_1(void **state)
{
    struct fixture *f = *state;
    fixture_clear(f);
    fixture_init(f, 2, 2);
    struct admission a = fixture_admission(f, "yingji", YINGJI, &f->genesis.ledger);
    assert_int_equal(admit(KEY_ROOT, POST_DIRECTOR, &a), REASON_NONE);
    assert_true(f->pending);
    assert_null(roster_by_log(f->roster, "yingji"));
    assert_int_equal(admit(KEY_CONVENOR + KEY_ADMIN, "管理员", &a), REASON_NOT_ROOT);
    assert_false(f->pending);
}

static void members_beyond_the_limit_are_refused(void **state)
{
    struct fixture *f = *state;
    char id[] = "m000";
    struct attempt attempt = by("anweiban", KIND_ADMIT, 3, KEY_ROOT, POST_DIRECTOR);
    enum reason last = REASON_NONE;
    for (unsigned i = 1; i <= MEMBERS_MAX && f->entry_count < FIXTURE_MAX_ENTRIES; i++) {
        id[1] = (char)('0' + i / 100);
        id[2] = (char)('0' + i / 10 % 10);
        id[3] = (char)('0' + i % 10);
        struct admission a = fixture_admission(f, id, YINGJI, &f->genesis.ledger);
        assert_int_equal(compose_admit(&f->facts, &a), OK);
        last = fixture_apply(f, &attempt);
        assert_int_equal(last, i < MEMBERS_MAX ? REASON_NONE : REASON_EXCESS);
    }
    assert_int_equal(last, REASON_EXCESS);
    assert_string_equal(roster_by_log(f->roster, "m255")->a.id, "m255");
}

static void entry_0_is_a_certificate_that_cites_the_admission(void **state)
{
    struct fixture *f = *state;
    struct admission a = fixture_admission(f, "yingji", YINGJI, &f->genesis.ledger);
    assert_int_equal(admit(KEY_ROOT, POST_DIRECTOR, &a), REASON_NONE);
    struct hash admission = f->last.id, other = {{7}};
    fixture_certify(f, "yingji");
    struct attempt certify = by("yingji", KIND_CERTIFY, 0, YINGJI + KEY_ADMIN, "科长");
    assert_int_equal(fixture_apply(f, &certify), REASON_NOT_FIRST);
    certify.ref = &other;
    assert_int_equal(fixture_apply(f, &certify), REASON_NOT_FIRST);
    assert_null(roster_certificate(f->roster, member_numbered(f, "yingji")));
    certify.ref = &admission;
    assert_int_equal(fixture_apply(f, &certify), REASON_NONE);
    struct pubkey cosigner = fixture_pub(f, KEY_COSIGNER);
    const struct certificate *held = roster_certificate(f->roster, member_numbered(f, "yingji"));
    assert_true(pubkey_equal(&held->cosigner, &cosigner));
    assert_int_equal(enrol_at("yingji", 0, YINGJI + KEY_ADMIN, "科长", OFFICER, "经办人"),
                     REASON_NOT_FIRST);
    assert_int_equal(act_signed_by("yingji", 0, YINGJI + KEY_ADMIN, "科长"), REASON_NOT_FIRST);
    assert_int_equal(act_signed_by("yingji", 1, YINGJI + KEY_ADMIN, "科长"), REASON_NONE);
}

static void the_convenor_certifies_without_citing(void **state)
{
    struct fixture *f = *state;
    static const struct hash some = {{7}};
    fixture_certify(f, "anweiban");
    struct attempt certify = by("anweiban", KIND_CERTIFY, 0, KEY_CONVENOR + KEY_ADMIN, "管理员");
    certify.ref = &some;
    assert_int_equal(fixture_apply(f, &certify), REASON_NOT_FIRST);
    certify.ref = NULL;
    certify.signers[0] = (struct signature_by){KEY_ROOT, POST_DIRECTOR, NULL};
    assert_int_equal(fixture_apply(f, &certify), REASON_NOT_ADMINISTRATOR);
    certify.signers[0] = (struct signature_by){KEY_CONVENOR + KEY_ADMIN, "管理员", NULL};
    assert_int_equal(fixture_apply(f, &certify), REASON_NONE);
}

static void a_later_certificate_replaces(void **state)
{
    struct fixture *f = *state;
    struct member_no m = fixture_member(f, "yingji", YINGJI, 3);
    assert_int_equal(enrol_at("yingji", 1, YINGJI + KEY_ADMIN, "科长", OFFICER, "经办人"),
                     REASON_NONE);
    assert_int_equal(enrol_at("yingji", 2, YINGJI + KEY_ADMIN, "科长", OFFICER + 1, "管理员"),
                     REASON_NONE);
    fixture_certify(f, "yingji");
    struct attempt certify = by("yingji", KIND_CERTIFY, 3, OFFICER, "经办人");
    assert_int_equal(fixture_apply(f, &certify), REASON_NOT_ADMINISTRATOR);
    assert_int_equal(roster_certificate(f->roster, m)->index, 0);
    certify.signers[0] = (struct signature_by){OFFICER + 1, "管理员", NULL};
    assert_int_equal(fixture_apply(f, &certify), REASON_NONE);
    assert_int_equal(roster_certificate(f->roster, m)->index, 3);
}

static void certificates_need_good_keys_and_a_proof_for_this_member(void **state)
{
    struct fixture *f = *state;
    fixture_member(f, "yingji", YINGJI, 3);
    struct attempt certify = by("yingji", KIND_CERTIFY, 1, YINGJI + KEY_ADMIN, "科长");
    fixture_certify(f, "gongan");
    assert_int_equal(fixture_apply(f, &certify), REASON_PROOF);
    struct xkey x;
    xkey_create(&x);
    struct certify_fields fields = {.cosigner = fixture_pub(f, KEY_COSIGNER),
                                    .transport = x.pub, .sealing = x.pub};
    assert_int_equal(possession_sign(fixture_key(f, KEY_COSIGNER), &f->genesis.ledger, "yingji",
                                     "officer", &fields.cosigner_proof), OK);
    assert_int_equal(compose_certify(&f->facts, &fields), OK);
    assert_int_equal(fixture_apply(f, &certify), REASON_PROOF);
    assert_int_equal(possession_sign(fixture_key(f, KEY_COSIGNER), &f->genesis.ledger, "yingji",
                                     "cosigner", &fields.cosigner_proof), OK);
    memset(fields.sealing.b, 0, sizeof fields.sealing.b);
    assert_int_equal(compose_certify(&f->facts, &fields), OK);
    assert_int_equal(fixture_apply(f, &certify), REASON_KEY);
    fields.sealing = x.pub;
    fields.cosigner = small_order;
    assert_int_equal(compose_certify(&f->facts, &fields), OK);
    assert_int_equal(fixture_apply(f, &certify), REASON_KEY);
    fields.cosigner = fixture_pub(f, KEY_COSIGNER);
    assert_int_equal(compose_certify(&f->facts, &fields), OK);
    assert_int_equal(fixture_apply(f, &certify), REASON_NONE);
    f->facts.fact_count--;
    assert_int_equal(fixture_apply(f, &certify), REASON_FACTS);
}

static void an_officer_signs_after_the_enrolment_and_not_before(void **state)
{
    struct fixture *f = *state;
    struct member_no m = fixture_member(f, "yingji", YINGJI, 3);
    assert_int_equal(act_signed_by("yingji", 5, OFFICER, "经办人"), REASON_NOT_ENROLLED);
    assert_int_equal(enrol_at("yingji", 4, YINGJI + KEY_ADMIN, "科长", OFFICER, "经办人"),
                     REASON_NONE);
    assert_int_equal(act_signed_by("yingji", 4, OFFICER, "经办人"), REASON_NOT_ENROLLED);
    assert_int_equal(act_signed_by("yingji", 5, OFFICER, "经办人"), REASON_NONE);
    assert_int_equal(act_signed_by("yingji", 5, OFFICER, "验收人"), REASON_NOT_ENROLLED);
    assert_int_equal(act_signed_by("anweiban", 5, OFFICER, "经办人"), REASON_NOT_ENROLLED);
    assert_int_equal(act_signed_by("anweiban", 5, KEY_ROOT, POST_DIRECTOR), REASON_NOT_ENROLLED);
    assert_string_equal(roster_officer_at(f->roster, m, 0)->person, "0001");
    assert_string_equal(roster_officer_at(f->roster, m, 1)->person, "0042");
    assert_null(roster_officer_at(f->roster, m, 2));
}

static void only_administrators_enrol(void **state)
{
    struct fixture *f = *state;
    fixture_member(f, "yingji", YINGJI, 3);
    assert_int_equal(enrol_at("yingji", 1, YINGJI + KEY_ADMIN, "管理员", OFFICER, "经办人"),
                     REASON_NONE);
    assert_int_equal(enrol_at("yingji", 2, OFFICER, "经办人", OFFICER + 1, "管理员"),
                     REASON_NOT_ADMINISTRATOR);
    assert_int_equal(enrol_at("yingji", 3, YINGJI + KEY_ADMIN, "科长", OFFICER + 1, "管理员"),
                     REASON_NONE);
    assert_int_equal(enrol_at("yingji", 4, OFFICER + 1, "管理员", OFFICER + 2, "验收人"),
                     REASON_NONE);
    assert_int_equal(enrol_at("anweiban", 4, KEY_ROOT, POST_DIRECTOR, OFFICER + 2, "验收人"),
                     REASON_NOT_ADMINISTRATOR);
}

static void a_key_is_enrolled_once_within_a_log(void **state)
{
    struct fixture *f = *state;
    fixture_member(f, "yingji", YINGJI, 3);
    fixture_member(f, "gongan", GONGAN, 4);
    assert_int_equal(enrol_at("yingji", 1, YINGJI + KEY_ADMIN, "科长", OFFICER, "经办人"),
                     REASON_NONE);
    assert_int_equal(enrol_at("yingji", 2, YINGJI + KEY_ADMIN, "科长", OFFICER, "验收人"),
                     REASON_KEY_EXISTS);
    assert_int_equal(enrol_at("yingji", 2, YINGJI + KEY_ADMIN, "科长", YINGJI + KEY_ADMIN, "a"),
                     REASON_KEY_EXISTS);
    assert_int_equal(enrol_at("gongan", 1, GONGAN + KEY_ADMIN, "科长", OFFICER, "经办人"),
                     REASON_NONE);
}

static enum reason enrol_fields(const struct enrol_fields *fields)
{
    assert_int_equal(compose_enrol(&world.facts, fields), OK);
    struct attempt attempt = by("yingji", KIND_ENROL, 1, YINGJI + KEY_ADMIN, "科长");
    return fixture_apply(&world, &attempt);
}

static enum reason desk_at(struct fixture *f, uint64_t index, unsigned signer, const char *post,
                           unsigned officer, const struct xpubkey *transport)
{
    const struct pubkey key = fixture_pub(f, officer);
    assert_int_equal(compose_desk(&f->facts, &key, transport), OK);
    struct attempt attempt = by("yingji", KIND_ENROL, index, signer, post);
    return fixture_apply(f, &attempt);
}

static enum reason enrol_with_desk(struct fixture *f, uint64_t index, unsigned key,
                                   const struct xpubkey *transport)
{
    const char *posts[] = {"经办人"};
    struct enrol_fields fields = {.key = fixture_pub(f, key), .person = "0042", .posts = posts,
                                  .post_count = 1, .transport = transport};
    assert_int_equal(possession_sign(fixture_key(f, key), &f->genesis.ledger, "yingji", "officer",
                                     &fields.proof), OK);
    assert_int_equal(compose_enrol(&f->facts, &fields), OK);
    struct attempt attempt = by("yingji", KIND_ENROL, index, YINGJI + KEY_ADMIN, "科长");
    return fixture_apply(f, &attempt);
}

static struct xpubkey desk_key(void)
{
    struct xkey key;
    xkey_create(&key);
    return key.pub;
}

static void a_desk_has_the_newest_transport_key_certified_for_its_officer(void **state)
{
    struct fixture *f = *state;
    struct member_no m = fixture_member(f, "yingji", YINGJI, 3);
    const struct xpubkey one = desk_key(), two = desk_key();
    assert_int_equal(enrol_with_desk(f, 1, OFFICER, &one), REASON_NONE);
    const struct officer *o = roster_officer_by_desk(f->roster, m, &one);
    assert_non_null(o);
    assert_int_equal(desk_at(f, 2, OFFICER, "经办人", OFFICER, &two), REASON_NOT_ADMINISTRATOR);
    assert_int_equal(desk_at(f, 2, YINGJI + KEY_ADMIN, "科长", OFFICER, &two), REASON_NONE);
    assert_null(roster_officer_by_desk(f->roster, m, &one));
    assert_ptr_equal(roster_officer_by_desk(f->roster, m, &two), o);
    assert_int_equal(o->index, 1);
    assert_int_equal(desk_at(f, 3, YINGJI + KEY_ADMIN, "科长", OFFICER, NULL), REASON_NONE);
    assert_null(roster_officer_by_desk(f->roster, m, &two));
    assert_int_equal(desk_at(f, 4, YINGJI + KEY_ADMIN, "科长", YINGJI + KEY_ADMIN, &two),
                     REASON_NONE);
    assert_non_null(roster_officer_by_desk(f->roster, m, &two));
}

static void a_desk_key_is_one_officers_and_no_weak_one(void **state)
{
    struct fixture *f = *state;
    const struct xpubkey one = desk_key(), weak = {{1}};
    fixture_member(f, "yingji", YINGJI, 3);
    assert_int_equal(enrol_with_desk(f, 1, OFFICER, &weak), REASON_KEY);
    assert_int_equal(enrol_with_desk(f, 1, OFFICER, &one), REASON_NONE);
    assert_int_equal(enrol_with_desk(f, 2, OFFICER + 1, &one), REASON_KEY_EXISTS);
    assert_int_equal(desk_at(f, 2, YINGJI + KEY_ADMIN, "科长", YINGJI + KEY_ADMIN, &one),
                     REASON_KEY_EXISTS);
    assert_int_equal(desk_at(f, 2, YINGJI + KEY_ADMIN, "科长", OFFICER, &weak), REASON_KEY);
    assert_int_equal(desk_at(f, 2, YINGJI + KEY_ADMIN, "科长", OFFICER + 1, &one), REASON_FACTS);
    assert_int_equal(desk_at(f, 2, YINGJI + KEY_ADMIN, "科长", OFFICER, &one), REASON_NONE);
}

static enum reason leave_at(struct fixture *f, const char *member, uint64_t index, unsigned signer,
                            const char *post, unsigned officer)
{
    const struct pubkey key = fixture_pub(f, officer);
    assert_int_equal(compose_leave(&f->facts, &key), OK);
    struct attempt attempt = by(member, KIND_LEAVE, index, signer, post);
    return fixture_apply(f, &attempt);
}

static void who_left_signs_nothing_beyond_that_entry_and_what_stands_before_stays(void **state)
{
    struct fixture *f = *state;
    struct member_no m = fixture_member(f, "yingji", YINGJI, 3);
    const struct xpubkey desk = desk_key();
    assert_int_equal(enrol_with_desk(f, 1, OFFICER, &desk), REASON_NONE);
    assert_int_equal(leave_at(f, "yingji", 6, YINGJI + KEY_ADMIN, "科长", OFFICER), REASON_NONE);
    assert_int_equal(act_signed_by("yingji", 5, OFFICER, "经办人"), REASON_NONE);
    assert_int_equal(act_signed_by("yingji", 6, OFFICER, "经办人"), REASON_NONE);
    assert_int_equal(act_signed_by("yingji", 7, OFFICER, "经办人"), REASON_NOT_ENROLLED);
    assert_null(roster_officer_by_desk(f->roster, m, &desk));
    assert_true(roster_officer_at(f->roster, m, 1)->left);
    assert_int_equal(leave_at(f, "yingji", 8, YINGJI + KEY_ADMIN, "科长", OFFICER),
                     REASON_NOT_ENROLLED);
    assert_int_equal(enrol_with_desk(f, 8, OFFICER, &desk), REASON_KEY_EXISTS);
    assert_int_equal(desk_at(f, 8, YINGJI + KEY_ADMIN, "科长", OFFICER, &desk), REASON_FACTS);
    assert_int_equal(enrol_with_desk(f, 8, OFFICER + 1, &desk), REASON_NONE);
}

static void only_administrators_end_officers_of_their_own_log(void **state)
{
    struct fixture *f = *state;
    fixture_member(f, "yingji", YINGJI, 3);
    fixture_member(f, "gongan", GONGAN, 4);
    assert_int_equal(enrol_at("yingji", 1, YINGJI + KEY_ADMIN, "科长", OFFICER, "经办人"),
                     REASON_NONE);
    assert_int_equal(enrol_at("yingji", 2, YINGJI + KEY_ADMIN, "科长", OFFICER + 1, "管理员"),
                     REASON_NONE);
    assert_int_equal(leave_at(f, "yingji", 3, OFFICER, "经办人", OFFICER),
                     REASON_NOT_ADMINISTRATOR);
    assert_int_equal(leave_at(f, "yingji", 3, GONGAN + KEY_ADMIN, "科长", OFFICER),
                     REASON_NOT_ENROLLED);
    assert_int_equal(leave_at(f, "gongan", 3, GONGAN + KEY_ADMIN, "科长", OFFICER),
                     REASON_NOT_ENROLLED);
    struct attempt bare = by("yingji", KIND_LEAVE, 3, YINGJI + KEY_ADMIN, "科长");
    bare.facts = NULL;
    assert_int_equal(fixture_apply(f, &bare), REASON_FACTS);
    assert_int_equal(leave_at(f, "yingji", 4, OFFICER + 1, "管理员", YINGJI + KEY_ADMIN),
                     REASON_NONE);
    assert_int_equal(enrol_at("yingji", 5, YINGJI + KEY_ADMIN, "科长", OFFICER + 2, "经办人"),
                     REASON_NOT_ENROLLED);
    assert_int_equal(enrol_at("yingji", 5, OFFICER + 1, "管理员", OFFICER + 2, "经办人"),
                     REASON_NONE);
}

static void enrolment_needs_a_proof_for_this_member_and_role(void **state)
{
    struct fixture *f = *state;
    fixture_member(f, "yingji", YINGJI, 3);
    fixture_enrol(f, "gongan", OFFICER, "经办人");
    struct attempt attempt = by("yingji", KIND_ENROL, 1, YINGJI + KEY_ADMIN, "科长");
    assert_int_equal(fixture_apply(f, &attempt), REASON_PROOF);
    const char *const posts[] = {"经办人"};
    struct enrol_fields fields = {.key = fixture_pub(f, OFFICER), .person = "0007",
                                  .posts = posts, .post_count = 1};
    assert_int_equal(possession_sign(fixture_key(f, OFFICER), &f->genesis.ledger, "yingji",
                                     "node", &fields.proof), OK);
    assert_int_equal(enrol_fields(&fields), REASON_PROOF);
    assert_int_equal(possession_sign(fixture_key(f, OFFICER), &f->genesis.ledger, "yingji",
                                     "officer", &fields.proof), OK);
    fields.key = small_order;
    assert_int_equal(enrol_fields(&fields), REASON_KEY);
    fields.key = fixture_pub(f, OFFICER);
    assert_int_equal(enrol_fields(&fields), REASON_NONE);
}

static void person_and_posts_keep_to_their_limits(void **state)
{
    struct fixture *f = *state;
    fixture_member(f, "yingji", YINGJI, 3);
    const char *const posts[] = {"经办人", "验收人", "经办人"};
    struct enrol_fields fields = {.key = fixture_pub(f, OFFICER), .person = "", .posts = posts,
                                  .post_count = 2};
    assert_int_equal(possession_sign(fixture_key(f, OFFICER), &f->genesis.ledger, "yingji",
                                     "officer", &fields.proof), OK);
    assert_int_equal(enrol_fields(&fields), REASON_FACTS);
    fields.person = "12345678901234567890123456789012";
    assert_int_equal(enrol_fields(&fields), REASON_FACTS);
    fields.person = "1234567890123456789012345678901";
    fields.post_count = 3;
    assert_int_equal(enrol_fields(&fields), REASON_FACTS);
    fields.post_count = 0;
    assert_int_equal(enrol_fields(&fields), REASON_FACTS);
    fields.post_count = 2;
    assert_int_equal(enrol_fields(&fields), REASON_NONE);
}

static void a_foreign_signer_is_waited_for_until_known(void **state)
{
    struct fixture *f = *state;
    bool waiting;
    struct hash missing;
    fixture_member(f, "yingji", YINGJI, 3);
    fixture_member(f, "gongan", GONGAN, 4);
    fixture_enrol(f, "gongan", OFFICER, "验收人");
    struct attempt enrol = by("gongan", KIND_ENROL, 1, GONGAN + KEY_ADMIN, "科长");
    struct hash id = fixture_entry(f, &enrol)->id;
    struct entry held = f->last;
    struct attempt a = by("yingji", KIND_PROGRESS, 1, YINGJI + KEY_ADMIN, "科长");
    a.facts = NULL;
    a.signers[a.signer_count++] = (struct signature_by){OFFICER, "验收人", &id};
    assert_int_equal(signers(&a, &waiting, &missing), REASON_NONE);
    assert_true(waiting && hash_equal(&missing, &id));
    enum reason reason;
    bool pending;
    assert_int_equal(roster_apply(f->roster, member_numbered(f, "gongan"), 1, &held, &reason,
                                  &pending), OK);
    assert_int_equal(reason, REASON_NONE);
    assert_int_equal(signers(&a, &waiting, &missing), REASON_NONE);
    assert_false(waiting);
    a.law = 4;
    assert_int_equal(signers(&a, &waiting, &missing), REASON_NOT_ENROLLED);
    a.law = 5;
    a.signers[1].post = "管理员";
    assert_int_equal(signers(&a, &waiting, &missing), REASON_NOT_ENROLLED);
    a.signers[1] = (struct signature_by){OFFICER + 1, "验收人", &id};
    assert_int_equal(signers(&a, &waiting, &missing), REASON_NOT_ENROLLED);
    a.signers[1] = a.signers[0];
    a.signers[0] = (struct signature_by){OFFICER, "验收人", &id};
    assert_int_equal(signers(&a, &waiting, &missing), REASON_NOT_ENROLLED);
}

static void a_void_enrolment_is_not_waited_for(void **state)
{
    struct fixture *f = *state;
    bool waiting;
    struct hash missing;
    fixture_member(f, "yingji", YINGJI, 3);
    fixture_member(f, "gongan", GONGAN, 4);
    assert_int_equal(enrol_at("gongan", 1, GONGAN + KEY_ADMIN, "科长", GONGAN + KEY_ADMIN, "a"),
                     REASON_KEY_EXISTS);
    struct hash id = f->last.id;
    struct attempt a = by("yingji", KIND_PROGRESS, 1, YINGJI + KEY_ADMIN, "科长");
    a.facts = NULL;
    a.signers[a.signer_count++] = (struct signature_by){OFFICER, "验收人", &id};
    assert_int_equal(signers(&a, &waiting, &missing), REASON_NOT_ENROLLED);
    assert_false(waiting);
}

static void a_copy_in_another_log_shadows_nothing(void **state)
{
    struct fixture *f = *state;
    enum reason reason;
    bool pending;
    fixture_member(f, "yingji", YINGJI, 3);
    struct member_no gongan = fixture_member(f, "gongan", GONGAN, 4);
    fixture_enrol(f, "gongan", OFFICER, "验收人");
    struct attempt enrol = by("gongan", KIND_ENROL, 1, GONGAN + KEY_ADMIN, "科长");
    const struct entry *e = fixture_entry(f, &enrol);
    assert_int_equal(roster_apply(f->roster, member_numbered(f, "yingji"), 1, e, &reason,
                                  &pending), OK);
    assert_int_equal(reason, REASON_WRONG_MEMBER);
    assert_int_equal(roster_apply(f->roster, gongan, 1, e, &reason, &pending), OK);
    assert_int_equal(reason, REASON_NONE);
    assert_int_equal(roster_officer_by_enrolment(f->roster, &e->id)->member.v, gongan.v);
}

static void governance_is_signed_by_own_officers_only_and_names_no_case(void **state)
{
    struct fixture *f = *state;
    fixture_member(f, "yingji", YINGJI, 3);
    struct member_no gongan = fixture_member(f, "gongan", GONGAN, 4);
    struct hash id = roster_member(f->roster, gongan)->admission_id;
    fixture_enrol(f, "yingji", OFFICER, "经办人");
    struct attempt enrol = by("yingji", KIND_ENROL, 1, YINGJI + KEY_ADMIN, "科长");
    enrol.signers[enrol.signer_count++] = (struct signature_by){GONGAN + KEY_ADMIN, "科长", &id};
    assert_int_equal(fixture_apply(f, &enrol), REASON_SIGNERS);
    enrol.signer_count = 1;
    enrol.case_id = &id;
    assert_int_equal(fixture_apply(f, &enrol), REASON_FACTS);
    enrol.case_id = NULL;
    assert_int_equal(fixture_apply(f, &enrol), REASON_NONE);
}

static void governance_of_later_work_is_pending(void **state)
{
    struct fixture *f = *state;
    struct attempt later = by("anweiban", KIND_RULES, 5, KEY_ROOT, POST_DIRECTOR);
    later.facts = NULL;
    assert_int_equal(fixture_apply(f, &later), REASON_NONE);
    assert_true(f->pending);
    later.kind = 15;
    assert_int_equal(fixture_apply(f, &later), REASON_UNKNOWN_KIND);
    assert_false(f->pending);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(convenor_stands_from_genesis),
        FRESH(root_officer_admits_and_nobody_else),
        FRESH(only_the_convenor_admits),
        FRESH(admission_needs_good_keys_and_proofs),
        FRESH(admission_waits_for_endorsements_above_k_1),
        FRESH(members_beyond_the_limit_are_refused),
        FRESH(entry_0_is_a_certificate_that_cites_the_admission),
        FRESH(the_convenor_certifies_without_citing),
        FRESH(a_later_certificate_replaces),
        FRESH(certificates_need_good_keys_and_a_proof_for_this_member),
        FRESH(an_officer_signs_after_the_enrolment_and_not_before),
        FRESH(only_administrators_enrol),
        FRESH(a_key_is_enrolled_once_within_a_log),
        FRESH(a_desk_has_the_newest_transport_key_certified_for_its_officer),
        FRESH(a_desk_key_is_one_officers_and_no_weak_one),
        FRESH(who_left_signs_nothing_beyond_that_entry_and_what_stands_before_stays),
        FRESH(only_administrators_end_officers_of_their_own_log),
        FRESH(enrolment_needs_a_proof_for_this_member_and_role),
        FRESH(person_and_posts_keep_to_their_limits),
        FRESH(a_foreign_signer_is_waited_for_until_known),
        FRESH(a_void_enrolment_is_not_waited_for),
        FRESH(a_copy_in_another_log_shadows_nothing),
        FRESH(governance_is_signed_by_own_officers_only_and_names_no_case),
        FRESH(governance_of_later_work_is_pending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
