#include <dirent.h>
#include <errno.h>
#include <netdb.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "ledger/log/home.h"
#include "tools/command.h"
#include "tools/desk.h"
#include "tools/grid.h"
#include "tools/home_open.h"

/* Below this much the node is close to refusing acts. */
#define FREE_LEAST_BYTES (UINT64_C(1) << 30)
/* Earlier than any Jieli was built: the clock was never set. */
#define CLOCK_LEAST_S INT64_C(1735689600)
/* The node refuses acts claimed more than a day before the last one of its log. */
enum { CLOCK_ZONE_S = 8 * 3600, CLOCK_NEAR_S = 60, DAY_S = 86400 };
enum { KEY_MODE = 0600, HOME_MODE_BAD = 0022 };

enum health { HEALTH_GOOD, HEALTH_NOTE, HEALTH_BAD };

struct exam {
    struct session *s;
    struct config config;
    struct grid grid;
    json_t *list;
    struct ledger *ledger;             /* NULL where ledger_err is not OK */
    const struct log *own;             /* our own log; NULL: none held */
    enum err ledger_err;
    bool bad;
};

/* The words of a screen; with --json they are data and stay English. */
static const char *say(const struct exam *x, const char *english)
{
    return x->s->json || english[0] == 0 ? english : _(english);
}

/* `what` and `hint` are English and N_() marked, `found` is said already. */
static void tell(struct exam *x, enum health health, const char *what, const char *found,
                 const char *hint)
{
    static const char *const names[] = {"good", "note", "bad"};
    const char *const words[] = {_("good"), _("note"), _("BAD")};
    x->bad = x->bad || health == HEALTH_BAD;
    if (x->s->json)
        json_array_append_new(x->list, json_pack("{s:s,s:s,s:s,s:s}", "check", what, "health",
                                                 names[health], "found", found, "hint", hint));
    grid_row(&x->grid, (const char *[]){words[health], _(what), found, say(x, hint)});
}

/* A figure of the check just told, for machines. */
static void tell_number(struct exam *x, const char *name, uint64_t value)
{
    size_t count = json_array_size(x->list);
    if (count > 0)
        json_object_set_new(json_array_get(x->list, count - 1), name,
                            json_integer((json_int_t)value));
}

/* A second of the clock as people of the committee write it, whatever the machine's zone. */
static void clock_format(time_t now, char out[64])
{
    time_t local = now + CLOCK_ZONE_S;
    struct tm tm;
    gmtime_r(&local, &tm);
    strftime(out, 64, "%Y-%m-%d %H:%M:%S UTC+8", &tm);
}

/* Claimed time of the last act of our own log; 0: none, or not to be seen from here. */
static uint64_t last_act_s(struct exam *x)
{
    struct span bytes;
    struct entry *e = calloc(1, sizeof *e);
    uint64_t time_s = 0;
    const struct log *own = x->own;
    if (e != NULL && own != NULL && own->frontier.size > 0 &&
        log_read(ledger_txn(x->ledger), own->no, own->frontier.size - 1, &bytes) == OK &&
        entry_decode(e, bytes) == OK)
        time_s = e->time_s;
    free(e);
    return time_s;
}

static void check_clock(struct exam *x)
{
    char text[64], path[HOME_PATH_BYTES];
    struct stat st;
    time_t now = time(NULL);
    clock_format(now, text);
    uint64_t last_s = last_act_s(x);
    bool back = home_path(path, sizeof path, x->s->home, "db/data.mdb") == OK &&
                stat(path, &st) == 0 && st.st_mtime > now + 60;
    if (now < CLOCK_LEAST_S || back)
        tell(x, HEALTH_BAD, N_("clock"), text,
             N_("the clock stands before what was written: set it"));
    else
        tell(x, HEALTH_GOOD, N_("clock"), text, "");
    tell_number(x, "now_s", (uint64_t)now);
    if (last_s <= (uint64_t)now + CLOCK_NEAR_S)
        return;
    bool refused = last_s > (uint64_t)now + DAY_S;
    clock_format((time_t)last_s, text);
    tell(x, refused ? HEALTH_BAD : HEALTH_NOTE, N_("last act of our log"), text,
         refused ? N_("it is written ahead of this clock, so acts are refused: set the clock; "
                      "where the clock is right, acts are taken again a day before that time")
                 : N_("it is written ahead of this clock: compare the clocks"));
    tell_number(x, "last_act_s", last_s);
}

