#include "net/config.h"

#include <ini.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/log/home.h"
#include "ledger/log/member_id.h"
#include "net/address.h"

enum { MAX_VALUE_BYTES = 256 };

struct parse {
    struct config *out;
    const char *at, *end;
    unsigned line, seen;
    unsigned node_line, folder_lines[CONFIG_MAX_FOLDERS];   /* of the sections; 0: none */
    bool failed;
    struct config_error *error;
};

struct key_row {
    const char *section, *name;
    bool repeats;
    bool (*set)(struct parse *p, const char *value);
};

__attribute__((format(printf, 3, 4)))
static bool fail_at(struct parse *p, unsigned line, const char *format, ...)
{
    va_list args;
    if (p->failed && p->error->line <= line) {
        return false;
    }
    p->failed = true;
    p->error->line = line;
    va_start(args, format);
    vsnprintf(p->error->text, sizeof p->error->text, format, args);
    va_end(args);
    return false;
}

#define fail(p, ...) fail_at((p), (p)->line, __VA_ARGS__)

static bool set_member(struct parse *p, const char *value)
{
    size_t len = strlen(value);
    if (!member_id_valid(span_of(value, len))) {
        return fail(p, "member: \"%.40s\" is no member id (a-z, 0-9 and -, a letter first)", value);
    }
    memcpy(p->out->member, value, len + 1);
    return true;
}

static bool set_ledger(struct parse *p, const char *value)
{
    size_t len = 0;
    enum err err = hex_decode(p->out->ledger.b, HASH_BYTES, value, strlen(value), &len);
    if (err != OK || len != HASH_BYTES) {
        return fail(p, "ledger: 64 lower-case hex digits are needed");
    }
    p->out->has_ledger = true;
    return true;
}

static bool address_add_check(struct parse *p, const char *key, const char *text)
{
    enum err err = strlen(text) >= CONFIG_ADDRESS_BYTES ? ERR_CONFIG : address_check(text);
    return err == OK || fail(p, "%s: \"%.60s\" is no numeric address:port", key, text);
}

static bool user_add_check(struct parse *p, const char *key, const char *text)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t len = strlen(text);
    return (len > 0 && len < CONFIG_USER_BYTES && text[0] != '-' && strspn(text, good) == len) ||
           fail(p, "%s: \"%.60s\" is no uid or user name", key, text);
}

struct list {
    char *first;
    size_t stride;
    unsigned max, *count;
    bool (*check)(struct parse *p, const char *key, const char *text);
};

static bool list_add(struct parse *p, const struct list *list, const char *key, const char *item)
{
    if (!list->check(p, key, item)) {
        return false;
    }
    if (*list->count == list->max) {
        return fail(p, "%s: more than %u of them", key, list->max);
    }
    for (unsigned i = 0; i < *list->count; i++) {
        if (strcmp(list->first + i * list->stride, item) == 0) {
            return fail(p, "%s: \"%.60s\" stands twice", key, item);
        }
    }
    strcpy(list->first + *list->count * list->stride, item);
    *list->count += 1;
    return true;
}

static void trim_end(char *text)
{
    size_t len = strlen(text);
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t')) {
        text[--len] = '\0';
    }
}

static bool list_set(struct parse *p, const struct list *list, const char *key, const char *value)
{
    char copy[MAX_VALUE_BYTES];
    char *rest = copy;
    if (strlen(value) >= sizeof copy) {
        return fail(p, "%s: the line is too long, repeat the key instead", key);
    }
    strcpy(copy, value);
    for (char *item = strsep(&rest, ","); item != NULL; item = strsep(&rest, ",")) {
        item += strspn(item, " \t");
        trim_end(item);
        if (!list_add(p, list, key, item)) {
            return false;
        }
    }
    return true;
}

static bool set_listen(struct parse *p, const char *value)
{
    struct list list = {p->out->listen[0], CONFIG_ADDRESS_BYTES, CONFIG_MAX_LISTEN,
                        &p->out->listen_count, address_add_check};
    return list_set(p, &list, "listen", value);
}

static bool set_peer(struct parse *p, const char *value)
{
    struct list list = {p->out->peers[0], CONFIG_ADDRESS_BYTES, PEERS_MAX, &p->out->peer_count,
                        address_add_check};
    return list_set(p, &list, "peer", value);
}

static bool set_allow(struct parse *p, const char *value)
{
    struct list list = {p->out->allow[0], CONFIG_USER_BYTES, CONFIG_MAX_ALLOW,
                        &p->out->allow_count, user_add_check};
    return list_set(p, &list, "allow", value);
}

static bool set_mode(struct parse *p, const char *value)
{
    size_t len = strlen(value);
    if (len < 3 || len > 4 || strspn(value, "01234567") != len) {
        return fail(p, "mode: an octal mode such as 0600 or 0660 is needed");
    }
    unsigned long mode = strtoul(value, NULL, 8);
    if (mode > 0777 || (mode & 0600) != 0600) {
        return fail(p, "mode: from 0600 to 0777, the owner may always read and write");
    }
    p->out->ipc_mode = (unsigned)mode;
    return true;
}

