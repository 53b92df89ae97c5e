#include "tools/agent_link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "crypto/sha256.h"
#include "ledger/log/home.h"
#include "net/frame.h"
#include "net/socket.h"

enum { CALL_TIMEOUT_MS = 5000, SERVE_TIMEOUT_MS = 2000, GRACE_S = 300, BACKLOG = 8 };

/* ---- place and parties ---- */

static enum err place(struct sockaddr_un *at)
{
    char folder[sizeof at->sun_path];
    const char *run = getenv("XDG_RUNTIME_DIR"), *home = getenv("HOME");
    bool has_run = run != NULL && run[0] != 0;
    if (!has_run && (home == NULL || home[0] == 0))
        return ERR_NOTFOUND;
    int n = snprintf(folder, sizeof folder, "%s/%s", has_run ? run : home,
                     has_run ? "jieli" : ".jieli");
    if (n < 0 || (size_t)n + sizeof "/agent.sock" > sizeof folder)
        return ERR_TOO_LARGE;
    *at = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(at->sun_path, folder, (size_t)n);
    memcpy(at->sun_path + n, "/agent.sock", sizeof "/agent.sock");
    return folder_create(folder, 0700);
}

static bool same_user(int fd)
{
    struct ucred who = {.uid = (uid_t)-1};
    socklen_t len = sizeof who;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && who.uid == geteuid();
}

/* Goes on while the machine sleeps: a laptop that was shut does not wake up unlocked. */
static uint64_t now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return (uint64_t)t.tv_sec;
}

static enum err frame_get(int fd, struct buffer *out)
{
    struct frame_reader r;
    uint8_t piece[4096];
    bool whole = false;
    enum err err = OK;
    frame_reader_init(&r, AGENT_REQUEST_MAX_BYTES);
    while (err == OK && !whole) {
        size_t len = 0;
        err = socket_receive(fd, piece, sizeof piece, &len);
        struct span in = span_of(piece, len);
        if (err == OK)
            err = frame_feed(&r, &in, &whole);
    }
    if (err == OK)
        frame_take(&r, out);
    frame_reader_clear(&r);
    wipe(piece, sizeof piece);
    return err;
}

static enum err frame_put(int fd, const struct buffer *body)
{
    uint8_t length[4];
    store_u32(length, (uint32_t)body->len);
    enum err err = socket_send(fd, span_of(length, sizeof length));
    return err == OK ? socket_send(fd, buffer_span(body)) : err;
}

static void secret_clear(struct buffer *b)
{
    if (b->data != NULL)
        wipe(b->data, b->len);
    buffer_clear(b);
}

/* ---- the process ---- */

static void serve_one(struct agent *a, int listener)
{
    struct buffer request = {0}, answer = {0};
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    if (same_user(fd) && socket_timeout(fd, SERVE_TIMEOUT_MS) == OK &&
        buffer_reserve(&request, AGENT_REQUEST_MAX_BYTES) == OK && frame_get(fd, &request) == OK &&
        agent_answer(a, buffer_span(&request), now_s(), &answer) == OK)
        (void)frame_put(fd, &answer);
    close(fd);
    secret_clear(&request);
    secret_clear(&answer);
}

/* No trace of keys on disk: no core, nobody attaches, nothing printed. */
static void harden(void)
{
    const struct rlimit none = {0, 0};
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)setsid();
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    if (chdir("/") != 0 || null < 0)
        _exit(1);
    for (int fd = 0; fd <= 2; fd++)
        (void)dup2(null, fd);
}

static void serve(int listener, const char *path)
{
    struct agent a;
    bool had = false;
    uint64_t until_s = now_s() + GRACE_S;      /* for the first key; then it ends with the last */
    harden();
    agent_init(&a);
    while (!a.locked && until_s > now_s()) {
        struct pollfd p = {.fd = listener, .events = POLLIN};
        if (poll(&p, 1, (int)(until_s - now_s()) * 1000) > 0)
            serve_one(&a, listener);
        uint64_t left_s = agent_expire(&a, now_s());
        had = had || a.count > 0;
        if (had)
            until_s = now_s() + left_s;
    }
    unlink(path);
    agent_clear(&a);
    _exit(0);
}

static enum err listen_at(const struct sockaddr_un *at, int *out)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_from_errno(errno);
    mode_t before = umask(0177);
    bool good = (unlink(at->sun_path) == 0 || errno == ENOENT) &&
                bind(fd, (const struct sockaddr *)at, sizeof *at) == 0 && listen(fd, BACKLOG) == 0;
    int why = errno;
    umask(before);
    if (!good) {
        close(fd);
        return err_from_errno(why);
    }
    *out = fd;
    return OK;
}

