#include "tools/waiting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/cmd/lists.h"
#include "tools/level_text.h"
#include "tools/words.h"

/* One question to the daemon waits no longer than this. */
enum { SLICE_MS = 10000, COUNT_MAX = 255 };

struct wish { const char *level; unsigned long count, timeout_s; };

static bool number_read(const char *text, unsigned long max, unsigned long *out)
{
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return false;
    *out = strtoul(text, &end, 10);
    return *end == 0 && *out >= 1 && *out <= max;
}

static bool level_read(const char *text, struct wish *out)
{
    out->count = 1;
    out->level = text;
    if (strcmp(text, "sequenced") == 0 || strcmp(text, "mirrored") == 0 ||
        strcmp(text, "delivered") == 0)
        return true;
    out->level = "mirrored";
    return strncmp(text, "mirrored=", 9) == 0 && number_read(text + 9, COUNT_MAX, &out->count);
}

static int wish_read(struct session *s, struct wish *out)
{
    const char *wait = args_value(&s->args, "wait"), *time = args_value(&s->args, "timeout");
    *out = (struct wish){NULL, 0, WAITING_DEFAULT_S};
    if (!s->waits)
        return EXIT_DONE;
    if (wait != NULL && !level_read(wait, out))
        return session_usage(s, _("--wait is sequenced, mirrored, mirrored=N or delivered"), wait);
    if (time != NULL && wait == NULL)
        return session_usage(s, _("--timeout goes with --wait"), time);
    if (time != NULL && !number_read(time, WAITING_MAX_S, &out->timeout_s))
        return session_usage(s, _("--timeout is a number of seconds, at most 86400"), time);
    return EXIT_DONE;
}

int waiting_check(struct session *s)
{
    struct wish wish;
    return wish_read(s, &wish);
}

static uint64_t steady_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int ask(struct session *s, const struct wish *wish, const char *id, uint64_t left_ms,
               json_t **answer)
{
    json_int_t slice = left_ms < SLICE_MS ? (json_int_t)left_ms : SLICE_MS;
    return session_tell(s,
                        json_pack("{s:s,s:s,s:s,s:i,s:I}", "op", "wait", "id", id, "level",
                                  wish->level, "count", (int)wish->count, "timeout_ms", slice),
                        (struct span){0}, answer, NULL);
}

static void note(json_t *reply, const json_t *answer)
{
    json_t *ack = json_object_get(answer, "ack");
    json_object_set(reply, "ack", ack);
    json_object_set(reply, "level", json_object_get(ack, "level"));
}

int waiting_run(struct session *s, json_t *reply)
{
    struct wish wish;
    const char *id = text_at(reply, "id");
    int code = wish_read(s, &wish);
    if (wish.level == NULL || code != EXIT_DONE)
        return code;
    const uint64_t until_ms = steady_ms() + (uint64_t)wish.timeout_s * 1000;
    bool over = false, reached = false;
    while (!over) {
        json_t *answer = NULL;
        uint64_t now_ms = steady_ms();
        uint64_t left_ms = now_ms < until_ms ? until_ms - now_ms : 0;
        code = ask(s, &wish, id, left_ms, &answer);
        if (code != EXIT_DONE)
            return EXIT_NOT_REACHED;
        reached = json_is_true(json_object_get(answer, "reached"));
        over = reached || left_ms == 0 || json_is_true(json_object_get(answer, "never"));
        note(reply, answer);
        json_decref(answer);
    }
    json_object_set_new(reply, "reached", json_boolean(reached));
    return reached ? EXIT_DONE : EXIT_NOT_REACHED;
}

void waiting_tell(struct session *s, const json_t *reply, int code, const char *number)
{
    char line[LEVEL_TEXT_BYTES];
    const json_t *ack = json_object_get(reply, "ack");
    if (ack == NULL && code == EXIT_DONE)
        return;
    if (ack != NULL) {
        level_line(s, ack, line);
        puts(line);
    }
    if (code == EXIT_DONE)
        return;
    if (strcmp(args_value(&s->args, "wait"), "delivered") == 0 && ack != NULL &&
        json_array_size(json_object_get(ack, "concerns")) == 0)
        fprintf(stderr, _("the act stands; it concerns no other member, so there is nothing to be "
                          "delivered\n"));
    else
        fprintf(stderr, _("the act stands; %s was not reached in time\n"),
                args_value(&s->args, "wait"));
    if (number != NULL)
        fprintf(stderr, _("  ask later: jieli show %s\n"), number);
}
