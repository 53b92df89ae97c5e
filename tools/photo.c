#include "tools/photo.h"

enum jpeg_marker { JPEG_RST0 = 0xd0, JPEG_RST7 = 0xd7, JPEG_SOI = 0xd8, JPEG_EOI = 0xd9,
                   JPEG_SOS = 0xda, JPEG_APP1 = 0xe1, JPEG_APP13 = 0xed, JPEG_COMMENT = 0xfe };

static bool tells(uint8_t marker)
{
    return marker == JPEG_APP1 || marker == JPEG_APP13 || marker == JPEG_COMMENT;
}

/* Compressed data after a scan's head, up to the next marker. */
static size_t scan_len(const uint8_t *at, size_t left)
{
    size_t i = 0;
    while (i + 1 < left) {
        bool stuffed = at[i + 1] == 0 || (at[i + 1] >= JPEG_RST0 && at[i + 1] <= JPEG_RST7);
        if (at[i] == 0xff && !stuffed && at[i + 1] != 0xff)
            return i;
        i += at[i] == 0xff && stuffed ? 2 : 1;
    }
    return left;
}

static enum err put_segment(struct reader *r, uint8_t marker, struct buffer *out)
{
    uint16_t len = read_u16(r);
    struct span body = read_span(r, len < 2 ? SIZE_MAX : (size_t)len - 2);
    if (r->failed)
        return ERR_TRUNCATED;
    if (tells(marker))
        return OK;
    const uint8_t head[4] = {0xff, marker, (uint8_t)(len >> 8), (uint8_t)len};
    enum err err = buffer_put(out, head, sizeof head);
    if (err == OK)
        err = buffer_put(out, body.data, body.len);
    if (err != OK || marker != JPEG_SOS)
        return err;
    struct span scan = read_span(r, scan_len(r->at, reader_left(r)));
    return buffer_put(out, scan.data, scan.len);
}

enum err photo_strip(struct span jpeg, struct buffer *out)
{
    static const uint8_t begin[2] = {0xff, JPEG_SOI}, end[2] = {0xff, JPEG_EOI};
    struct reader r;
    reader_init(&r, jpeg);
    if (read_u8(&r) != 0xff || read_u8(&r) != JPEG_SOI)
        return ERR_FORMAT;
    enum err err = buffer_put(out, begin, sizeof begin);
    while (err == OK) {
        if (read_u8(&r) != 0xff)
            return r.failed ? ERR_TRUNCATED : ERR_FORMAT;
        uint8_t marker = read_u8(&r);
        while (marker == 0xff && !r.failed)
            marker = read_u8(&r);
        if (r.failed)
            return ERR_TRUNCATED;
        if (marker == JPEG_EOI)
            return buffer_put(out, end, sizeof end);
        err = put_segment(&r, marker, out);
    }
    return err;
}
