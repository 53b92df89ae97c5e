#include "tests/support/cluster.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/log/home.h"
#include "ledger/roster/compose.h"
#include "net/message.h"
#include "tests/support/cluster_keys.h"

static const char *const FIRST_IDS[] = {"anweiban", "yingji", "xiaofang", "zhujian", "jiwei"};
enum { FIRST_COUNT = sizeof FIRST_IDS / sizeof FIRST_IDS[0], OVERSIGHT = 4 };

static void name_member(struct cluster *c, unsigned i)
{
    struct cluster_member *m = &c->members[i];
    if (i < FIRST_COUNT) {
        strcpy(m->id, FIRST_IDS[i]);
    } else {
        snprintf(m->id, sizeof m->id, "m%02u", i);
    }
    CLUSTER_DEMAND(home_path(m->home, sizeof m->home, c->folder, m->id) == OK);
}

static struct admission admission_of(const struct cluster *c, unsigned i,
                                     const struct hash *ledger)
{
    const struct cluster_member *m = &c->members[i];
    struct admission a = {.kind = i == 0 ? MEMBER_OFFICE
                                         : i == OVERSIGHT ? MEMBER_OVERSIGHT : MEMBER_BUREAU,
                          .powers = i == 0 ? POWER_COORDINATE
                                           : i == OVERSIGHT ? POWER_OVERSEE : POWER_ENFORCE};
    strcpy(a.id, m->id);
    strcpy(a.name, m->id);
    strcpy(a.institution, i == 0 ? "yingji" : m->id);
    strcpy(a.admin_post, cluster_posts[OFFICER_ADMIN]);
    strcpy(a.admin_person, "p0");
    a.node_key = *signkey_public(m->node);
    a.admin_key = *signkey_public(m->officers[OFFICER_ADMIN]);
    CLUSTER_DEMAND(possession_sign(m->node, ledger, m->id, "node", &a.node_proof) == OK);
    CLUSTER_DEMAND(possession_sign(m->officers[OFFICER_ADMIN], ledger, m->id, "officer",
                                   &a.admin_proof) == OK);
    return a;
}

static void make_genesis(struct cluster *c, struct buffer *out)
{
    static const struct hash none;
    const struct signkey *root = c->members[0].officers[OFFICER_ROOT];
    struct genesis g = {.domain = "aqsc.example", .suite = 1, .law_version = 1, .k = 1,
                        .root_count = 1, .created_s = c->options.start_s};
    g.roots[0].key = *signkey_public(root);
    strcpy(g.roots[0].post, cluster_posts[OFFICER_ROOT]);
    strcpy(g.roots[0].person, "r1");
    CLUSTER_DEMAND(possession_sign(root, &none, c->members[0].id, "root", &g.roots[0].proof) ==
                   OK);
    g.convenor = admission_of(c, 0, &none);
    CLUSTER_DEMAND(genesis_encode(&g, out) == OK);
    c->ledger = g.ledger;
}

static void govern(struct cluster *c, unsigned member, uint32_t kind,
                   enum cluster_officer officer, const struct composition *facts)
{
    struct cluster_act a;
    cluster_act_init(&a, kind, NULL);
    a.signer_count = 1;
    a.signers[0].member = member;
    a.signers[0].officer = officer;
    a.signers[0].role = ROLE_HANDLE;
    for (unsigned i = 0; i < facts->fact_count; i++) {
        cluster_fact_item(&a, facts->facts[i].id, facts->facts[i].value);
    }
    cluster_append(c, member, &a, NULL);
    cluster_act_clear(&a);
}

static void certify(struct cluster *c, unsigned member)
{
    const struct cluster_member *m = &c->members[member];
    struct composition facts;
    struct certify_fields f = {.cosigner = *signkey_public(m->cosigner),
                               .transport = m->transport.pub, .sealing = m->sealing.pub};
    composition_init(&facts);
    CLUSTER_DEMAND(possession_sign(m->cosigner, &c->ledger, m->id, "cosigner",
                                   &f.cosigner_proof) == OK);
    CLUSTER_DEMAND(compose_certify(&facts, &f) == OK);
    govern(c, member, KIND_CERTIFY, OFFICER_ADMIN, &facts);
    composition_clear(&facts);
}

static void enrol(struct cluster *c, unsigned member, enum cluster_officer officer)
{
    const struct cluster_member *m = &c->members[member];
    const struct signkey *key = m->officers[officer];
    char person[8] = {'p', (char)('0' + officer), '\0'};
    struct composition facts;
    struct enrol_fields f = {.key = *signkey_public(key), .person = person,
                             .posts = &cluster_posts[officer], .post_count = 1};
    composition_init(&facts);
    CLUSTER_DEMAND(possession_sign(key, &c->ledger, m->id, "officer", &f.proof) == OK);
    CLUSTER_DEMAND(compose_enrol(&facts, &f) == OK);
    govern(c, member, KIND_ENROL, OFFICER_ADMIN, &facts);
    composition_clear(&facts);
}

static void enrol_all(struct cluster *c, unsigned member)
{
    enrol(c, member, OFFICER_HANDLER);
    enrol(c, member, OFFICER_VERIFIER);
    enrol(c, member, OFFICER_VERIFIER_2);
    if (member == 0) {
        enrol(c, member, OFFICER_DIRECTOR);
    }
}

static void admit_others(struct cluster *c)
{
    struct composition facts;
    composition_init(&facts);
    for (unsigned i = 1; i < c->count; i++) {
        struct admission a = admission_of(c, i, &c->ledger);
        CLUSTER_DEMAND(compose_admit(&facts, &a) == OK);
        govern(c, 0, KIND_ADMIT, OFFICER_ROOT, &facts);
    }
    composition_clear(&facts);
}

