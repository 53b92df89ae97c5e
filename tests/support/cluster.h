/* A committee in a temporary folder, built through the library alone: genesis, one home per member
 * with keys and configuration, admissions, certificates, officers. Everything (keys, nonces,
 * claimed times) follows from the seed, so the same seed gives the same bytes. Fails by aborting
 * with a message: what it does must work.
 *
 * Members: 0 anweiban (convenor, institution yingji), 1 yingji (bureau), 2 xiaofang (bureau),
 * 3 zhujian (bureau), 4 jiwei (oversight), then bureaus m05, m06 … */
#ifndef JIELI_TESTS_SUPPORT_CLUSTER_H
#define JIELI_TESTS_SUPPORT_CLUSTER_H

#include "ledger/ledger.h"

enum { CLUSTER_MAX_MEMBERS = 64, CLUSTER_PATH_BYTES = 256, CLUSTER_MAX_FACTS = 16 };
/* Officers of every member; the director is enrolled by the convenor alone, the root officer signs
 * its governance. The administrator comes with the admission. */
enum cluster_officer { OFFICER_ADMIN, OFFICER_HANDLER, OFFICER_VERIFIER, OFFICER_VERIFIER_2,
                       OFFICER_DIRECTOR, OFFICER_ROOT, OFFICER_COUNT };

struct cluster_options {
    uint64_t seed;
    unsigned members;            /* 1 to CLUSTER_MAX_MEMBERS */
    uint64_t start_s;            /* claimed time of the first entry; each further one 1 s later */
    bool key_files;              /* also <home>/keys/<admin|handler|verifier|…>.key, unencrypted */
};

struct cluster_member {
    char id[ID_MAX_BYTES + 1];
    char home[CLUSTER_PATH_BYTES];
    struct signkey *node, *cosigner, *officers[OFFICER_COUNT];
    struct xkey transport, sealing;
    struct ledger *ledger;       /* open for writing, NULL while a daemon has the home */
};

struct cluster {
    struct cluster_options options;
    char folder[CLUSTER_PATH_BYTES];
    unsigned count;
    struct cluster_member members[CLUSTER_MAX_MEMBERS];
    struct hash ledger;
    uint64_t now_s, nonces;
};

/* All homes built, closed and equal: every log is held by every member. */
struct cluster *cluster_create(const struct cluster_options *options);
void cluster_free(struct cluster *c);        /* closes, removes the folder */
void cluster_open(struct cluster *c, unsigned member);
void cluster_close(struct cluster *c, unsigned member);
void cluster_open_all(struct cluster *c);
/* Brings all logs of `from` to `to` (both open), as far as roster and order allow. */
void cluster_pull(struct cluster *c, unsigned to, unsigned from);
/* The same of one log alone, that of member `of`. */
void cluster_pull_log(struct cluster *c, unsigned to, unsigned from, unsigned of);
/* Until nothing new comes: every open member has what any open member has. */
void cluster_share(struct cluster *c);
/* Own addresses of `member` and those of the others for its configuration: member i listens on
 * first_port + i and dials all smaller ones. */
void cluster_configure(struct cluster *c, unsigned member, unsigned first_port);

/* An act in the making. Facts are put in rising order of their numbers. */
struct cluster_act {
    uint32_t kind;
    const struct hash *case_id;              /* NULL: without a case, or opening one */
    unsigned signer_count;                   /* 0: the handler alone */
    struct { unsigned member; enum cluster_officer officer; enum role role; }
        signers[ENTRY_MAX_SIGNERS];
    unsigned part_count;
    struct part_ref parts[ENTRY_MAX_PARTS];
    uint64_t time_s;                         /* 0: the cluster's own clock */
    bool has_nonce;                          /* else the next of the member */
    struct nonce nonce;
    unsigned fact_count;
    struct { uint32_t id; size_t offset, len; } facts[CLUSTER_MAX_FACTS];
    struct buffer bytes;
};
void cluster_act_init(struct cluster_act *a, uint32_t kind, const struct hash *case_id);
void cluster_act_clear(struct cluster_act *a);
void cluster_fact_uint(struct cluster_act *a, uint32_t id, uint64_t value);
void cluster_fact_text(struct cluster_act *a, uint32_t id, const char *value);
void cluster_fact_bool(struct cluster_act *a, uint32_t id, bool value);
void cluster_fact_hash(struct cluster_act *a, uint32_t id, const struct hash *value);
void cluster_fact_texts(struct cluster_act *a, uint32_t id, const char *const *values,
                        unsigned count);
void cluster_fact_item(struct cluster_act *a, uint32_t id, struct span encoded);

/* Signs `a` for `member` on what `compose` says (see ledger_compose) and appends the entry's bytes
 * to out. Needs no ledger: a load generator or a daemon's client uses it as well. */
void cluster_sign(struct cluster *c, unsigned member, const struct compose *compose,
                  const struct cluster_act *a, struct buffer *out);
/* Composes by the member's open ledger, then signs. */
void cluster_entry(struct cluster *c, unsigned member, const struct cluster_act *a,
                   struct buffer *out);
/* Composes, signs, appends; the id goes to *id when the act was taken (may be NULL). */
enum err cluster_try(struct cluster *c, unsigned member, const struct cluster_act *a,
                     struct hash *id, enum reason *reason);
/* As above and must be taken. */
void cluster_append(struct cluster *c, unsigned member, const struct cluster_act *a,
                    struct hash *id);
/* A whole report of a general hazard; the case id. `nth` goes into its clause. */
struct hash cluster_report(struct cluster *c, unsigned member, unsigned nth);
/* `count` of them that share commits, for logs of some length. */
void cluster_reports(struct cluster *c, unsigned member, unsigned count);
/* Fills *a as that report. */
void cluster_report_act(struct cluster_act *a, unsigned nth);

#endif
