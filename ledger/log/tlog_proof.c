#include "ledger/log/tlog_proof.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FIRST_LINE "c2sp.org/tlog-proof@v1\n"
#define INDEX_WORD "index "
enum { HASH_CHARS = BASE64_CHARS(HASH_BYTES) - 1, DIGITS_MAX = 20 };

/* One line without its end. */
static bool line_take(struct reader *r, struct span *line)
{
    const uint8_t *end = memchr(r->at, '\n', reader_left(r));
    if (r->failed || end == NULL)
        return false;
    *line = span_of(r->at, (size_t)(end - r->at));
    r->at = end + 1;
    return true;
}

static enum err index_read(struct span line, uint64_t *out)
{
    const size_t word = strlen(INDEX_WORD);
    if (line.len <= word || line.len > word + DIGITS_MAX - 1 ||
        memcmp(line.data, INDEX_WORD, word) != 0)
        return ERR_FORMAT;
    const uint8_t *digits = line.data + word;
    if (digits[0] == '0' && line.len > word + 1)
        return ERR_FORMAT;
    *out = 0;
    for (size_t i = 0; i < line.len - word; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return ERR_FORMAT;
        *out = *out * 10 + (uint64_t)(digits[i] - '0');
    }
    return OK;
}

static enum err hash_read(struct span line, struct proof *proof)
{
    size_t len;
    if (proof->count == PROOF_MAX_HASHES)
        return ERR_TOO_LARGE;
    if (line.len != HASH_CHARS)
        return ERR_FORMAT;
    return base64_decode(proof->hashes[proof->count++].b, HASH_BYTES, (const char *)line.data,
                         line.len, &len);
}

enum err tlog_proof_decode(struct tlog_proof *out, struct span text)
{
    struct reader r;
    struct span line;
    const size_t first = strlen(FIRST_LINE);
    out->proof.count = 0;
    if (text.len < first || memcmp(text.data, FIRST_LINE, first) != 0)
        return ERR_FORMAT;
    reader_init(&r, span_of(text.data + first, text.len - first));
    if (!line_take(&r, &line))
        return ERR_TRUNCATED;
    enum err err = index_read(line, &out->index);
    while (err == OK) {
        if (!line_take(&r, &line))
            return ERR_TRUNCATED;
        if (line.len == 0)
            break;
        err = hash_read(line, &out->proof);
    }
    out->note = span_of(r.at, reader_left(&r));
    return err == OK && out->note.len == 0 ? ERR_TRUNCATED : err;
}

static enum err text_put(struct buffer *out, const char *text)
{
    return buffer_put(out, text, strlen(text));
}

enum err tlog_proof_encode(const struct tlog_proof *p, struct buffer *out)
{
    char line[sizeof INDEX_WORD + DIGITS_MAX + 1], hash[HASH_CHARS + 1];
    size_t before = out->len;
    snprintf(line, sizeof line, INDEX_WORD "%" PRIu64 "\n", p->index);
    enum err err = text_put(out, FIRST_LINE);
    if (err == OK)
        err = text_put(out, line);
    for (unsigned i = 0; err == OK && i < p->proof.count; i++) {
        err = base64_encode(hash, sizeof hash, span_of(p->proof.hashes[i].b, HASH_BYTES));
        if (err == OK)
            err = text_put(out, hash);
        if (err == OK)
            err = buffer_put_u8(out, '\n');
    }
    if (err == OK)
        err = buffer_put_u8(out, '\n');
    if (err == OK)
        err = buffer_put(out, p->note.data, p->note.len);
    if (err != OK)
        out->len = before;
    return err;
}