void cluster_open(struct cluster *c, unsigned member)
{
    struct cluster_member *m = &c->members[member];
    const struct ledger_options options = {.home = m->home, .pinned = &c->ledger,
                                           .member = m->id, .node_key = m->node,
                                           .mode = LEDGER_WRITE};
    CLUSTER_DEMAND(m->ledger == NULL);
    enum err err = ledger_open(&m->ledger, &options);
    cluster_demand(err == OK, err_name(err), m->home, 0);
}

void cluster_close(struct cluster *c, unsigned member)
{
    ledger_close(c->members[member].ledger);
    c->members[member].ledger = NULL;
}

void cluster_open_all(struct cluster *c)
{
    for (unsigned i = 0; i < c->count; i++) {
        if (c->members[i].ledger == NULL) {
            cluster_open(c, i);
        }
    }
}

/* One message of packages into `to`; false when it changed nothing. */
static bool receive(struct ledger *to, struct span frame)
{
    static struct message m;
    static struct package packages[MESSAGE_MAX_PACKAGES];
    const struct package *list[MESSAGE_MAX_PACKAGES];
    CLUSTER_DEMAND(message_decode(&m, frame) == OK);
    for (unsigned i = 0; i < m.u.packages.count; i++) {
        CLUSTER_DEMAND(package_decode(&packages[i], m.u.packages.packages[i]) == OK);
        list[i] = &packages[i];
    }
    const struct proof *proof = m.u.packages.consistency.count == 0 && packages[0].start == 0
                                    ? NULL
                                    : &m.u.packages.consistency;
    enum err err = ledger_receive(to, m.u.packages.note, proof, list, m.u.packages.count);
    cluster_demand(err == OK || err == ERR_UNKNOWN_MEMBER, err_name(err), "receive", 0);
    return err == OK;
}

static uint64_t held(const struct ledger *l, const struct log *log)
{
    const struct log *own = ledger_log(l, log->member, log->epoch);
    return own == NULL ? 0 : own->frontier.size;
}

static bool pull_log(struct ledger *to, struct ledger *from, const struct log *log)
{
    bool any = false, more = true;
    while (more && held(to, log) < log->head_size) {
        struct buffer frame = {0};
        uint64_t end;
        CLUSTER_DEMAND(message_packages_build(ledger_txn(from), log, 1, held(to, log),
                                              COMMIT_MAX_ENTRIES / PACKAGE_ENTRIES, &frame,
                                              &end) == OK);
        more = receive(to, buffer_span(&frame));
        any = any || more;
        buffer_clear(&frame);
    }
    return any;
}

static bool pull_all(struct cluster *c, unsigned to, unsigned from)
{
    bool any = false;
    struct ledger *source = c->members[from].ledger;
    for (unsigned i = 0; ledger_log_at(source, i) != NULL; i++) {
        const struct log *log = ledger_log_at(source, i);
        if (strcmp(log->member, c->members[to].id) != 0) {
            any = pull_log(c->members[to].ledger, source, log) || any;
        }
    }
    return any;
}

void cluster_pull(struct cluster *c, unsigned to, unsigned from)
{
    while (pull_all(c, to, from)) {
    }
}

void cluster_pull_log(struct cluster *c, unsigned to, unsigned from, unsigned of)
{
    struct ledger *source = c->members[from].ledger;
    pull_log(c->members[to].ledger, source, ledger_log(source, c->members[of].id, 0));
}

void cluster_share(struct cluster *c)
{
    bool any = true;
    while (any) {
        any = false;
        for (unsigned to = 0; to < c->count; to++) {
            for (unsigned from = 0; from < c->count; from++) {
                if (to != from && c->members[to].ledger != NULL &&
                    c->members[from].ledger != NULL) {
                    any = pull_all(c, to, from) || any;
                }
            }
        }
    }
}

static void build(struct cluster *c)
{
    struct buffer genesis = {0};
    make_genesis(c, &genesis);
    for (unsigned i = 0; i < c->count; i++) {
        cluster_home_create(c, &c->members[i], buffer_span(&genesis));
        cluster_open(c, i);
    }
    buffer_clear(&genesis);
    certify(c, 0);
    enrol_all(c, 0);
    admit_others(c);
    for (unsigned i = 1; i < c->count; i++) {
        cluster_pull(c, i, 0);
        certify(c, i);
        enrol_all(c, i);
    }
    cluster_share(c);
    for (unsigned i = 0; i < c->count; i++) {
        cluster_close(c, i);
    }
}

struct cluster *cluster_create(const struct cluster_options *options)
{
    const char *temp = getenv("TMPDIR");
    struct cluster *c = calloc(1, sizeof *c);
    CLUSTER_DEMAND(c != NULL && keys_start() == OK);
    CLUSTER_DEMAND(options->members >= 1 && options->members <= CLUSTER_MAX_MEMBERS);
    c->options = *options;
    c->count = options->members;
    c->now_s = options->start_s;
    snprintf(c->folder, sizeof c->folder, "%s/jieli-cluster-XXXXXX", temp ? temp : "/tmp");
    CLUSTER_DEMAND(mkdtemp(c->folder) != NULL);
    for (unsigned i = 0; i < c->count; i++) {
        name_member(c, i);
        cluster_keys_init(c, &c->members[i]);
    }
    build(c);
    return c;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st;
    (void)type;
    (void)walk;
    return remove(path);
}

void cluster_free(struct cluster *c)
{
    if (c == NULL) {
        return;
    }
    for (unsigned i = 0; i < c->count; i++) {
        ledger_close(c->members[i].ledger);
        cluster_keys_clear(&c->members[i]);
    }
    nftw(c->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(c);
}