static bool set_socket(struct parse *p, const char *value)
{
    size_t len = strlen(value);
    if (len == 0 || len >= CONFIG_SOCKET_BYTES || strcspn(value, "; \t\r\v\f") != len) {
        return fail(p, "socket: a path of 1 to %d bytes without spaces or semicolons is needed",
                    CONFIG_SOCKET_BYTES - 1);
    }
    memcpy(p->out->socket, value, len + 1);
    return true;
}

static bool set_http(struct parse *p, const char *value)
{
    if (!address_add_check(p, "listen", value)) {
        return false;
    }
    if (!address_is_loopback(value)) {
        return fail(p, "listen: [http] is for this machine alone, an address such as "
                       "127.0.0.1:9311 or [::1]:9311");
    }
    strcpy(p->out->http_listen, value);
    return true;
}

static bool set_run(struct parse *p, const char *value)
{
    size_t len = strlen(value);
    if (value[0] != '/' || len >= CONFIG_PROGRAM_BYTES || strcspn(value, "; \t\r\v\f") != len) {
        return fail(p, "run: the absolute path of one program of at most %d bytes is needed, "
                       "without arguments, spaces or semicolons", CONFIG_PROGRAM_BYTES - 1);
    }
    memcpy(p->out->notify_run, value, len + 1);
    return true;
}

static bool set_level(struct parse *p, const char *value)
{
    for (enum log_level level = LEVEL_ERROR; level <= LEVEL_DEBUG; level++) {
        if (strcmp(value, log_level_name(level)) == 0) {
            p->out->level = level;
            return true;
        }
    }
    return fail(p, "level: error, warn, info or debug, not \"%.40s\"", value);
}

/* The [folder] section being read: check_section has made it. */
static struct config_folder *folder_at(struct parse *p)
{
    return &p->out->folders[p->out->folder_count - 1];
}

static bool path_set(struct parse *p, const char *key, const char *value,
                     char out[CONFIG_PATH_BYTES])
{
    size_t len = strlen(value);
    if (len < 2 || len >= CONFIG_PATH_BYTES || value[0] != '/' || strchr(value, ';') != NULL) {
        return fail(p, "%s: an absolute path of at most %d bytes without ; is needed", key,
                    CONFIG_PATH_BYTES - 1);
    }
    memcpy(out, value, len + 1);
    return true;
}

static bool set_out(struct parse *p, const char *value)
{
    for (unsigned i = 0; i + 1 < p->out->folder_count; i++) {
        if (strcmp(p->out->folders[i].out, value) == 0) {
            return fail(p, "out: \"%.60s\" stands twice", value);
        }
    }
    return path_set(p, "out", value, folder_at(p)->out);
}

static bool set_in(struct parse *p, const char *value)
{
    return path_set(p, "in", value, folder_at(p)->in);
}

static bool number_set(struct parse *p, const char *key, const char *value, unsigned least,
                       unsigned most, unsigned *out)
{
    size_t len = strlen(value);
    unsigned long n = len > 0 && len < 8 && strspn(value, "0123456789") == len
                          ? strtoul(value, NULL, 10) : ULONG_MAX;
    if (n < least || n > most) {
        return fail(p, "%s: a number from %u to %u is needed", key, least, most);
    }
    *out = (unsigned)n;
    return true;
}

static bool set_every(struct parse *p, const char *value)
{
    return number_set(p, "every", value, 1, 86400, &folder_at(p)->every_s);
}

static bool set_again(struct parse *p, const char *value)
{
    return number_set(p, "again", value, 0, 8760, &folder_at(p)->again_h);
}

static const struct key_row KEYS[] = {
    {"node", "member", false, set_member},
    {"node", "ledger", false, set_ledger},
    {"node", "listen", true, set_listen},
    {"node", "peer", true, set_peer},
    {"ipc", "mode", false, set_mode},
    {"ipc", "allow", true, set_allow},
    {"ipc", "socket", false, set_socket},
    {"http", "listen", false, set_http},
    {"notify", "run", false, set_run},
    {"log", "level", false, set_level},
    {"folder", "out", false, set_out},
    {"folder", "in", false, set_in},
    {"folder", "every", false, set_every},
    {"folder", "again", false, set_again},
};
enum { KEY_COUNT = sizeof KEYS / sizeof KEYS[0] };

static bool section_known(const char *name, size_t len)
{
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        if (strlen(KEYS[i].section) == len && memcmp(KEYS[i].section, name, len) == 0) {
            return true;
        }
    }
    return false;
}

static bool key_set(struct parse *p, unsigned i, const char *value)
{
    if ((p->seen & 1u << i) != 0 && !KEYS[i].repeats) {
        return fail(p, "%s stands twice in [%s]", KEYS[i].name, KEYS[i].section);
    }
    p->seen |= 1u << i;
    return KEYS[i].set(p, value);
}