/* Our own log beside what was published of it, and beside other histories of it that were seen. */
static void check_own_log(struct exam *x)
{
    struct span notes[2];
    struct proof proof;
    if (x->ledger_err == ERR_CORRUPT)
        tell(x, HEALTH_BAD, N_("ledger"), "db/data.mdb",
             N_("damaged or cut short: check disk and memory, then `jieli audit`; put no old copy "
                "over this home"));
    else if (x->ledger_err != OK && x->ledger_err != ERR_NOTFOUND)
        tell(x, HEALTH_BAD, N_("ledger"), say(x, err_message(x->ledger_err)),
             N_("`jielid --check` names the file"));
    if (x->own == NULL)
        return;
    enum err err = ledger_own_look(x->ledger, &x->own->node_key);
    if (log_fork_get(ledger_txn(x->ledger), x->own->no, 0, notes, &proof) == OK)
        err = ERR_FORK;
    if (err == OK || err == ERR_GAP)
        tell(x, HEALTH_GOOD, N_("our own log"), err == OK ? "" : say(x, N_("being fetched back")),
             "");
    else if (err == ERR_FORK)
        tell(x, HEALTH_BAD, N_("our own log"), say(x, N_("two histories of it are proven")),
             N_("leave this home as it is and call the convenor: `jieli blindspots`, kind 14"));
    else if (err == ERR_ROLLBACK)
        tell(x, HEALTH_BAD, N_("our own log"), say(x, N_("older than what was published")),
             N_("it signs nothing: put back the newest copy of the home, never delete last-head, "
                "tell the convenor"));
    else
        tell(x, HEALTH_BAD, N_("our own log"), say(x, err_message(err)),
             N_("check disk and memory, then `jieli audit`"));
}

static void open_ledger(struct exam *x)
{
    const struct ledger_options options = {
        .home = x->s->home,
        .pinned = x->config.has_ledger ? &x->config.ledger : NULL,
        .member = x->config.member[0] == 0 ? NULL : x->config.member,
        .mode = LEDGER_READ,
    };
    x->ledger_err = ledger_open(&x->ledger, &options);
    if (x->ledger_err != OK)
        return;
    struct member_no self = ledger_self(x->ledger);
    for (unsigned i = 0; self.v != MEMBER_NONE && ledger_log_at(x->ledger, i) != NULL; i++) {
        const struct log *log = ledger_log_at(x->ledger, i);
        if (strcmp(log->member, x->config.member) == 0)
            x->own = log;
    }
}

static void check_disk(struct exam *x)
{
    struct statvfs fs;
    char text[64];
    if (statvfs(x->s->home, &fs) != 0) {
        tell(x, HEALTH_BAD, N_("disk"), strerror(errno), N_("give --home DIR or set JIELI_HOME"));
        return;
    }
    uint64_t room = (uint64_t)fs.f_bavail * fs.f_frsize;
    snprintf(text, sizeof text, say(x, N_("%llu MiB free")), (unsigned long long)(room >> 20));
    tell(x, room < FREE_LEAST_BYTES ? HEALTH_BAD : HEALTH_GOOD, N_("disk"), text,
         room < FREE_LEAST_BYTES ? N_("make room: a full disk refuses every act") : "");
    tell_number(x, "free_bytes", room);
}

static void check_key(struct exam *x, const char *name)
{
    char path[HOME_PATH_BYTES], text[NAME_MAX + 8];
    struct stat st;
    if (home_path(path, sizeof path, x->s->home, name) != OK)
        return;
    if (lstat(path, &st) != 0) {
        if (strcmp(name, "node.key") == 0)
            tell(x, HEALTH_NOTE, N_("node key"), say(x, N_("not in the home")),
                 N_("fine where the service manager hands it over"));
        return;
    }
    bool good = S_ISREG(st.st_mode) && (st.st_mode & 0777) == KEY_MODE;
    snprintf(text, sizeof text, "%s %04o", name, (unsigned)(st.st_mode & 07777));
    tell(x, good ? HEALTH_GOOD : HEALTH_BAD, N_("key file"), text,
         good ? "" : N_("only its owner may read it: chmod 600"));
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
             bad ? N_("others may write into it: chmod go-w") : "");
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
        tell(x, HEALTH_GOOD, N_("port"), address, answers ? N_("answers") : N_("free"));
    else
        tell(x, HEALTH_BAD, N_("port"), address,
             answers ? N_("another program has it: change listen in jieli.conf")
                     : N_("the node does not answer on it"));
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

