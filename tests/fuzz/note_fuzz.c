/* Any signed note that decodes is, line by line, the one encoding of what was read; so is any
 * verifier key that parses. */
#include <stdlib.h>
#include <string.h>

#include "crypto/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void note_again(const struct note *note, struct span bytes)
{
    struct buffer again = {0};
    demand(buffer_put(&again, note->text.data, note->text.len) == OK);
    demand(buffer_put(&again, "\n", 1) == OK);
    for (unsigned i = 0; i < note->sig_count; i++) {
        struct vkey v = {.id = note->sigs[i].id};
        memcpy(v.name, note->sigs[i].name, sizeof v.name);
        demand(note_append_line(&again, &v, note->sigs[i].payload) == OK);
    }
    demand(again.len == bytes.len && memcmp(again.data, bytes.data, bytes.len) == 0);
    buffer_clear(&again);
}

static void vkey_again(const uint8_t *data, size_t size)
{
    char text[VKEY_TEXT_BYTES + 1], again[VKEY_TEXT_BYTES];
    struct vkey v;
    if (size >= sizeof text)
        return;
    memcpy(text, data, size);
    text[size] = 0;
    if (vkey_parse(&v, text) == OK)
        demand(vkey_format(&v, again, sizeof again) == OK && strcmp(text, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct note note;
    vkey_again(data, size);
    if (note_decode(&note, span_of(data, size)) == OK) {
        note_again(&note, span_of(data, size));
        note_clear(&note);
    }
    return 0;
}
