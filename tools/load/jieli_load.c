/* jieli-load: fills a new home with the entries of a committee at work. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/log/home.h"
#include "tools/load/load.h"

static const char help[] =
    "usage: jieli-load HOME ENTRIES [MEMBERS] [SEED]\n"
    "Makes a new home in the folder HOME and fills it with at least ENTRIES entries of cases from\n"
    "the logs of MEMBERS members (49), the same for the same SEED (1).\n"
    "example: jieli-load /tmp/load 100000 49 1 && jieli audit --home /tmp/load\n";

static int fail(const char *what, enum err err)
{
    fprintf(stderr, "jieli-load: %s: %s\n", what, err_message(err));
    return 1;
}

static enum err fill(struct load *l, const char *home)
{
    unsigned idle = l->member_count - 1;
    struct ledger *ledger = NULL;
    const struct ledger_options options = {.home = home, .member = l->members[idle].id,
                                           .node_key = l->members[idle].node,
                                           .mode = LEDGER_WRITE};
    enum err err = load_home(l, home, idle, NULL, NULL);
    if (err == OK)
        err = ledger_open(&ledger, &options);
    if (err == OK)
        err = load_found(l, ledger, idle);
    if (err == OK)
        err = load_push(l, ledger);
    ledger_close(ledger);
    return err;
}

int main(int argc, char **argv)
{
    if (argc < 3 || argc > 5 || strcmp(argv[1], "--help") == 0) {
        fputs(help, argc < 2 || strcmp(argv[1], "--help") != 0 ? stderr : stdout);
        return argc >= 2 && strcmp(argv[1], "--help") == 0 ? 0 : 2;
    }
    struct load_options options = {
        .members = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 49,
        .seed = argc > 4 ? strtoull(argv[4], NULL, 10) : 1,
    };
    struct load *l = NULL;
    enum err err = keys_start();
    if (err == OK)
        err = load_create(&l, &options);
    if (err == OK)
        err = load_grow(l, strtoull(argv[2], NULL, 10));
    if (err == OK)
        err = fill(l, argv[1]);
    if (err == OK)
        printf("%llu entries of cases, %llu bytes each, from %u members in %s\n",
               (unsigned long long)l->entries, (unsigned long long)(l->bytes / l->entries),
               options.members, argv[1]);
    load_free(l);
    return err == OK ? 0 : fail(argv[1], err);
}