static bool admitted(const struct exam *x)
{
    return x->ledger != NULL && ledger_self(x->ledger).v != MEMBER_NONE;
}

static void check_sessions(struct exam *x, const char *state)
{
    if (state == NULL)
        return;
    if (strcmp(state, "ready") == 0)
        tell(x, HEALTH_GOOD, N_("sessions"), _("certified"), "");
    else if (strcmp(state, "uncertified") == 0)
        tell(x, HEALTH_NOTE, N_("sessions"), _("not certified: no other node is reached"),
             admitted(x) ? _("certify it: jieli init --key ADMINISTRATOR")
                         : _("apply the convenor's bundle, then jieli init"));
    else
        tell(x, HEALTH_BAD, N_("sessions"), _("transport.key is not the certified key"),
             _("put the certified transport.key back, then wait a moment"));
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
    check_sessions(x, json_string_value(json_object_get(reply, "sessions")));
    json_array_foreach(json_object_get(reply, "peers"), i, peer)
        ready += json_is_true(json_object_get(peer, "ready"));
    snprintf(text, sizeof text, say(x, N_("%zu of %u connected")), ready, x->config.peer_count);
    bool alone = ready == 0 && x->config.peer_count > 0;
    tell(x, alone ? HEALTH_BAD : HEALTH_GOOD, N_("peers"), text,
         alone ? N_("cut off: acts are kept and travel later; check the line, or carry a bundle")
               : "");
    json_decref(reply);
}

static void check_daemon(struct exam *x)
{
    bool running = daemon_runs(x);
    tell(x, running ? HEALTH_GOOD : HEALTH_NOTE, N_("node"),
         say(x, running ? N_("runs") : N_("does not run")),
         running ? "" : N_("start it: jielid --home DIR"));
    for (unsigned i = 0; i < x->config.listen_count; i++)
        check_port(x, x->config.listen[i], running);
    if (running)
        check_peers(x);
}

static void check_config(struct exam *x)
{
    char path[HOME_PATH_BYTES], place[CONFIG_PLACE_BYTES], text[CONFIG_ERROR_BYTES + 40];
    struct config_error why = {0};
    enum err err = home_path(path, sizeof path, x->s->home, CONFIG_FILE);
    if (err == OK)
        err = config_read(&x->config, path, &why);
    if (err != OK) {
        config_init(&x->config);
        if (err == ERR_NOTFOUND) {
            tell(x, HEALTH_BAD, N_("configuration"), path, N_("give --home DIR or set JIELI_HOME"));
            return;
        }
        config_error_place(&why, CONFIG_FILE, place);
        snprintf(text, sizeof text, "%.32s: %s", place, why.text);
        tell(x, HEALTH_BAD, N_("configuration"), text, N_("correct that line"));
        return;
    }
    tell(x, x->config.has_ledger ? HEALTH_GOOD : HEALTH_NOTE, N_("configuration"), CONFIG_FILE,
         x->config.has_ledger ? "" : N_("no ledger is pinned: set ledger = ID"));
}

static int doctor_run(struct session *s)
{
    const char *const heading[] = {"", _("check"), _("found"), _("what to do")};
    struct exam x = {.s = s, .list = NULL};
    if (desk_node(&s->args) != NULL)
        return session_usage(s, _("this command works on the node's own computer"), NULL);
    x.list = json_array();
    grid_init(&x.grid, 4, heading);
    check_config(&x);
    open_ledger(&x);
    check_clock(&x);
    check_disk(&x);
    check_own_log(&x);
    check_keys(&x);
    check_daemon(&x);
    if (s->json)
        session_json(json_pack("{s:O,s:b}", "checks", x.list, "good", !x.bad));
    else
        grid_print(&x.grid, stdout);
    grid_clear(&x.grid);
    ledger_close(x.ledger);
    json_decref(x.list);
    return x.bad ? EXIT_REFUSED : EXIT_DONE;
}

const struct command cmd_doctor = {
    .name = "doctor",
    .usage = "",
    .summary = N_("clock, disk, ports, peers, key files: what keeps this node from working"),
    .example = "jieli doctor",
    .at_home = true,
    .run = doctor_run,
};
