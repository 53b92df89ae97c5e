#include "ledger/log/part_card.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/log/home.h"

static const uint8_t SALT[SALT_BYTES] = {5};
static const struct hash PART = {{0xab, 1}};

struct sample { struct part_card *card; struct part_carried *out; struct buffer bytes; };

static int setup(void **state)
{
    struct sample *s = calloc(1, sizeof *s);
    s->card = calloc(1, sizeof *s->card);
    s->out = calloc(1, sizeof *s->out);
    s->card->entry.b[0] = 9;
    for (uint8_t i = 1; i <= 2; i++) {
        struct part_wrap one = {{{i}}, {i, i}};
        assert_int_equal(part_wraps_put(&s->card->wraps, &one), OK);
    }
    assert_int_equal(part_carried_encode(s->card, SALT, span_of("bytes", 5), &s->bytes), OK);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct sample *s = *state;
    buffer_clear(&s->bytes);
    free(s->card);
    free(s->out);
    free(s);
    return 0;
}

static enum err decode(struct sample *s)
{
    return part_carried_decode(s->out, buffer_span(&s->bytes));
}

static void part_travels_with_its_card(void **state)
{
    struct sample *s = *state;
    assert_int_equal(decode(s), OK);
    assert_true(hash_equal(&s->out->card.entry, &s->card->entry));
    assert_int_equal(s->out->card.wraps.count, 2);
    assert_memory_equal(s->out->salt, SALT, SALT_BYTES);
    assert_int_equal(s->out->bytes.len, 5);
    assert_non_null(part_wraps_find(&s->out->card.wraps, &s->card->wraps.all[1].reader));
    part_wraps_drop(&s->out->card.wraps, &s->card->wraps.all[1].reader);
    assert_null(part_wraps_find(&s->out->card.wraps, &s->card->wraps.all[1].reader));
    assert_int_equal(s->out->card.wraps.count, 1);
}

static void every_cut_before_the_bytes_is_refused(void **state)
{
    struct sample *s = *state;
    for (s->bytes.len = 0; s->bytes.len < 1 + TAGGED_BYTES + 2 + 2 * PART_WRAP_BYTES + SALT_BYTES;
         s->bytes.len++)
        assert_int_equal(decode(s), ERR_TRUNCATED);
    assert_int_equal(decode(s), OK);
}

static void other_forms_algorithms_and_repeated_readers_are_refused(void **state)
{
    struct sample *s = *state;
    const size_t wraps = 1 + TAGGED_BYTES;
    s->bytes.data[0] = 2;
    assert_int_equal(decode(s), ERR_UNSUPPORTED);
    s->bytes.data[0] = 1;
    s->bytes.data[1] = ALG_ED25519;
    assert_int_equal(decode(s), ERR_UNSUPPORTED);
    s->bytes.data[1] = ALG_SHA256;
    s->bytes.data[wraps + 2] = ALG_ED25519;
    assert_int_equal(decode(s), ERR_UNSUPPORTED);
    s->bytes.data[wraps + 2] = ALG_X25519;
    s->bytes.data[wraps + 3] = 2;                        /* both wraps name reader 2 */
    assert_int_equal(decode(s), ERR_FORMAT);
    s->bytes.data[wraps + 3] = 1;
    store_u16(s->bytes.data + wraps, PART_MAX_WRAPS + 1);
    assert_int_equal(decode(s), ERR_TOO_LARGE);
}

static void no_more_wraps_than_members_are_kept(void **state)
{
    struct sample *s = *state;
    struct part_wrap one = {{{0}}, {0}};
    for (unsigned i = 2; i < PART_MAX_WRAPS; i++) {
        store_u32(one.reader.b, 1000 + i);
        assert_int_equal(part_wraps_put(&s->card->wraps, &one), OK);
    }
    assert_int_equal(part_wraps_put(&s->card->wraps, &one), OK);     /* the same reader again */
    store_u32(one.reader.b, 9999);
    assert_int_equal(part_wraps_put(&s->card->wraps, &one), ERR_TOO_LARGE);
}

static void card_lies_beside_its_part_and_a_spoilt_one_is_told(void **state)
{
    struct sample *s = *state;
    char home[] = "/tmp/jieli-card-XXXXXX", path[HOME_PATH_BYTES], hex[2 * HASH_BYTES + 1];
    struct part_card *back = calloc(1, sizeof *back);
    assert_non_null(mkdtemp(home));
    assert_int_equal(part_card_read(home, &PART, back), ERR_NOTFOUND);
    assert_int_equal(part_card_write(home, &PART, s->card), OK);
    assert_int_equal(part_card_read(home, &PART, back), OK);
    assert_int_equal(back->wraps.count, 2);
    assert_int_equal(hex_encode(hex, sizeof hex, span_of(PART.b, HASH_BYTES)), OK);
    snprintf(path, sizeof path, "%s/parts/ab/%s.card", home, hex);
    FILE *file = fopen(path, "ab");
    assert_non_null(file);
    fputc(0, file);
    fclose(file);
    assert_int_equal(part_card_read(home, &PART, back), ERR_FORMAT);
    assert_int_equal(truncate(path, 50), 0);
    assert_int_equal(part_card_read(home, &PART, back), ERR_TRUNCATED);
    unlink(path);
    snprintf(path, sizeof path, "%s/parts/ab", home);
    rmdir(path);
    snprintf(path, sizeof path, "%s/parts", home);
    rmdir(path);
    rmdir(home);
    free(back);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(part_travels_with_its_card),
        T(every_cut_before_the_bytes_is_refused),
        T(other_forms_algorithms_and_repeated_readers_are_refused),
        T(no_more_wraps_than_members_are_kept),
        T(card_lies_beside_its_part_and_a_spoilt_one_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
