/* The logs of a convenor (0) and of two members of other institutions (1, 2) on paper, beginning
 * with their real governance, for histories that no honest node would write; and watchers that are
 * given them in any order. */
#ifndef JIELI_TESTS_SUPPORT_SCENE_H
#define JIELI_TESTS_SUPPORT_SCENE_H

#include "tests/support/paper.h"

enum { SCENE_LOGS = 3, SCENE_MAX_STEPS = 64 };

struct scene {
    struct cluster *c;
    struct paper logs[SCENE_LOGS];
    uint64_t base[SCENE_LOGS];                 /* governance that every watcher begins with */
    unsigned watchers;
};

struct scene *scene_create(uint64_t seed);
void scene_free(struct scene *s);

/* Size of the convenor's log. */
uint64_t scene_law(const struct scene *s);
/* What an entry put next would say, citing `ref` unless NULL. */
struct compose scene_citing(const struct paper *p, uint64_t law, const struct hash *ref);
struct hash scene_report(struct scene *s, unsigned by, uint64_t law);
struct hash scene_progress(struct scene *s, unsigned by, const struct hash *case_id, uint64_t law,
                           const struct hash *ref);
/* A final ruling by the convenor that names log `to`. */
struct hash scene_rule(struct scene *s, unsigned to, const struct hash *case_id, uint64_t law,
                       const struct hash *ref);

/* A progress signed by the author's handler and by the handlers of the logs in `others`, each
 * naming its enrolment. */
struct hash scene_cosigned(struct scene *s, unsigned by, const struct hash *case_id,
                           const unsigned *others, unsigned count);

/* A watcher that holds the governance. */
void scene_watcher(struct scene *s, struct watcher *w);
/* All of every log. */
void scene_send_all(struct scene *s, struct ledger *to);
/* Gives watchers the entries beyond the base one by one, in random orders, and demands that all
 * agree with one that got them log by log, which `check` looks at (NULL: nothing). */
void scene_in_every_order(struct scene *s, void (*check)(struct scene *s, struct ledger *l));
void scene_expect(struct ledger *l, const struct paper *p, uint64_t index, enum verdict verdict,
                  enum reason reason);

#endif
