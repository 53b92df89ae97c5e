#include "crypto/utf8.h"

static uint32_t utf8_fail(struct reader *r)
{
    r->failed = true;
    return 0;
}

static unsigned continuation_count(uint8_t first)
{
    if (first >= 0xC2 && first <= 0xDF) {
        return 1;
    }
    if (first >= 0xE0 && first <= 0xEF) {
        return 2;
    }
    return first >= 0xF0 && first <= 0xF4 ? 3 : 0;
}

uint32_t utf8_read(struct reader *r)
{
    static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
    uint8_t first = read_u8(r);
    if (r->failed || first < 0x80) {
        return first;
    }
    unsigned more = continuation_count(first);
    if (more == 0) {
        return utf8_fail(r);
    }
    uint32_t point = first & (0x3Fu >> more);
    for (unsigned i = 0; i < more; i++) {
        uint8_t next = read_u8(r);
        if ((next & 0xC0) != 0x80) {
            return utf8_fail(r);
        }
        point = point << 6 | (next & 0x3F);
    }
    bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    return point < smallest[more] || point > 0x10FFFF || surrogate ? utf8_fail(r) : point;
}

static bool continues(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

/* The whole text is mostly Chinese or ASCII: E3 to EC begin what is valid whatever continues it. */
bool utf8_check(struct span text)
{
    struct reader r;
    reader_init(&r, text);
    while (reader_left(&r) > 0) {
        const uint8_t first = *r.at;
        if (first < 0x80) {
            r.at++;
        } else if (first >= 0xE3 && first <= 0xEC && reader_left(&r) > 2 && continues(r.at[1]) &&
                   continues(r.at[2])) {
            r.at += 3;
        } else {
            utf8_read(&r);
        }
    }
    return !r.failed;
}
