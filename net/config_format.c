#include "net/config.h"

#include <stdarg.h>
#include <stdio.h>

#include "ledger/log/home.h"

const char *log_level_name(enum log_level level)
{
    switch (level) {
    case LEVEL_ERROR: return "error";
    case LEVEL_WARN: return "warn";
    case LEVEL_INFO: return "info";
    case LEVEL_DEBUG: return "debug";
    }
    return "info";
}

void config_error_place(const struct config_error *error, const char *path,
                        char out[CONFIG_PLACE_BYTES])
{
    char line[16] = "";
    if (error->line > 0) {
        snprintf(line, sizeof line, ":%u", error->line);
    }
    snprintf(out, CONFIG_PLACE_BYTES, "%.4095s%s", path, line);
}

__attribute__((format(printf, 2, 3)))
static enum err put(struct buffer *out, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof text) {
        return ERR_TOO_LARGE;
    }
    return buffer_put(out, text, (size_t)n);
}

static enum err put_each(struct buffer *out, const char *key, const char *first, size_t stride,
                         unsigned count)
{
    enum err err = OK;
    for (unsigned i = 0; err == OK && i < count; i++) {
        err = put(out, "%s = %s\n", key, first + i * stride);
    }
    return err;
}

static enum err format_node(const struct config *c, struct buffer *out)
{
    char hex[2 * HASH_BYTES + 1];
    enum err err = put(out, "[node]\n; own member id\n");
    if (err == OK && c->member[0] != '\0') {
        err = put(out, "member = %s\n", c->member);
    }
    if (err == OK) {
        err = put(out, "; id of the ledger, as the convenor announced it\n");
    }
    if (err == OK && c->has_ledger) {
        err = hex_encode(hex, sizeof hex, span_of(c->ledger.b, HASH_BYTES));
    }
    if (err == OK && c->has_ledger) {
        err = put(out, "ledger = %s\n", hex);
    }
    if (err == OK) {
        err = put(out, "; addresses to listen on and nodes to keep in touch with, may repeat\n");
    }
    if (err == OK) {
        err = put_each(out, "listen", c->listen[0], CONFIG_ADDRESS_BYTES, c->listen_count);
    }
    return err != OK ? err
                     : put_each(out, "peer", c->peers[0], CONFIG_ADDRESS_BYTES, c->peer_count);
}

static enum err format_ipc(const struct config *c, struct buffer *out)
{
    enum err err = put(out, "\n[ipc]\n; mode of the socket, and who of those may use it\n"
                            "mode = %04o\n", c->ipc_mode);
    if (err == OK) {
        err = put_each(out, "allow", c->allow[0], CONFIG_USER_BYTES, c->allow_count);
    }
    return err != OK ? err : put(out, "socket = %s\n", c->socket);
}

static enum err format_watch(const struct config *c, struct buffer *out)
{
    enum err err = OK;
    if (c->http_listen[0] != '\0') {
        err = put(out, "\n[http]\n; metrics and health, for this machine alone\nlisten = %s\n",
                  c->http_listen);
    }
    if (err == OK && c->notify_run[0] != '\0') {
        err = put(out, "\n[notify]\n; gets one event on its standard input\nrun = %s\n",
                  c->notify_run);
    }
    return err;
}

static enum err format_folder(const struct config_folder *f, struct buffer *out)
{
    enum err err = put(out, "\n[folder]\n; bundles written and read by themselves; at most one in "
                            "`every` seconds,\n; what is not acknowledged once more after `again` "
                            "hours\n");
    if (err == OK && f->out[0] != '\0') {
        err = put(out, "out = %s\n", f->out);
    }
    if (err == OK && f->in[0] != '\0') {
        err = put(out, "in = %s\n", f->in);
    }
    return err != OK ? err : put(out, "every = %u\nagain = %u\n", f->every_s, f->again_h);
}

enum err config_format(const struct config *c, struct buffer *out)
{
    enum err err = format_node(c, out);
    if (err == OK) {
        err = format_ipc(c, out);
    }
    if (err == OK) {
        err = format_watch(c, out);
    }
    if (err == OK) {
        err = put(out, "\n[log]\n; error, warn, info or debug\nlevel = %s\n",
                  log_level_name(c->level));
    }
    for (unsigned i = 0; err == OK && i < c->folder_count; i++) {
        err = format_folder(&c->folders[i], out);
    }
    return err;
}

enum err config_write(const struct config *c, const char *home)
{
    char path[HOME_PATH_BYTES];
    struct buffer text = {0};
    enum err err = home_path(path, sizeof path, home, CONFIG_FILE);
    if (err == OK) {
        err = config_format(c, &text);
    }
    if (err == OK) {
        err = file_replace(path, buffer_span(&text), 0600);
    }
    buffer_clear(&text);
    return err;
}

enum err config_socket_path(const struct config *c, const char *home, char *out,
                            size_t out_bytes)
{
    if (c->socket[0] != '/') {
        return home_path(out, out_bytes, home, c->socket);
    }
    int n = snprintf(out, out_bytes, "%s", c->socket);
    return n < 0 || (size_t)n >= out_bytes ? ERR_TOO_LARGE : OK;
}
