/* Another copy of the same ledger: its signed heads, and where it is longer its root at our
 * size. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ledger/log/home.h"
#include "net/bundle.h"
#include "tools/audit/run.h"

/* What the other copy says of one of our logs. */
struct other {
    struct buffer note;
    struct frontier frontier;      /* of a bundle: grown as packages come */
    bool has_root;
    struct hash root;              /* at the size of our head */
};

static struct run_log *log_of(const struct audit_run *r, const char *member, uint32_t epoch,
                              struct other *others, struct other **other)
{
    for (unsigned i = 0; i < r->log_count; i++) {
        if (r->logs[i].epoch == epoch && strcmp(r->logs[i].member, member) == 0) {
            *other = &others[i];
            return &r->logs[i];
        }
    }
    return NULL;
}

static void judge_fork(struct audit_run *r, struct run_log *log)
{
    r->out->forks++;
    run_found(r, log, (struct finding){.kind = FIND_FORK});
}

static enum err judge(struct audit_run *r, struct run_log *log, const struct other *other)
{
    struct checkpoint head;
    struct hash root;
    if (other->note.len == 0 || log->set == NULL)
        return OK;
    enum err err = run_head_verify(r, log, buffer_span(&other->note), &head);
    if (err != OK)
        return err == ERR_NOMEM ? err : OK;
    if (head.size <= log->set->count) {
        err = set_root(log->set, head.size, &root);
        if (err == OK && !hash_equal(&root, &head.root))
            judge_fork(r, log);
        else if (head.size < log->head.size)
            run_found(r, log, (struct finding){.kind = FIND_AHEAD, .size = log->head.size,
                                               .other = head.size});
        return err;
    }
    if (other->has_root && !hash_equal(&other->root, &log->head.root))
        judge_fork(r, log);
    else
        run_found(r, log, (struct finding){.kind = FIND_SHORT, .size = log->set->count,
                                           .other = head.size});
    return OK;
}

/* ---- a home ---- */

static enum err home_log(const struct audit_run *r, struct txn *t, struct log_no no,
                         struct other *others)
{
    struct other *other;
    struct log log;
    struct span note;
    enum err err = log_load(t, no, &log);
    const struct run_log *ours =
        err == OK ? log_of(r, log.member, log.epoch, others, &other) : NULL;
    if (ours == NULL)
        return err;
    err = log_head(t, no, &note);
    if (err == OK)
        err = buffer_put(&other->note, note.data, note.len);
    if (err == OK && log.frontier.size >= ours->head.size)
        other->has_root = log_root(t, &log, ours->head.size, &other->root) == OK;
    return err == ERR_NOTFOUND ? OK : err;
}

static enum err home_logs(const struct audit_run *r, struct store *store, struct other *others)
{
    struct txn *t;
    uint32_t count = 0;
    enum err err = txn_read(store, &t);
    if (err != OK)
        return err;
    err = log_count(t, &count);
    for (uint32_t i = 0; err == OK && i < count; i++)
        err = home_log(r, t, (struct log_no){i}, others);
    txn_abort(t);
    return err;
}

static enum err read_home(const struct audit_run *r, const char *home, struct other *others)
{
    char path[HOME_PATH_BYTES];
    struct buffer bytes = {0};
    struct genesis g;
    struct store *store;
    enum err err = home_path(path, sizeof path, home, "genesis");
    if (err == OK)
        err = file_read(path, GENESIS_MAX_BYTES, &bytes);
    if (err == OK)
        err = genesis_decode(&g, buffer_span(&bytes));
    buffer_clear(&bytes);
    if (err == OK && !hash_equal(&g.ledger, &r->genesis.ledger))
        err = ERR_WRONG_LEDGER;
    if (err == OK)
        err = home_path(path, sizeof path, home, "db");
    if (err != OK)
        return err;
    err = store_open(&store, path, false, true);
    if (err != OK)
        return err;
    err = home_logs(r, store, others);
    store_close(store);
    return err;
}

/* ---- a bundle ---- */

static bool origin_is(const struct audit_run *r, const struct run_log *log, const char *origin)
{
    char ours[ORIGIN_MAX_BYTES + 1];
    return log_origin(r->genesis.domain, &r->genesis.ledger, log->member, log->epoch, ours) == OK &&
           strcmp(ours, origin) == 0;
}

static enum err file_note(const struct audit_run *r, struct span bytes, struct other *others)
{
    struct note note;
    struct checkpoint head;
    enum err err = note_decode(&note, bytes);
    if (err != OK)
        return err == ERR_NOMEM ? err : OK;
    bool good = checkpoint_parse(&head, note.text) == OK;
    note_clear(&note);
    for (unsigned i = 0; good && i < r->log_count; i++) {
        if (!origin_is(r, &r->logs[i], head.origin))
            continue;
        buffer_reset(&others[i].note);
        return buffer_put(&others[i].note, bytes.data, bytes.len);
    }
    return OK;
}

static void file_package(const struct audit_run *r, const struct package *p, struct other *others)
{
    struct other *other;
    const struct run_log *log = log_of(r, p->member, p->epoch, others, &other);
    if (log == NULL || p->start != other->frontier.size)
        return;
    for (unsigned i = 0; i < p->count; i++) {
        struct hash leaf;
        merkle_leaf(p->entries[i], &leaf);
        frontier_append(&other->frontier, &leaf);
        if (other->frontier.size == log->head.size) {
            frontier_root(&other->frontier, &other->root);
            other->has_root = true;
        }
    }
}

static enum err file_message(const struct audit_run *r, const struct message *m,
                             struct other *others)
{
    struct package *p = NULL;
    enum err err = OK;
    if (m->type == MSG_HEADS) {
        for (unsigned i = 0; err == OK && i < m->u.heads.count; i++)
            err = file_note(r, m->u.heads.notes[i], others);
    }
    if (m->type != MSG_PACKAGES)
        return err;
    p = malloc(sizeof *p);
    if (p == NULL)
        return ERR_NOMEM;
    for (unsigned i = 0; i < m->u.packages.count; i++) {
        if (package_decode(p, m->u.packages.packages[i]) == OK)
            file_package(r, p, others);
    }
    free(p);
    return OK;
}

static enum err read_file(const struct audit_run *r, const char *path, struct other *others)
{
    struct bundle_reader *b;
    struct message *m = malloc(sizeof *m);
    struct genesis g;
    struct span frame;
    if (m == NULL)
        return ERR_NOMEM;
    enum err err = bundle_open(&b, path);
    if (err != OK) {
        free(m);
        return err;
    }
    err = genesis_decode(&g, bundle_genesis(b));
    if (err == OK && !hash_equal(&g.ledger, &r->genesis.ledger))
        err = ERR_WRONG_LEDGER;
    while (err == OK && (err = bundle_next(b, &frame)) == OK) {
        err = message_decode(m, frame);
        if (err == OK)
            err = file_message(r, m, others);
    }
    bundle_close(b);
    free(m);
    return err == ERR_NOTFOUND ? OK : err;
}

enum err run_against(struct audit_run *r, const char *path)
{
    struct stat st;
    struct other *others = calloc(r->log_count + 1, sizeof *others);
    if (others == NULL)
        return ERR_NOMEM;
    bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    enum err err = folder ? read_home(r, path, others) : read_file(r, path, others);
    for (unsigned i = 0; i < r->log_count; i++) {
        if (err == OK)
            err = judge(r, &r->logs[i], &others[i]);
        buffer_clear(&others[i].note);
    }
    r->out->copy_failed = err != OK;
    free(others);
    return err;
}
