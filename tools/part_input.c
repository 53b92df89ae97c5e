#include "tools/part_input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/cases/readers.h"
#include "ledger/log/home.h"
#include "ledger/log/part.h"
#include "tools/photo.h"
#include "tools/words.h"

const struct option_row part_options[] = {
    {"title", "TEXT", N_("what the case is called; only its parties see it")},
    {"enterprise", "NAME", N_("the enterprise that rectifies; only the parties see it")},
    {"place", "TEXT", N_("where it is; only the parties see it")},
    {"text", "TEXT", N_("prose beside the facts")},
    {"photo", "FILE", N_("a JPEG photograph; what it tells of place and camera is left out")},
    {"scan", "FILE", N_("a scanned document")},
    {"names", "TEXT", N_("real names of persons; never left open")},
    {"contact", "TEXT", N_("how they are reached; never left open")},
    {"grounds", "FILE", N_("why it is investigated: for convenor and investigator alone")},
    {"findings", "FILE", N_("findings of a track: for convenor and investigator alone")},
    {"identity", "TEXT", N_("who told of the hazard: for our own member alone")},
    {"keep-metadata", NULL, N_("keep a photograph as it is, on purpose")},
    {"open", NULL, N_("subject, texts and pictures for every member, not sealed to the parties")},
    {NULL, NULL, NULL},
};

static struct part_input *add(const struct session *s, struct part_inputs *p, enum part_role role)
{
    const struct reader_row *row = reader_row(role);
    if (p->count == ENTRY_MAX_PARTS)
        return NULL;
    struct part_input *one = &p->all[p->count++];
    bool open = args_has(&s->args, "open") && row != NULL && !row->always_sealed;
    one->ref = (struct part_ref){(uint8_t)role, open ? PART_OPEN : PART_SEALED, 0, {{0}}};
    return one;
}

static int too_many(struct session *s)
{
    return session_usage(s, _("an act carries at most 32 parts"), NULL);
}

static bool copy(char *out, size_t out_bytes, const char *text)
{
    int len = snprintf(out, out_bytes, "%s", text == NULL ? "" : text);
    return (size_t)len < out_bytes;
}

static int take_subject(struct session *s, struct part_inputs *out)
{
    struct subject subject;
    const char *title = args_value(&s->args, "title");
    const char *enterprise = args_value(&s->args, "enterprise");
    const char *place = args_value(&s->args, "place");
    if (title == NULL && enterprise == NULL && place == NULL)
        return EXIT_DONE;
    if (!copy(subject.title, sizeof subject.title, title) ||
        !copy(subject.enterprise, sizeof subject.enterprise, enterprise) ||
        !copy(subject.place, sizeof subject.place, place))
        return session_usage(s, _("title, enterprise or place is too long"), NULL);
    struct part_input *one = add(s, out, PART_SUBJECT);
    if (one == NULL)
        return too_many(s);
    enum err err = subject_encode(&subject, &one->bytes);
    return err == OK ? EXIT_DONE : session_fail_at(s, err, "--title");
}

static int take_texts(struct session *s, const char *option, enum part_role role,
                      struct part_inputs *out)
{
    const char *text;
    for (unsigned i = 0; (text = args_nth(&s->args, option, i)) != NULL; i++) {
        struct part_input *one = add(s, out, role);
        if (one == NULL)
            return too_many(s);
        enum err err = buffer_put(&one->bytes, text, strlen(text));
        if (err != OK)
            return session_fail_at(s, err, option);
    }
    return EXIT_DONE;
}

static int clean_photo(struct session *s, const char *path, struct buffer *bytes)
{
    struct buffer clean = {0};
    if (args_has(&s->args, "keep-metadata"))
        return EXIT_DONE;
    enum err err = photo_strip(buffer_span(bytes), &clean);
    buffer_clear(bytes);
    *bytes = clean;
    if (err == OK)
        return EXIT_DONE;
    return session_fail(s, err, path,
                        _("only a JPEG can be cleaned of its metadata: convert it, "
                          "or --keep-metadata"));
}

static int take_files(struct session *s, const char *option, enum part_role role,
                      struct part_inputs *out)
{
    const char *path;
    int code = EXIT_DONE;
    for (unsigned i = 0; code == EXIT_DONE && (path = args_nth(&s->args, option, i)) != NULL; i++) {
        struct part_input *one = add(s, out, role);
        if (one == NULL)
            return too_many(s);
        enum err err = file_read(path, PART_MAX_BYTES, &one->bytes);
        if (err != OK)
            return session_fail_at(s, err, path);
        if (role == PART_PHOTO)
            code = clean_photo(s, path, &one->bytes);
    }
    return code;
}

static const struct { const char *option; enum part_role role; bool file; } rows[] = {
    {"text", PART_TEXT, false},         {"names", PART_NAMES, false},
    {"contact", PART_CONTACT, false},   {"identity", PART_IDENTITY, false},
    {"photo", PART_PHOTO, true},        {"scan", PART_SCAN, true},
    {"grounds", PART_GROUNDS, true},    {"findings", PART_FINDINGS, true},
};

int part_inputs_take(struct session *s, struct part_inputs *out)
{
    memset(out, 0, sizeof *out);
    int code = take_subject(s, out);
    for (size_t i = 0; code == EXIT_DONE && i < sizeof rows / sizeof rows[0]; i++)
        code = rows[i].file ? take_files(s, rows[i].option, rows[i].role, out)
                            : take_texts(s, rows[i].option, rows[i].role, out);
    return code;
}

void part_inputs_clear(struct part_inputs *p)
{
    for (unsigned i = 0; i < p->count; i++) {
        buffer_clear(&p->all[i].bytes);
        buffer_clear(&p->all[i].wraps);
    }
    memset(p, 0, sizeof *p);
}

static enum err seal(struct part_input *one, const struct part_context *ctx,
                     const struct xpubkey *reader, struct part_wraps *wraps)
{
    struct buffer plain = one->bytes;
    one->bytes = (struct buffer){0};
    enum err err = part_seal(ctx, buffer_span(&plain), reader, one->salt, &one->bytes,
                             &one->ref.commitment, wraps);
    buffer_clear(&plain);
    return err;
}

static enum err make(struct part_input *one, const struct part_context *ctx,
                     const struct xpubkey *reader, struct part_wraps *wraps)
{
    enum err err = OK;
    wraps->count = 0;
    if (one->ref.mode == PART_SEALED) {
        err = seal(one, ctx, reader, wraps);
    } else {
        random_bytes(one->salt, sizeof one->salt);
        part_commitment(one->salt, buffer_span(&one->bytes), &one->ref.commitment);
    }
    one->ref.padded_bytes = one->bytes.len;
    return err == OK ? part_wraps_encode(wraps, &one->wraps) : err;
}

enum err part_inputs_seal(struct part_inputs *p, const struct hash *ledger, const char *member,
                          const struct nonce *nonce, const struct xpubkey *reader,
                          struct part_ref out[ENTRY_MAX_PARTS])
{
    struct part_wraps *wraps = malloc(sizeof *wraps);
    enum err err = wraps == NULL ? ERR_NOMEM : OK;
    for (unsigned i = 0; err == OK && i < p->count; i++) {
        const struct part_context ctx = {*ledger, member, *nonce, p->all[i].ref.role};
        err = make(&p->all[i], &ctx, reader, wraps);
        out[i] = p->all[i].ref;
    }
    free(wraps);
    return err;
}
