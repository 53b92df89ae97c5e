#include <dirent.h>
#include <errno.h>
#include <netdb.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "ledger/log/home.h"
#include "tools/command.h"
#include "tools/grid.h"
#include "tools/home_open.h"

/* Below this much the node is close to refusing acts. */
#define FREE_LEAST_BYTES (UINT64_C(1) << 30)
/* Earlier than any Jieli was built: the clock was never set. */
#define CLOCK_LEAST_S INT64_C(1735689600)
enum { KEY_MODE = 0600, HOME_MODE_BAD = 0022 };

enum health { HEALTH_GOOD, HEALTH_NOTE, HEALTH_BAD };

struct exam {
    struct session *s;
    struct config config;
    struct grid grid;
    json_t *list;
    bool bad;
};

static void tell(struct exam *x, enum health health, const char *what, const char *found,
                 const char *hint)
{
    static const char *const names[] = {"good", "note", "bad"};
    const char *const words[] = {_("good"), _("note"), _("BAD")};
    x->bad = x->bad || health == HEALTH_BAD;
    if (x->s->json)
        json_array_append_new(x->list, json_pack("{s:s,s:s,s:s,s:s}", "check", what, "health",
                                                 names[health], "found", found, "hint", hint));
    grid_row(&x->grid, (const char *[]){words[health], _(what), found, hint});
}

static void check_clock(struct exam *x)
{
    char text[64], path[HOME_PATH_BYTES];
    struct stat st;
    time_t now = time(NULL);
    struct tm tm;
    gmtime_r(&now, &tm);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &tm);
    bool back = home_path(path, sizeof path, x->s->home, "db/data.mdb") == OK &&
                stat(path, &st) == 0 && st.st_mtime > now + 60;
    if (now < CLOCK_LEAST_S || back)
        tell(x, HEALTH_BAD, N_("clock"), text,
             _("the clock stands before what was written: set it"));
    else
        tell(x, HEALTH_GOOD, N_("clock"), text, "");
}

static void check_disk(struct exam *x)
{
    struct statvfs fs;
    char text[64];
    if (statvfs(x->s->home, &fs) != 0) {
        tell(x, HEALTH_BAD, N_("disk"), strerror(errno), _("give --home DIR or set JIELI_HOME"));
        return;
    }
    uint64_t room = (uint64_t)fs.f_bavail * fs.f_frsize;
    snprintf(text, sizeof text, _("%llu MiB free"), (unsigned long long)(room >> 20));
    tell(x, room < FREE_LEAST_BYTES ? HEALTH_BAD : HEALTH_GOOD, N_("disk"), text,
         room < FREE_LEAST_BYTES ? _("make room: a full disk refuses every act") : "");
}

static void check_key(struct exam *x, const char *name)
{
    char path[HOME_PATH_BYTES], text[NAME_MAX + 8];
    struct stat st;
    if (home_path(path, sizeof path, x->s->home, name) != OK)
        return;
    if (lstat(path, &st) != 0) {
        if (strcmp(name, "node.key") == 0)
            tell(x, HEALTH_NOTE, N_("node key"), _("not in the home"),
                 _("fine where the service manager hands it over"));
        return;
    }
    bool good = S_ISREG(st.st_mode) && (st.st_mode & 0777) == KEY_MODE;
    snprintf(text, sizeof text, "%s %04o", name, (unsigned)(st.st_mode & 07777));
    tell(x, good ? HEALTH_GOOD : HEALTH_BAD, N_("key file"), text,
         good ? "" : _("only its owner may read it: chmod 600"));
}

static bool ends_with_key(const char *name)
{
    size_t len = strlen(name);
    return len > 4 && strcmp(name + len - 4, ".key") == 0;
}

static void check_keys(struct exam *x)
{
    struct stat st;
    char text[16];
    DIR *folder = opendir(x->s->home);
    const struct dirent *entry;
    if (stat(x->s->home, &st) == 0) {
        bool bad = (st.st_mode & HOME_MODE_BAD) != 0;
        snprintf(text, sizeof text, "%04o", (unsigned)(st.st_mode & 07777));
        tell(x, bad ? HEALTH_BAD : HEALTH_GOOD, N_("home folder"), text,
             bad ? _("others may write into it: chmod go-w") : "");
    }
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (ends_with_key(entry->d_name))
            check_key(x, entry->d_name);
    }
    if (folder != NULL)
        closedir(folder);
}

