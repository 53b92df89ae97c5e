#include "node/logline.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void append(struct logline *line, const char *text, size_t len)
{
    if (line->len + len < sizeof line->text) {
        memcpy(line->text + line->len, text, len);
        line->len += len;
    }
}

static void put_time(struct logline *line)
{
    struct timespec now;
    struct tm utc;
    char text[64];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t len = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    int more = snprintf(text + len, sizeof text - len, ".%03ldZ", now.tv_nsec / 1000000);
    append(line, text, len + (size_t)more);
}

void logline_begin(struct logline *line, const struct logger *logger, enum log_level level,
                   const char *event)
{
    line->logger = logger;
    line->len = 0;
    line->wanted = level <= logger->level;
    if (line->wanted) {
        put_time(line);
        logline_text(line, "level", log_level_name(level));
        logline_text(line, "event", event);
    }
}

static bool plain(const char *value)
{
    for (const char *c = value; *c != '\0'; c++) {
        unsigned char byte = (unsigned char)*c;
        if (byte <= ' ' || byte == '"' || byte == '\\' || byte == '=' || byte == 0x7f) {
            return false;
        }
    }
    return value[0] != '\0';
}

/* Bytes that `c` takes within quotes, written to out. */
static size_t escape(char out[4], unsigned char c)
{
    if (c == '"' || c == '\\') {
        out[0] = '\\';
        out[1] = (char)c;
        return 2;
    }
    if (c < ' ' || c == 0x7f) {
        static const char digits[] = "0123456789abcdef";
        out[0] = '\\';
        out[1] = 'x';
        out[2] = digits[c >> 4];
        out[3] = digits[c & 15];
        return 4;
    }
    out[0] = (char)c;
    return 1;
}

static size_t quote(char *out, size_t room, const char *value)
{
    size_t len = 0;
    out[len++] = '"';
    for (const char *c = value; *c != '\0' && len + 6 < room; c++) {
        len += escape(out + len, (unsigned char)*c);
    }
    out[len++] = '"';
    return len;
}

void logline_text(struct logline *line, const char *key, const char *value)
{
    char field[LOGLINE_BYTES / 2];
    if (!line->wanted) {
        return;
    }
    int n = snprintf(field, sizeof field, " %.40s=", key);
    size_t len = (size_t)n;
    if (plain(value) && strlen(value) < sizeof field - len) {
        memcpy(field + len, value, strlen(value));
        len += strlen(value);
    } else {
        len += quote(field + len, sizeof field - len, value);
    }
    append(line, field, len);
}

void logline_uint(struct logline *line, const char *key, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    logline_text(line, key, text);
}

void logline_hash(struct logline *line, const char *key, const struct hash *value)
{
    char text[2 * HASH_BYTES + 1];
    if (hex_encode(text, sizeof text, span_of(value->b, HASH_BYTES)) == OK) {
        logline_text(line, key, text);
    }
}

void logline_err(struct logline *line, enum err value)
{
    if (value != OK) {
        logline_text(line, "err", err_name(value));
    }
}

void logline_end(struct logline *line)
{
    if (!line->wanted) {
        return;
    }
    line->text[line->len++] = '\n';
    ssize_t written = write(line->logger->fd, line->text, line->len);
    (void)written;
    line->wanted = false;
}
