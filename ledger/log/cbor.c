#include "ledger/log/cbor.h"

#include <assert.h>
#include <string.h>

#include "crypto/limits.h"
#include "crypto/utf8.h"

enum { HEAD_FALSE = 0xF4, HEAD_TRUE = 0xF5 };

void cbor_init(struct cbor *c, struct span bytes)
{
    reader_init(&c->r, bytes);
    c->err = OK;
}

void cbor_fail(struct cbor *c, enum err err)
{
    if (c->err == OK)
        c->err = err;
}

/* The argument of a head, refused unless in its shortest form (RFC 8949 §4.2.1). */
static uint64_t argument(struct cbor *c, unsigned info)
{
    uint64_t value, least;
    switch (info) {
    case 24: value = read_u8(&c->r); least = 24; break;
    case 25: value = read_u16(&c->r); least = UINT64_C(1) << 8; break;
    case 26: value = read_u32(&c->r); least = UINT64_C(1) << 16; break;
    case 27: value = read_u64(&c->r); least = UINT64_C(1) << 32; break;
    default: value = info; least = info < 24 ? 0 : UINT64_MAX; break;
    }
    if (c->r.failed)
        cbor_fail(c, ERR_TRUNCATED);
    else if (value < least)
        cbor_fail(c, ERR_FORMAT);
    return c->err == OK ? value : 0;
}

static bool head_any(struct cbor *c, enum cbor_type *type, uint64_t *arg)
{
    *type = CBOR_UINT;
    *arg = 0;
    if (c->err != OK)
        return false;
    uint8_t first = read_u8(&c->r);
    *type = (enum cbor_type)(first >> 5);
    if (c->r.failed)
        cbor_fail(c, ERR_TRUNCATED);
    else if (*type != CBOR_BOOL)
        *arg = argument(c, first & 31u);
    else if (first == HEAD_FALSE || first == HEAD_TRUE)
        *arg = first == HEAD_TRUE;
    else
        cbor_fail(c, ERR_FORMAT);
    return c->err == OK;
}

static uint64_t head_slowly(struct cbor *c, enum cbor_type want)
{
    enum cbor_type type;
    uint64_t arg;
    if (!head_any(c, &type, &arg))
        return 0;
    if (type == want)
        return arg;
    cbor_fail(c, ERR_FORMAT);
    return 0;
}

/* Nearly every head has its argument in itself or in the byte behind it. */
static inline uint64_t head(struct cbor *c, enum cbor_type want)
{
    const uint8_t *at = c->r.at;
    if (c->err == OK && reader_left(&c->r) > 1 && at[0] >> 5 == want && want != CBOR_BOOL) {
        const unsigned info = at[0] & 31u;
        if (info < 24) {
            c->r.at = at + 1;
            return info;
        }
        if (info == 24 && at[1] >= 24) {
            c->r.at = at + 2;
            return at[1];
        }
    }
    return head_slowly(c, want);
}

static struct span content(struct cbor *c, uint64_t len)
{
    if (c->err == OK && len > reader_left(&c->r))
        cbor_fail(c, ERR_TRUNCATED);
    return c->err == OK ? read_span(&c->r, (size_t)len) : (struct span){NULL, 0};
}

bool cbor_text_valid(struct span text)
{
    return text.len == 0 || (memchr(text.data, 0, text.len) == NULL && utf8_check(text));
}

static struct span text_content(struct cbor *c, uint64_t len)
{
    struct span text = content(c, len);
    if (c->err == OK && !cbor_text_valid(text))
        cbor_fail(c, ERR_FORMAT);
    return c->err == OK ? text : (struct span){NULL, 0};
}

/* `count` elements of at least `each` bytes must still fit into the input. */
static uint64_t counted(struct cbor *c, uint64_t count, uint64_t max, size_t each)
{
    if (count > max)
        cbor_fail(c, ERR_TOO_LARGE);
    else if (count > reader_left(&c->r) / each)
        cbor_fail(c, ERR_TRUNCATED);
    return c->err == OK ? count : 0;
}

bool cbor_peek(struct cbor *c, enum cbor_type *type)
{
    if (c->err != OK || reader_left(&c->r) == 0)
        return false;
    uint8_t first = *c->r.at;
    *type = (enum cbor_type)(first >> 5);
    if (*type == CBOR_BOOL && first != HEAD_FALSE && first != HEAD_TRUE)
        cbor_fail(c, ERR_FORMAT);
    return c->err == OK;
}

uint64_t cbor_uint(struct cbor *c)
{
    return head(c, CBOR_UINT);
}

int64_t cbor_int(struct cbor *c)
{
    const bool negative = reader_left(&c->r) > 0 && *c->r.at >> 5 == CBOR_NEGINT;
    const uint64_t arg = head(c, negative ? CBOR_NEGINT : CBOR_UINT);
    if (arg > INT64_MAX)
        cbor_fail(c, ERR_RANGE);
    if (c->err != OK)
        return 0;
    return negative ? -1 - (int64_t)arg : (int64_t)arg;
}

bool cbor_bool(struct cbor *c)
{
    return head(c, CBOR_BOOL) != 0;
}

struct span cbor_bytes(struct cbor *c)
{
    return content(c, head(c, CBOR_BYTES));
}

