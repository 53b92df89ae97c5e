#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/sha256.h"
#include "ledger/cosign.h"
#include "ledger/log/home.h"
#include "ledger/log/part.h"
#include "ledger/log/part_erase.h"
#include "ledger/parts.h"
#include "net/bundle.h"
#include "net/overlap.h"

enum { COMMIT_PACKAGES = COMMIT_MAX_ENTRIES / PACKAGE_ENTRIES };

/* ---- heads ---- */

static void forked_name(struct bundle_result *result, const char *member)
{
    snprintf(result->forked, sizeof result->forked, "%s", member);
}

static const char *member_of_origin(struct ledger *l, const char *origin)
{
    const struct log *log;
    for (unsigned i = 0; (log = ledger_log_at(l, i)) != NULL; i++) {
        if (strcmp(log->origin, origin) == 0)
            return log->member;
    }
    return "";
}

static enum err heads_apply(struct ledger *l, const struct message *m,
                            struct bundle_result *result)
{
    struct checkpoint head = {0};
    enum err first = OK;
    for (unsigned i = 0; i < m->u.heads.count; i++) {
        enum err err = ledger_check_head(l, m->u.heads.notes[i], &head);
        if (err == ERR_FORK) {
            first = err;
            forked_name(result, member_of_origin(l, head.origin));
        }
        if (err != OK && err != ERR_FORK && err != ERR_OLD_HEAD && err != ERR_UNKNOWN_MEMBER)
            return err;
    }
    return first;
}

/* ---- packages ---- */

static enum err packages_decode(const struct message *m, struct package *list)
{
    enum err err = OK;
    for (unsigned i = 0; err == OK && i < m->u.packages.count; i++) {
        const struct package *before = i > 0 ? &list[i - 1] : NULL;
        err = package_decode(&list[i], m->u.packages.packages[i]);
        if (err == OK && before != NULL &&
            (list[i].start != before->start + before->count || list[i].epoch != before->epoch ||
             strcmp(list[i].member, before->member) != 0))
            err = ERR_FORMAT;
    }
    return err;
}

/* Commits up to COMMIT_PACKAGES from list[*at] on; the first reaches beyond what is stored. */
static enum err packages_commit(struct ledger *l, const struct log *log, const struct message *m,
                                const struct package *list, unsigned *at)
{
    const struct package *these[COMMIT_PACKAGES];
    struct proof proof = m->u.packages.consistency;
    const uint64_t held = log->frontier.size;
    unsigned count = 0;
    enum err err = OK;
    if (held > 0 && list[0].start != held) {
        struct txn *t = ledger_txn(l);
        err = t == NULL ? ERR_IO : overlap_consistency(t, log, &list[*at], &proof);
    }
    for (unsigned i = *at; i < m->u.packages.count && count < COMMIT_PACKAGES; i++)
        these[count++] = &list[i];
    *at += count;
    if (err == OK)
        err = ledger_receive(l, m->u.packages.note, held > 0 ? &proof : NULL, these, count);
    return err;
}

static enum err list_apply(struct ledger *l, const struct message *m, const struct package *list,
                           struct bundle_result *result)
{
    const struct log *log = ledger_log(l, list[0].member, list[0].epoch);
    unsigned at = 0, count = m->u.packages.count;
    enum err err = OK;
    if (log != NULL) {
        while (at < count && list[at].start + list[at].count <= log->frontier.size)
            at++;
        const uint64_t before = log->frontier.size;
        while (err == OK && log != NULL && at < count && list[at].start <= log->frontier.size) {
            err = packages_commit(l, log, m, list, &at);
            log = ledger_log(l, list[0].member, list[0].epoch);    /* may have been loaded anew */
        }
        result->entries += log != NULL ? log->frontier.size - before : 0;
    }
    for (; err == OK && at < count; at++)
        result->skipped += list[at].count;
    return err;
}

static enum err packages_apply(struct ledger *l, const struct message *m,
                               struct bundle_result *result)
{
    struct package *list = malloc(m->u.packages.count * sizeof *list);
    enum err err = list == NULL ? ERR_NOMEM : packages_decode(m, list);
    if (err == OK)
        err = list_apply(l, m, list, result);
    if (err == ERR_FORK)
        forked_name(result, list[0].member);
    free(list);
    return err;
}

/* ---- parts ---- */

/* Where the pieces of a part wait: parts/incoming-<hex>. */
static enum err incoming_path(struct ledger *l, const struct hash *commitment, char *out,
                              size_t out_bytes)
{
    char name[sizeof "parts/incoming-" + 2 * HASH_BYTES] = "parts/incoming-";
    size_t at = strlen(name);
    enum err err = hex_encode(name + at, sizeof name - at, span_of(commitment->b, HASH_BYTES));
    return err == OK ? home_path(out, out_bytes, ledger_home(l), name) : err;
}

