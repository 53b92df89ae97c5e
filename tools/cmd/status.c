/* How our node stands: its ledger, logs, what is pending or void, and the other nodes. */
#include <stdio.h>
#include <string.h>

#include "tools/cmd/lists.h"
#include "tools/command.h"
#include "tools/dates.h"
#include "tools/grid.h"

static void print_logs(struct session *s, const json_t *logs)
{
    const char *const heading[] = {_("member"), _("id"), _("epoch"), _("entries"),
                                   _("verified"), _("signed head")};
    struct grid g;
    size_t i;
    const json_t *log;
    grid_init(&g, sizeof heading / sizeof heading[0], heading);
    json_array_foreach(logs, i, log) {
        char epoch[24], stored[24], verified[24], head[24];
        snprintf(epoch, sizeof epoch, "%llu", (unsigned long long)number_at(log, "epoch"));
        snprintf(stored, sizeof stored, "%llu", (unsigned long long)number_at(log, "stored"));
        snprintf(verified, sizeof verified, "%llu",
                 (unsigned long long)number_at(log, "verified"));
        snprintf(head, sizeof head, "%llu", (unsigned long long)number_at(log, "head"));
        grid_row(&g, (const char *[]){session_member(s, text_at(log, "member")),
                                      text_at(log, "member"), epoch, stored, verified, head});
    }
    grid_print(&g, stdout);
    grid_clear(&g);
}

/* ---- the other nodes ---- */

struct reason_row { const char *name, *words; };

/* Names of errors and of refused requests, as the node tells them. */
static const struct reason_row REASONS[] = {
    {"ERR_PROTOCOL", N_("speaks no Jieli, or an older one")},
    {"ERR_FORMAT", N_("speaks no Jieli, or an older one")},
    {"ERR_UNAUTHENTIC", N_("its bytes do not open: altered, or another ledger")},
    {"ERR_WRONG_LEDGER", N_("belongs to another ledger")},
    {"ERR_UNKNOWN_MEMBER", N_("not admitted, as far as we know")},
    {"ERR_KEY", N_("its certificate is for another key")},
    {"ERR_SIGNATURE", N_("forged certificate")},
    {"ERR_PROOF", N_("forged certificate or proof")},
    {"ERR_VOID", N_("void certificate")},
    {"ERR_OVERTAKEN", N_("its certificate was replaced by a later one")},
    {"ERR_SUSPENDED", N_("suspended by the convenor")},
    {"ERR_NOTFOUND", N_("an invitation that is over, was revoked, or is not known here")},
    {"ERR_NOT_ENROLLED", N_("no officer of ours has a desk with that key")},
    {"ERR_TOO_LARGE", N_("its messages are over a limit")},
    {"ERR_TIMEOUT", N_("silent for too long")},
    {"ERR_BUSY", N_("too many connections at once")},
    {"ERR_IO", N_("not reachable")},
    {"ERR_CLOSED", N_("closed by the other side")},
    {"ERR_EXISTS", N_("a second connection to the same member")},
    {"unknown-log", N_("it does not know a log that we asked for")},
    {"not-held", N_("it does not hold what we asked for")},
    {"busy", N_("it was busy")},
    {"not-reader", N_("we may not read a part that we asked for")},
};

static const char *reason_words(const char *name)
{
    for (size_t i = 0; i < sizeof REASONS / sizeof REASONS[0]; i++) {
        if (strcmp(REASONS[i].name, name) == 0)
            return _(REASONS[i].words);
    }
    return name;
}

static const char *state_words(const char *state)
{
    if (strcmp(state, "open") == 0)
        return _("connected");
    if (strcmp(state, "opening") == 0)
        return _("connecting");
    return strcmp(state, "waiting") == 0 ? _("not connected") : _("gone");
}

enum { BYTES_TEXT = 24 };