struct span cbor_text(struct cbor *c)
{
    return text_content(c, head(c, CBOR_TEXT));
}

uint64_t cbor_array(struct cbor *c, uint64_t max)
{
    return counted(c, head(c, CBOR_ARRAY), max, 1);
}

uint64_t cbor_map(struct cbor *c, uint64_t max)
{
    return counted(c, head(c, CBOR_MAP), max, 2);
}

uint64_t cbor_tag(struct cbor *c)
{
    return head(c, CBOR_TAG);
}

/* An array, map or tag that is still open while an item is walked. */
struct level { uint64_t left; bool map; struct span key; };

/* RFC 8949 §4.2.1: keys in bytewise order of their encodings; here only integers and strings. */
static void key_check(struct cbor *c, struct level *map, enum cbor_type type, struct span key)
{
    size_t common = key.len < map->key.len ? key.len : map->key.len;
    int order = common > 0 ? memcmp(map->key.data, key.data, common) : 0;
    if (type > CBOR_TEXT || order > 0 || (order == 0 && map->key.len >= key.len))
        cbor_fail(c, ERR_FORMAT);
    map->key = key;
}

/* Elements that follow a head: 0 for what is complete once its content was read. */
static uint64_t elements(struct cbor *c, enum cbor_type type, uint64_t arg)
{
    switch (type) {
    case CBOR_BYTES: content(c, arg); return 0;
    case CBOR_TEXT: text_content(c, arg); return 0;
    case CBOR_ARRAY: return counted(c, arg, UINT64_MAX, 1);
    case CBOR_MAP: return 2 * counted(c, arg, UINT64_MAX, 2);
    case CBOR_TAG: return counted(c, 1, 1, 1);
    case CBOR_UINT:
    case CBOR_NEGINT:
    case CBOR_BOOL: return 0;
    }
    return 0;
}

static void walk(struct cbor *c)
{
    struct level open[CBOR_MAX_DEPTH];
    unsigned depth = 0;
    do {
        const uint8_t *start = c->r.at;
        enum cbor_type type;
        uint64_t arg;
        if (!head_any(c, &type, &arg))
            return;
        uint64_t left = elements(c, type, arg);
        struct level *top = depth > 0 ? &open[depth - 1] : NULL;
        if (c->err == OK && top != NULL && top->map && top->left % 2 == 0)
            key_check(c, top, type, span_of(start, (size_t)(c->r.at - start)));
        bool opens = type == CBOR_ARRAY || type == CBOR_MAP || type == CBOR_TAG;
        if (opens && depth == CBOR_MAX_DEPTH)
            cbor_fail(c, ERR_TOO_LARGE);
        else if (left > 0)
            open[depth++] = (struct level){left, type == CBOR_MAP, {NULL, 0}};
        else
            while (depth > 0 && --open[depth - 1].left == 0)
                depth--;
    } while (depth > 0 && c->err == OK);
}

struct span cbor_item(struct cbor *c)
{
    const uint8_t *start = c->r.at;
    if (c->err == OK)
        walk(c);
    return c->err == OK ? span_of(start, (size_t)(c->r.at - start)) : (struct span){NULL, 0};
}

uint64_t cbor_key(struct cbor *c, int64_t *previous)
{
    uint64_t key = cbor_uint(c);
    if (key > INT64_MAX)
        cbor_fail(c, ERR_RANGE);
    else if (c->err == OK && (int64_t)key <= *previous)
        cbor_fail(c, ERR_FORMAT);
    if (c->err != OK)
        return 0;
    *previous = (int64_t)key;
    return key;
}

enum err cbor_end(const struct cbor *c)
{
    if (c->err != OK)
        return c->err;
    return reader_left(&c->r) == 0 ? OK : ERR_FORMAT;
}

void cbor_string(struct cbor *c, char *out, size_t out_bytes)
{
    assert(out_bytes > 0);
    struct span text = cbor_text(c);
    out[0] = 0;
    if (text.len >= out_bytes) {
        cbor_fail(c, ERR_TOO_LARGE);
        return;
    }
    if (text.len > 0)
        memcpy(out, text.data, text.len);
    out[text.len] = 0;
}

void cbor_tagged(struct cbor *c, uint8_t alg, uint8_t out[32])
{
    struct span tagged = cbor_bytes(c);
    if (c->err == OK && tagged.len != TAGGED_BYTES)
        cbor_fail(c, ERR_FORMAT);
    else if (c->err == OK && tagged.data[0] != alg)
        cbor_fail(c, ERR_UNSUPPORTED);
    if (c->err == OK)
        memcpy(out, tagged.data + 1, 32);
    else
        memset(out, 0, 32);
}

void cbor_fixed(struct cbor *c, void *out, size_t len)
{
    struct span bytes = cbor_bytes(c);
    if (c->err == OK && bytes.len != len)
        cbor_fail(c, ERR_FORMAT);
    if (len == 0)
        return;
    if (c->err == OK)
        memcpy(out, bytes.data, len);
    else
        memset(out, 0, len);
}

enum err cbor_check(struct span bytes)
{
    struct cbor c;
    cbor_init(&c, bytes);
    cbor_item(&c);
    return cbor_end(&c);
}