static enum err piece_write(const char *path, uint32_t offset, struct span bytes)
{
    int flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | (offset == 0 ? O_TRUNC : 0);
    int fd = open(path, flags, 0600);
    if (fd < 0)
        return err_from_errno(errno);
    enum err err = OK;
    if (lseek(fd, 0, SEEK_END) != (off_t)offset)
        err = ERR_GAP;
    while (err == OK && bytes.len > 0) {
        ssize_t n = write(fd, bytes.data, bytes.len);
        if (n < 0)
            err = err_from_errno(errno);
        else
            bytes = span_of(bytes.data + n, bytes.len - (size_t)n);
    }
    if (close(fd) != 0 && err == OK)
        err = err_from_errno(errno);
    return err;
}

static enum err part_finish(struct ledger *l, const char *path, const struct hash *said,
                            struct bundle_result *result)
{
    struct buffer whole = {0};
    enum err err = file_read(path, PART_CARRIED_MAX_BYTES, &whole);
    unlink(path);
    if (err == OK)
        err = ledger_part_take(l, said, buffer_span(&whole));
    buffer_clear(&whole);
    if (err == OK)
        result->parts++;
    return err == ERR_KEY || err == ERR_NOTFOUND ? OK : err;
}

static enum err part_apply(struct ledger *l, const struct message *m, struct bundle_result *result)
{
    char path[HOME_PATH_BYTES], folder[HOME_PATH_BYTES];
    const uint32_t offset = m->u.part.offset;
    if (part_held(ledger_home(l), &m->u.part.commitment) ||
        part_erased(ledger_home(l), &m->u.part.commitment, NULL))
        return OK;
    enum err err = home_path(folder, sizeof folder, ledger_home(l), "parts");
    if (err == OK)
        err = folder_create(folder, 0700);
    if (err == OK)
        err = incoming_path(l, &m->u.part.commitment, path, sizeof path);
    if (err == OK)
        err = piece_write(path, offset, m->u.part.bytes);
    if (err == OK)                         /* who may read it is told by its case */
        err = ledger_settle_all(l);
    if (err == OK && offset + m->u.part.bytes.len == m->u.part.total)
        err = part_finish(l, path, &m->u.part.commitment, result);
    return err;
}

/* ---- cosignatures: what rests on something not held is passed over ---- */

static bool passed_over(enum err err)
{
    return err == ERR_EXISTS || err == ERR_GAP || err == ERR_UNKNOWN_MEMBER ||
           err == ERR_OVERTAKEN;
}

static enum err cosigned_apply(struct ledger *l, const struct message *m,
                               struct bundle_result *result)
{
    struct cosign_item items[MESSAGE_MAX_COSIGNED];
    const unsigned count = m->u.cosign.count;
    enum err forked = OK;
    for (unsigned i = 0; i < count; i++)
        items[i] = (struct cosign_item){.note = m->u.cosign.notes[i]};
    enum err err = ledger_cosign_take(l, items, count);
    for (unsigned i = 0; err == OK && i < count; i++) {
        result->cosignatures += items[i].err == OK;
        if (items[i].err == ERR_FORK) {
            forked = ERR_FORK;
            forked_name(result, ledger_log_at(l, items[i].row.log.v)->member);
        } else if (items[i].err != OK && !passed_over(items[i].err)) {
            err = items[i].err;
        }
    }
    return err == OK ? forked : err;
}

/* ---- all ---- */

static enum err genesis_check(struct ledger *l, struct span genesis)
{
    struct hash id;
    sha256(genesis, &id);
    return hash_equal(&id, &ledger_genesis(l)->ledger) ? OK : ERR_WRONG_LEDGER;
}

enum err bundle_belongs(struct ledger *l, const struct bundle_reader *b)
{
    return genesis_check(l, bundle_genesis(b));
}

enum err bundle_apply_message(struct ledger *l, struct span frame, struct bundle_result *result)
{
    struct message *m = malloc(sizeof *m);
    enum err err = m == NULL ? ERR_NOMEM : message_decode(m, frame);
    if (err == OK) {
        switch (m->type) {
        case MSG_HEADS: err = heads_apply(l, m, result); break;
        case MSG_PACKAGES: err = packages_apply(l, m, result); break;
        case MSG_COSIGN: err = cosigned_apply(l, m, result); break;
        case MSG_PART: err = part_apply(l, m, result); break;
        case MSG_BUNDLE: err = genesis_check(l, m->u.bundle.genesis); break;
        case MSG_PROVEN: case MSG_CONSISTENCY: break;
        case MSG_HELLO: case MSG_WANT: case MSG_REFUSE: case MSG_PART_WANT: case MSG_PING:
        case MSG_PONG: err = ERR_PROTOCOL; break;
        }
    }
    free(m);
    return err;
}

enum err bundle_apply(struct ledger *l, struct bundle_reader *b, struct bundle_result *result)
{
    struct span frame;
    bool forked = false;
    *result = (struct bundle_result){0};
    enum err err = bundle_belongs(l, b);
    ledger_defer(l, true);
    while (err == OK && (err = bundle_next(b, &frame)) == OK) {
        err = bundle_apply_message(l, frame, result);
        forked |= err == ERR_FORK;
        if (err == ERR_FORK)
            err = OK;
    }
    if (err == ERR_NOTFOUND)
        err = forked ? ERR_FORK : OK;
    ledger_defer(l, false);
    const enum err settled = ledger_settle_all(l);
    return err == OK || settled == ERR_UNCERTAIN ? settled : err;
}
