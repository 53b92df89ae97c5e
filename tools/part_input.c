#include "tools/part_input.h"

#include <stdio.h>
#include <string.h>

#include "ledger/log/home.h"
#include "tools/photo.h"
#include "tools/words.h"

const struct option_row part_options[] = {
    {"title", "TEXT", N_("what the case is called; only its parties see it")},
    {"enterprise", "NAME", N_("the enterprise that rectifies; only the parties see it")},
    {"place", "TEXT", N_("where it is; only the parties see it")},
    {"text", "TEXT", N_("prose beside the facts")},
    {"photo", "FILE", N_("a JPEG photograph; what it tells of place and camera is left out")},
    {"scan", "FILE", N_("a scanned document")},
    {"keep-metadata", NULL, N_("keep a photograph as it is, on purpose")},
    {NULL, NULL, NULL},
};

static struct part_input *add(struct part_inputs *p, enum part_role role)
{
    if (p->count == ENTRY_MAX_PARTS)
        return NULL;
    struct part_input *one = &p->all[p->count++];
    one->role = (uint8_t)role;
    random_bytes(one->salt, sizeof one->salt);
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
    struct part_input *one = add(out, PART_SUBJECT);
    if (one == NULL)
        return too_many(s);
    enum err err = subject_encode(&subject, &one->bytes);
    return err == OK ? EXIT_DONE : session_fail_at(s, err, "--title");
}

static int take_texts(struct session *s, struct part_inputs *out)
{
    const char *text;
    for (unsigned i = 0; (text = args_nth(&s->args, "text", i)) != NULL; i++) {
        struct part_input *one = add(out, PART_TEXT);
        if (one == NULL)
            return too_many(s);
        enum err err = buffer_put(&one->bytes, text, strlen(text));
        if (err != OK)
            return session_fail_at(s, err, "--text");
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
        struct part_input *one = add(out, role);
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

int part_inputs_take(struct session *s, struct part_inputs *out)
{
    memset(out, 0, sizeof *out);
    int code = take_subject(s, out);
    if (code == EXIT_DONE)
        code = take_texts(s, out);
    if (code == EXIT_DONE)
        code = take_files(s, "photo", PART_PHOTO, out);
    if (code == EXIT_DONE)
        code = take_files(s, "scan", PART_SCAN, out);
    return code;
}

void part_inputs_clear(struct part_inputs *p)
{
    for (unsigned i = 0; i < p->count; i++)
        buffer_clear(&p->all[i].bytes);
    memset(p, 0, sizeof *p);
}

void part_inputs_refs(const struct part_inputs *p, struct part_ref out[ENTRY_MAX_PARTS])
{
    for (unsigned i = 0; i < p->count; i++) {
        const struct part_input *one = &p->all[i];
        out[i] = (struct part_ref){one->role, PART_OPEN, one->bytes.len, {{0}}};
        part_commitment(one->salt, buffer_span(&one->bytes), &out[i].commitment);
    }
}