static void bytes_format(uint64_t bytes, char out[BYTES_TEXT])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    unsigned unit = 0;
    while (value >= 1024 && unit + 1 < sizeof units / sizeof units[0]) {
        value /= 1024;
        unit++;
    }
    snprintf(out, BYTES_TEXT, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

static void ms_format(const json_t *peer, const char *key, char out[SPAN_TEXT_BYTES])
{
    out[0] = 0;
    if (json_object_get(peer, key) != NULL)
        span_format(number_at(peer, key) / 1000, out);
}

static void number_format(const json_t *peer, const char *key, char out[BYTES_TEXT])
{
    out[0] = 0;
    if (json_object_get(peer, key) != NULL)
        snprintf(out, BYTES_TEXT, "%llu", (unsigned long long)number_at(peer, key));
}

/* The member, or the address of one not known yet. */
static const char *peer_name(struct session *s, const json_t *peer)
{
    const char *member = text_at(peer, "member");
    return member[0] == 0 ? text_at(peer, "address") : session_member(s, member);
}

static void peer_row(struct session *s, struct grid *g, const json_t *peer)
{
    char since[SPAN_TEXT_BYTES], heard[SPAN_TEXT_BYTES], behind[BYTES_TEXT], lacks[BYTES_TEXT];
    char in[BYTES_TEXT], out[BYTES_TEXT], refusals[BYTES_TEXT];
    ms_format(peer, "connected_for_ms", since);
    ms_format(peer, "heard_ago_ms", heard);
    number_format(peer, "behind", behind);
    number_format(peer, "lacks", lacks);
    bytes_format(number_at(peer, "bytes_in"), in);
    bytes_format(number_at(peer, "bytes_out"), out);
    number_format(peer, "refusals", refusals);
    grid_row(g, (const char *[]){peer_name(s, peer), state_words(text_at(peer, "state")), since,
                                 heard, behind, lacks, in, out, refusals});
}

/* Why it is not connected and when it is dialled next, then what was refused. */
static void peer_reasons(struct session *s, json_t *peer)
{
    char due[SPAN_TEXT_BYTES];
    const char *name, *last = text_at(peer, "last_error");
    json_t *times;
    if (last[0] != 0 && strcmp(text_at(peer, "state"), "waiting") == 0) {
        span_format(number_at(peer, "due_in_ms") / 1000, due);
        printf(_("%s: %s; dialled again in %s\n"), peer_name(s, peer), reason_words(last), due);
    }
    json_object_foreach(json_object_get(peer, "refused"), name, times)
        printf(_("%s: refused %lld times: %s (%s)\n"), peer_name(s, peer),
               (long long)json_integer_value(times), reason_words(name), name);
}

static void print_peers(struct session *s, const json_t *peers, const json_t *folders)
{
    const char *const heading[] = {_("node of"), _("state"), _("connected for"), _("last heard"),
                                   _("we lack"), _("it has not shown"), _("received"), _("sent"),
                                   _("refusals")};
    struct grid g;
    size_t i;
    json_t *peer;
    if (json_array_size(peers) == 0) {
        if (json_array_size(folders) == 0)
            puts(_("\nno other nodes: see listen and peer in jieli.conf"));
        return;
    }
    puts("");
    grid_init(&g, sizeof heading / sizeof heading[0], heading);
    json_array_foreach(peers, i, peer)
        peer_row(s, &g, peer);
    grid_print(&g, stdout);
    grid_clear(&g);
    json_array_foreach(peers, i, peer)
        peer_reasons(s, peer);
}

/* ---- peers that are reached by folders ---- */

static const char *folder_state(const char *state)
{
    if (strcmp(state, "silent") == 0)
        return _("does not answer");
    return strcmp(state, "failed") == 0 ? _("cannot be used") : _("in use");
}

static void folder_reason(json_t *folder)
{
    char since[SPAN_TEXT_BYTES];
    const char *state = text_at(folder, "state"), *path = text_at(folder, "path");
    if (strcmp(state, "silent") == 0) {
        span_format(number_at(folder, "silent_ms") / 1000, since);
        printf(_("%s: no answer for %s: its share or network hangs; repair or remount it, bundles "
                 "then flow by themselves\n"), path, since);
    } else if (strcmp(state, "failed") == 0) {
        printf(_("%s: the last try failed (%s): make it readable and writable for the node, or "
                 "free space; it is tried again\n"), path, text_at(folder, "last_error"));
    }
}

static void print_folders(const json_t *folders)
{
    const char *const heading[] = {_("folder"), _("bundles are"), _("state")};
    struct grid g;
    size_t i;
    json_t *folder;
    if (json_array_size(folders) == 0)
        return;
    puts("");
    grid_init(&g, sizeof heading / sizeof heading[0], heading);
    json_array_foreach(folders, i, folder) {
        bool out = strcmp(text_at(folder, "way"), "out") == 0;
        grid_row(&g, (const char *[]){text_at(folder, "path"), out ? _("written") : _("read"),
                                      folder_state(text_at(folder, "state"))});
    }
    grid_print(&g, stdout);
    grid_clear(&g);
    json_array_foreach(folders, i, folder)
        folder_reason(folder);
}

/* Adds "peers" and "folders" to the answer, null where the node does not run. */
static int add_peers(struct session *s, json_t *answer)
{
    json_t *reply = NULL;
    int code = EXIT_DONE;
    if (session_reaches_daemon(s))
        code = session_tell(s, json_pack("{s:s}", "op", "peers"), (struct span){NULL, 0}, &reply,
                            NULL);
    static const char *const keys[] = {"peers", "folders"};
    for (size_t i = 0; code == EXIT_DONE && i < sizeof keys / sizeof keys[0]; i++) {
        if (reply == NULL)
            json_object_set_new(answer, keys[i], json_null());
        else
            json_object_set(answer, keys[i], json_object_get(reply, keys[i]));
    }
    json_decref(reply);
    return code;
}

static void print_status(struct session *s, const json_t *reply)
{
    const char *member = text_at(reply, "member");
    printf(_("ledger %s\n"), text_at(reply, "ledger"));
    printf(_("domain %s\n"), text_at(reply, "domain"));
    if (member[0] == 0)
        puts(_("our member: not admitted yet, or an observer"));
    else
        printf(_("our member: %s (%s)\n"), session_member(s, member), member);
    printf(_("convenor's log folded to %llu; %llu pending, %llu void, %llu overtaken, "
             "%llu forks\n\n"),
           (unsigned long long)number_at(reply, "folded"),
           (unsigned long long)number_at(reply, "pending"),
           (unsigned long long)number_at(reply, "void"),
           (unsigned long long)number_at(reply, "overtaken"),
           (unsigned long long)number_at(reply, "forks"));
    print_logs(s, json_object_get(reply, "logs"));
    const json_t *peers = json_object_get(reply, "peers");
    const json_t *folders = json_object_get(reply, "folders");
    if (json_is_null(peers)) {
        puts(_("\nthe node does not run: nothing is known of the others; start it: jielid"));
    } else {
        print_peers(s, peers, folders);
        print_folders(folders);
    }
}

static int status_run(struct session *s)
{
    json_t *reply;
    int code = session_ask(s, json_pack("{s:s}", "query", "status"), &reply);
    if (code != EXIT_DONE)
        return code;
    code = add_peers(s, reply);
    if (code == EXIT_DONE && s->json)
        return session_json(reply);
    if (code == EXIT_DONE)
        print_status(s, reply);
    json_decref(reply);
    return code;
}

const struct command cmd_status = {
    .name = "status",
    .usage = "",
    .summary = N_("our node: ledger, logs held, what is pending or void, the other nodes"),
    .example = "jieli status",
    .run = status_run,
};