static enum err reach(const struct sockaddr_un *at, int *out)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    enum err err = fd < 0 ? err_from_errno(errno) : socket_timeout(fd, CALL_TIMEOUT_MS);
    if (err == OK && connect(fd, (const struct sockaddr *)at, sizeof *at) != 0)
        err = socket_err(errno);
    if (err == OK && !same_user(fd))
        err = ERR_PERMISSION;
    if (err != OK && fd >= 0)
        close(fd);
    *out = fd;
    return err;
}

enum err agent_start(void)
{
    struct sockaddr_un at;
    int fd;
    enum err err = place(&at);
    if (err == OK && reach(&at, &fd) == OK) {
        close(fd);
        return OK;
    }
    if (err == OK)
        err = listen_at(&at, &fd);
    if (err != OK)
        return err;
    pid_t pid = fork();
    if (pid == 0)
        serve(fd, at.sun_path);
    close(fd);
    return pid > 0 ? OK : err_from_errno(errno);
}

/* ---- asking ---- */

/* The body of the answer, error taken off. */
static enum err call(const struct buffer *request, struct buffer *body)
{
    struct sockaddr_un at;
    int fd;
    enum err err = place(&at);
    if (err == OK)
        err = reach(&at, &fd);
    if (err != OK)
        return err;
    err = frame_put(fd, request);
    if (err == OK)
        err = frame_get(fd, body);
    close(fd);
    if (err == OK && (body->len == 0 || body->data[0] > ERR_UNCERTAIN))
        err = ERR_PROTOCOL;
    return err == OK ? (enum err)body->data[0] : err;
}

/* One operation on a key; the answer must have answer_len bytes. */
static enum err ask(enum agent_op op, const struct hash *name, struct span rest, void *answer,
                    size_t answer_len)
{
    struct buffer request = {0}, body = {0};
    enum err err = buffer_reserve(&request, 1 + HASH_BYTES + rest.len);
    if (err == OK)
        err = buffer_put_u8(&request, (uint8_t)op);
    if (err == OK)
        err = buffer_put(&request, name->b, HASH_BYTES);
    if (err == OK)
        err = buffer_put(&request, rest.data, rest.len);
    if (err == OK)
        err = call(&request, &body);
    if (err == OK && body.len != 1 + answer_len)
        err = ERR_PROTOCOL;
    if (err == OK && answer_len > 0)
        memcpy(answer, body.data + 1, answer_len);
    secret_clear(&request);
    secret_clear(&body);
    return err;
}

enum err agent_name(const char *path, struct hash *name)
{
    struct buffer bytes = {0};
    enum err err = file_read(path, KEYFILE_MAX_BYTES, &bytes);
    if (err == OK)
        sha256(buffer_span(&bytes), name);
    secret_clear(&bytes);
    return err;
}

enum err agent_add(const struct hash *name, enum keyfile_kind kind, const uint8_t secret[32])
{
    uint8_t rest[33] = {(uint8_t)kind};
    memcpy(rest + 1, secret, 32);
    enum err err = ask(AGENT_ADD, name, span_of(rest, sizeof rest), NULL, 0);
    wipe(rest, sizeof rest);
    return err;
}

enum err agent_find(const struct hash *name, enum keyfile_kind kind, struct pubkey *pub,
                    uint32_t *left_s)
{
    uint8_t answer[1 + PUBKEY_BYTES + 4];
    enum err err = ask(AGENT_FIND, name, (struct span){NULL, 0}, answer, sizeof answer);
    if (err == OK && answer[0] != kind)
        err = ERR_KEY;
    if (err == OK) {
        memcpy(pub->b, answer + 1, PUBKEY_BYTES);
        *left_s = load_u32(answer + 1 + PUBKEY_BYTES);
    }
    return err;
}

enum err agent_sign(const struct hash *name, struct span message, struct sig *sig)
{
    return ask(AGENT_SIGN, name, message, sig->b, SIG_BYTES);
}

enum err agent_open(const struct hash *name, struct xkey *out)
{
    uint8_t secret[32];
    enum err err = ask(AGENT_OPEN, name, (struct span){NULL, 0}, secret, sizeof secret);
    if (err == OK)
        err = xkey_from_secret(out, secret);
    wipe(secret, sizeof secret);
    return err;
}

enum err agent_lock(void)
{
    struct buffer request = {0}, body = {0};
    enum err err = buffer_put_u8(&request, AGENT_LOCK);
    if (err == OK)
        err = call(&request, &body);
    buffer_clear(&request);
    buffer_clear(&body);
    return err;
}
