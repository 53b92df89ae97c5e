#include "net/desk_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/ipc.h"

static void a_request_and_its_answer_come_back_as_they_were(void **state)
{
    static const enum desk_message_type types[] = {DESK_REQUEST, DESK_ANSWER};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct buffer frame = {0};
        struct span blob;
        json_t *back = NULL, *head = json_pack("{s:s}", "op", "append");
        assert_int_equal(desk_message_encode(types[i], head, span_of("blob", 4), &frame), OK);
        assert_int_equal(frame.data[0], types[i]);
        assert_int_equal(desk_message_decode(types[i], buffer_span(&frame), &back, &blob), OK);
        assert_true(json_equal(head, back));
        assert_int_equal(blob.len, 4);
        assert_memory_equal(blob.data, "blob", 4);
        json_t *none = NULL;
        assert_int_equal(desk_message_decode(types[1 - i], buffer_span(&frame), &none, &blob),
                         ERR_PROTOCOL);
        assert_null(none);
        json_decref(head);
        json_decref(back);
        buffer_clear(&frame);
    }
}

static enum err decoded(const char *bytes, size_t len)
{
    json_t *head = NULL;
    struct span blob;
    enum err err = desk_message_decode(DESK_REQUEST, span_of(bytes, len), &head, &blob);
    json_decref(head);
    return err;
}

static void what_is_no_request_is_refused(void **state)
{
    (void)state;
    assert_int_equal(decoded("\x10\0\0\0\2{}", 7), OK);
    assert_int_equal(decoded("", 0), ERR_TRUNCATED);
    assert_int_equal(decoded("\x10\0\0", 3), ERR_TRUNCATED);
    assert_int_equal(decoded("\x10\0\0\0\3{}", 7), ERR_TRUNCATED);
    assert_int_equal(decoded("\x10\0\0\0\2[]", 7), ERR_FORMAT);
    assert_int_equal(decoded("\x10\0\0\0\x0d{\"a\":1,\"a\":1}", 18), ERR_FORMAT);
}

static void a_message_larger_than_a_frame_is_not_made(void **state)
{
    struct buffer blob = {0}, frame = {0};
    json_t *head = json_object();
    (void)state;
    assert_int_equal(buffer_reserve(&blob, IPC_MAX_BYTES), OK);
    memset(blob.data, 7, IPC_MAX_BYTES);
    assert_int_equal(desk_message_encode(DESK_ANSWER, head, span_of(blob.data, IPC_MAX_BYTES - 6),
                                         &frame), OK);
    buffer_clear(&frame);
    assert_int_equal(desk_message_encode(DESK_ANSWER, head, span_of(blob.data, IPC_MAX_BYTES - 5),
                                         &frame), ERR_TOO_LARGE);
    assert_int_equal(frame.len, 0);
    json_decref(head);
    buffer_clear(&frame);
    buffer_clear(&blob);
}

static void genesis_and_request_keep_their_bounds(void **state)
{
    struct buffer frame = {0};
    struct span bytes;
    uint8_t room[REQUEST_MAX_BYTES + 1] = {9};
    (void)state;
    assert_int_equal(enrol_bytes_encode(ENROL_REQUEST, span_of(room, 3), &frame), OK);
    assert_int_equal(enrol_bytes_decode(ENROL_REQUEST, buffer_span(&frame), &bytes), OK);
    assert_int_equal(bytes.len, 3);
    assert_int_equal(enrol_bytes_decode(ENROL_GENESIS, buffer_span(&frame), &bytes), ERR_PROTOCOL);
    assert_int_equal(enrol_bytes_decode(ENROL_REQUEST, span_of(frame.data, 1), &bytes),
                     ERR_TRUNCATED);
    assert_int_equal(enrol_bytes_encode(ENROL_REQUEST, span_of(room, 0), &frame), ERR_TRUNCATED);
    assert_int_equal(enrol_bytes_encode(ENROL_REQUEST, span_of(room, sizeof room), &frame),
                     ERR_TOO_LARGE);
    assert_int_equal(enrol_bytes_encode(ENROL_GENESIS, span_of(room, sizeof room), &frame), OK);
    buffer_clear(&frame);
}

static void a_state_is_one_of_five_with_a_size(void **state)
{
    struct buffer frame = {0};
    enum enrol_state was;
    uint64_t size;
    (void)state;
    assert_int_equal(enrol_state_encode(ENROL_ADMITTED, 257, &frame), OK);
    assert_int_equal(enrol_state_decode(buffer_span(&frame), &was, &size), OK);
    assert_int_equal(was, ENROL_ADMITTED);
    assert_int_equal(size, 257);
    assert_int_equal(enrol_state_decode(span_of(frame.data, 9), &was, &size), ERR_TRUNCATED);
    frame.data[1] = 0;
    assert_int_equal(enrol_state_decode(buffer_span(&frame), &was, &size), ERR_RANGE);
    frame.data[1] = ENROL_REFUSED + 1;
    assert_int_equal(enrol_state_decode(buffer_span(&frame), &was, &size), ERR_RANGE);
    frame.data[1] = ENROL_REFUSED;
    assert_int_equal(buffer_put_u8(&frame, 0), OK);
    assert_int_equal(enrol_state_decode(buffer_span(&frame), &was, &size), ERR_FORMAT);
    frame.data[0] = ENROL_GENESIS;
    assert_int_equal(enrol_state_decode(buffer_span(&frame), &was, &size), ERR_PROTOCOL);
    buffer_clear(&frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_and_its_answer_come_back_as_they_were),
        cmocka_unit_test(what_is_no_request_is_refused),
        cmocka_unit_test(a_message_larger_than_a_frame_is_not_made),
        cmocka_unit_test(genesis_and_request_keep_their_bounds),
        cmocka_unit_test(a_state_is_one_of_five_with_a_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