static int on_key(void *user, const char *section, const char *name, const char *value)
{
    struct parse *p = user;
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        if (strcmp(KEYS[i].section, section) == 0 && strcmp(KEYS[i].name, name) == 0) {
            return key_set(p, i, value);
        }
    }
    if (section[0] == '\0') {
        return fail(p, "\"%.40s\" stands before any section", name);
    }
    return fail(p, "unknown key \"%.40s\" in [%.40s]", name, section);
}

/* Each [folder] is one peer, whose keys may stand once in it. */
static void begin_folder(struct parse *p)
{
    struct config *c = p->out;
    if (c->folder_count == CONFIG_MAX_FOLDERS) {
        fail(p, "[folder]: more than %d of them", CONFIG_MAX_FOLDERS);
        return;
    }
    p->folder_lines[c->folder_count] = p->line;
    c->folders[c->folder_count++] = (struct config_folder){.every_s = 60, .again_h = 24};
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        if (strcmp(KEYS[i].section, "folder") == 0) {
            p->seen &= ~(1u << i);
        }
    }
}

static void check_section(struct parse *p, const char *line)
{
    size_t len = strcspn(line + 1, "]");
    if (line[len + 1] != ']') {
        fail(p, "a section ends in ]");
    } else if (!section_known(line + 1, len)) {
        fail(p, "unknown section [%.*s]", (int)(len < 40 ? len : 40), line + 1);
    } else {
        const char *rest = line + len + 2;
        rest += strspn(rest, " \t\r");
        if (*rest != '\0' && *rest != ';') {
            fail(p, "a section stands on its own line");
        } else if (strncmp(line + 1, "folder]", 7) == 0) {
            begin_folder(p);
        } else if (strncmp(line + 1, "node]", 5) == 0 && p->node_line == 0) {
            p->node_line = p->line;
        }
    }
}

/* Hands inih one line without its indentation, which it would take for a continued value. */
static char *next_line(char *out, int room, void *stream)
{
    struct parse *p = stream;
    if (p->failed || p->at == p->end) {
        return NULL;
    }
    const char *newline = memchr(p->at, '\n', (size_t)(p->end - p->at));
    const char *line_end = newline == NULL ? p->end : newline;
    const char *start = p->at;
    while (start < line_end && (*start == ' ' || *start == '\t' || *start == '\r')) {
        start++;
    }
    size_t len = (size_t)(line_end - start);
    p->at = newline == NULL ? p->end : newline + 1;
    p->line++;
    if (memchr(start, '\0', len) != NULL) {
        fail(p, "a zero byte");
    } else if (len + 2 > (size_t)room) {
        fail(p, "the line is longer than %d bytes, repeat the key instead", room - 2);
    } else {
        memcpy(out, start, len);
        out[len] = '\0';
        if (out[0] == '[') {
            check_section(p, out);
        }
    }
    return p->failed ? NULL : out;
}

void config_init(struct config *c)
{
    *c = (struct config){.ipc_mode = 0600, .socket = "jielid.sock", .level = LEVEL_INFO};
}

static enum err check_whole(struct parse *p)
{
    if (!p->failed && p->out->has_ledger == false) {
        fail_at(p, p->node_line, "[node] ledger is missing: the id that the convenor announced");
    }
    if (!p->failed && p->out->member[0] == '\0') {
        fail_at(p, p->node_line, "[node] member is missing: our own member id");
    }
    for (unsigned i = 0; !p->failed && i < p->out->folder_count; i++) {
        if (p->out->folders[i].out[0] == '\0' && p->out->folders[i].in[0] == '\0') {
            fail_at(p, p->folder_lines[i], "[folder] has neither out nor in");
        }
    }
    return p->failed ? ERR_CONFIG : OK;
}

enum err config_parse(struct config *out, struct span text, struct config_error *error)
{
    const char *bytes = (const char *)text.data;
    struct parse p = {.out = out, .at = bytes, .end = bytes, .error = error};
    *error = (struct config_error){0};
    config_init(out);
    if (text.len > CONFIG_MAX_BYTES) {
        fail_at(&p, 0, "larger than %d bytes", CONFIG_MAX_BYTES);
        return ERR_CONFIG;
    }
    p.end = text.len == 0 ? bytes : bytes + text.len;
    int result = ini_parse_stream(next_line, &p, on_key, &p);
    if (result == -2) {
        return ERR_NOMEM;
    }
    if (result > 0) {
        fail_at(&p, (unsigned)result, "neither a [section] nor key = value");
    }
    return check_whole(&p);
}

enum err config_read(struct config *out, const char *path, struct config_error *error)
{
    struct buffer text = {0};
    enum err err = file_read(path, CONFIG_MAX_BYTES, &text);
    if (err == OK) {
        err = config_parse(out, buffer_span(&text), error);
    } else {
        *error = (struct config_error){0};
        snprintf(error->text, sizeof error->text, "%s", err_message(err));
    }
    buffer_clear(&text);
    return err;
}