/* A port that the daemon should have: taken while it runs, free while it does not. */
static void check_port(struct exam *x, const char *address, bool running)
{
    char host[CONFIG_ADDRESS_BYTES];
    struct addrinfo *info, hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
    snprintf(host, sizeof host, "%s", address[0] == '[' ? address + 1 : address);
    char *port = strrchr(host, ':');
    if (port == NULL)
        return;
    *port++ = 0;
    if (port[-2] == ']')
        port[-2] = 0;
    if (getaddrinfo(host, port, &hints, &info) != 0)
        return;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool answers = fd >= 0 && connect(fd, info->ai_addr, info->ai_addrlen) == 0;
    freeaddrinfo(info);
    if (fd >= 0)
        close(fd);
    if (answers == running)
        tell(x, HEALTH_GOOD, N_("port"), address, answers ? _("answers") : _("free"));
    else
        tell(x, HEALTH_BAD, N_("port"), address,
             answers ? _("another program has it: change listen in jieli.conf")
                     : _("the node does not answer on it"));
}

static bool daemon_runs(const struct exam *x)
{
    char path[HOME_PATH_BYTES];
    struct ipc_client *c;
    if (config_socket_path(&x->config, x->s->home, path, sizeof path) != OK ||
        ipc_connect(&c, path, 2000) != OK)
        return false;
    ipc_disconnect(c);
    return true;
}

static void check_peers(struct exam *x)
{
    json_t *reply;
    const json_t *peer;
    size_t i, ready = 0;
    char text[64];
    if (session_tell(x->s, json_pack("{s:s}", "op", "peers"), (struct span){NULL, 0}, &reply,
                     NULL) != EXIT_DONE)
        return;
    json_array_foreach(json_object_get(reply, "peers"), i, peer)
        ready += json_is_true(json_object_get(peer, "ready"));
    snprintf(text, sizeof text, _("%zu of %u connected"), ready, x->config.peer_count);
    bool alone = ready == 0 && x->config.peer_count > 0;
    tell(x, alone ? HEALTH_BAD : HEALTH_GOOD, N_("peers"), text,
         alone ? _("cut off: acts are kept and travel later; check the line, or carry a bundle")
               : "");
    json_decref(reply);
}

static void check_daemon(struct exam *x)
{
    bool running = daemon_runs(x);
    tell(x, running ? HEALTH_GOOD : HEALTH_NOTE, N_("node"),
         running ? _("runs") : _("does not run"), running ? "" : _("start it: jielid --home DIR"));
    for (unsigned i = 0; i < x->config.listen_count; i++)
        check_port(x, x->config.listen[i], running);
    if (running)
        check_peers(x);
}

static void check_config(struct exam *x)
{
    char path[HOME_PATH_BYTES], text[CONFIG_ERROR_BYTES + 32];
    struct config_error why = {0};
    enum err err = home_path(path, sizeof path, x->s->home, CONFIG_FILE);
    if (err == OK)
        err = config_read(&x->config, path, &why);
    if (err != OK) {
        config_init(&x->config);
        snprintf(text, sizeof text, "%s:%u: %s", CONFIG_FILE, why.line, why.text);
        tell(x, HEALTH_BAD, N_("configuration"), text, _("correct that line"));
        return;
    }
    tell(x, x->config.has_ledger ? HEALTH_GOOD : HEALTH_NOTE, N_("configuration"), CONFIG_FILE,
         x->config.has_ledger ? "" : _("no ledger is pinned: set ledger = ID"));
}

static int doctor_run(struct session *s)
{
    const char *const heading[] = {"", _("check"), _("found"), _("what to do")};
    struct exam x = {.s = s, .list = json_array()};
    grid_init(&x.grid, 4, heading);
    check_config(&x);
    check_clock(&x);
    check_disk(&x);
    check_keys(&x);
    check_daemon(&x);
    if (s->json)
        session_json(json_pack("{s:O,s:b}", "checks", x.list, "good", !x.bad));
    else
        grid_print(&x.grid, stdout);
    grid_clear(&x.grid);
    json_decref(x.list);
    return x.bad ? EXIT_REFUSED : EXIT_DONE;
}

const struct command cmd_doctor = {
    .name = "doctor",
    .usage = "",
    .summary = N_("clock, disk, ports, peers, key files: what keeps this node from working"),
    .example = "jieli doctor",
    .run = doctor_run,
};
