/* jieli-load: fills a new home with the entries of a committee at work. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/log/home.h"
#include "tools/load/load.h"

static const char help[] =
    "usage: jieli-load [--committee FOLDER] [--alone] HOME ENTRIES [MEMBERS] [SEED]\n"
    "Makes a new home in the folder HOME and fills it with at least ENTRIES entries of cases from\n"
    "the logs of the first MEMBERS members (49) of a committee, the same for the same SEED (1).\n"
    "The home is that of a further member, which holds everything and writes nothing.\n\n"
    "  --committee FOLDER   where members.tsv and sectors.tsv lie (configs/ezhou)\n"
    "  --alone              one member works its own cases, nothing is handed over\n\n"
    "example: jieli-load /tmp/load 100000 49 1 && jieli audit --home /tmp/load\n";

struct command { const char *home; uint64_t entries; bool asked; struct load_options options; };

static int fail(const char *what, enum err err)
{
    fprintf(stderr, "jieli-load: %s: %s\n", what, err_message(err));
    return 1;
}

static enum err number_take(const char *text, uint64_t *out)
{
    char *end;
    *out = strtoull(text, &end, 10);
    return *text < '0' || *text > '9' || *end != 0 ? ERR_USAGE : OK;
}

static enum err command_take(int argc, char **argv, struct command *c)
{
    static const struct option options[] = {
        {"committee", required_argument, NULL, 'c'}, {"alone", no_argument, NULL, 'a'},
        {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    uint64_t numbers[3] = {0, 49, 1};
    int letter;
    *c = (struct command){.options = {.committee = "configs/ezhou"}};
    while ((letter = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (letter) {
        case 'c': c->options.committee = optarg; break;
        case 'a': c->options.alone = true; break;
        case 'h': c->asked = true; return OK;
        default: return ERR_USAGE;
        }
    }
    const int given = argc - optind;
    enum err err = given < 2 || given > 4 ? ERR_USAGE : OK;
    for (int i = 1; err == OK && i < given; i++)
        err = number_take(argv[optind + i], &numbers[i - 1]);
    if (err != OK || numbers[0] == 0 || numbers[1] > LOAD_MAX_MEMBERS)
        return ERR_USAGE;
    c->home = argv[optind];
    c->entries = numbers[0];
    c->options.members = (unsigned)numbers[1];
    c->options.seed = numbers[2];
    return OK;
}

/* Signatures were made a moment ago by this program. */
static void trust(void *ctx, const struct entry *const *entries, size_t count,
                  const struct hash *ledger, bool *ok)
{
    (void)ctx;
    (void)entries;
    (void)ledger;
    memset(ok, 1, count);
}

static enum err fill(struct load *l, const struct command *c)
{
    const struct load_member *idle = &l->members[load_idle(l, 0)];
    const struct verifier verifier = {.verify = trust};
    struct ledger *ledger = NULL;
    const struct ledger_options options = {.home = c->home, .member = idle->id,
                                           .node_key = idle->node, .verifier = &verifier,
                                           .mode = LEDGER_WRITE};
    enum err err = load_home(l, c->home, load_idle(l, 0), NULL, NULL);
    if (err == OK)
        err = ledger_open(&ledger, &options);
    if (err == OK)
        err = load_found(l, ledger, load_idle(l, 0));
    if (err == OK)
        err = load_fill(l, ledger, c->entries);
    ledger_close(ledger);
    return err;
}

int main(int argc, char **argv)
{
    struct command c;
    struct load *l = NULL;
    enum err err = command_take(argc, argv, &c);
    if (err != OK || c.asked) {
        fputs(help, c.asked ? stdout : stderr);
        return c.asked ? 0 : 2;
    }
    err = keys_start();
    if (err == OK)
        err = load_create(&l, &c.options);
    if (err != OK)
        return fail(c.options.committee, err);
    err = fill(l, &c);
    if (err == OK)
        printf("%llu entries of cases, %llu bytes each, from %u members in %s\n",
               (unsigned long long)l->entries, (unsigned long long)(l->bytes / l->entries),
               c.options.members, c.home);
    load_free(l);
    return err == OK ? 0 : fail(c.home, err);
}
