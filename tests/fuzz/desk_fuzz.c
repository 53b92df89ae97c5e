/* What a desk or a guest with an invitation may say, and a desk's file: what decodes says the same
 * when it is encoded again. */
#include <assert.h>
#include <string.h>

#include "net/desk_file.h"
#include "net/desk_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void request(struct span frame)
{
    json_t *head = NULL, *again = NULL;
    struct span blob, blob_again;
    struct buffer out = {0};
    if (desk_message_decode(DESK_REQUEST, frame, &head, &blob) == OK) {
        assert(desk_message_encode(DESK_REQUEST, head, blob, &out) == OK);
        assert(desk_message_decode(DESK_REQUEST, buffer_span(&out), &again, &blob_again) == OK);
        assert(json_equal(head, again) && blob.len == blob_again.len);
    }
    json_decref(head);
    json_decref(again);
    buffer_clear(&out);
}

static void enrolment(struct span frame)
{
    enum enrol_state state;
    uint64_t size;
    struct span bytes;
    struct buffer out = {0};
    if (enrol_state_decode(frame, &state, &size) == OK) {
        assert(enrol_state_encode(state, size, &out) == OK);
        assert(out.len == frame.len && memcmp(out.data, frame.data, frame.len) == 0);
    } else if (enrol_bytes_decode(ENROL_REQUEST, frame, &bytes) == OK) {
        assert(bytes.len > 0 && bytes.len <= REQUEST_MAX_BYTES);
    }
    buffer_clear(&out);
}

static void file(struct span text)
{
    struct desk_file f, again;
    struct buffer out = {0};
    if (desk_file_decode(&f, text) == OK) {
        assert(desk_file_encode(&f, &out) == OK);
        assert(desk_file_decode(&again, buffer_span(&out)) == OK);
        assert(memcmp(&f, &again, sizeof f) == 0);
    }
    buffer_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > DESK_FILE_MAX_BYTES)
        return 0;
    request(span_of(data, size));
    enrolment(span_of(data, size));
    file(span_of(data, size));
    return 0;
}
