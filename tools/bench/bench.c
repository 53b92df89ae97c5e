/* jieli-bench: `make bench`. */
#include "tools/bench/bench.h"

#include <arpa/inet.h>
#include <ftw.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tools/audit/workers.h"

enum { BENCH_ENTRIES = 100000, CITY_ENTRIES = 1260000 };

static const struct row { const char *name; void (*run)(struct bench *b); } rows[] = {
    {"machine", bench_machine}, {"store", bench_store}, {"audit", bench_audit},
    {"sync", bench_sync}, {"sync_city", bench_city}, {"propagate", bench_propagate},
    {"durable", bench_durable}, {"appends", bench_appends},
};
enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

void bench_put(struct bench *b, const char *name, double value, const char *unit)
{
    fprintf(b->out, "%s\t%.6g\t%s\n", name, value, unit);
    printf("%-28s %12.6g %s\n", name, value, unit);
    fflush(stdout);
    fflush(b->out);
}

/* Daemons of a run that failed. */
static void children_end(void)
{
    char path[64];
    int pid;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *file = fopen(path, "re");
    while (file != NULL && fscanf(file, "%d", &pid) == 1)
        kill(pid, SIGTERM);
    if (file != NULL)
        fclose(file);
}

void bench_need(enum err err, const char *what)
{
    if (err == OK)
        return;
    fprintf(stderr, "jieli-bench: %s: %s\n", what, err_message(err));
    children_end();
    exit(1);
}

double bench_now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

double bench_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

void bench_path(const struct bench *b, char out[BENCH_PATH_BYTES], const char *name)
{
    if (snprintf(out, BENCH_PATH_BYTES, "%s/%s", b->folder, name) >= BENCH_PATH_BYTES)
        bench_need(ERR_TOO_LARGE, b->folder);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st;
    (void)type;
    (void)walk;
    return remove(path);
}

/* jielid lies beside this program. */
static void find_program(char out[BENCH_PATH_BYTES])
{
    ssize_t len = readlink("/proc/self/exe", out, BENCH_PATH_BYTES - 8);
    out[len < 0 ? 0 : len] = 0;
    char *slash = strrchr(out, '/');
    snprintf(slash == NULL ? out : slash + 1, 8, "jielid");
}

struct load *bench_committee(const struct bench *b, uint64_t seed, unsigned members, bool alone)
{
    struct load *l = NULL;
    const struct load_options options = {.seed = seed, .committee = b->committee,
                                         .members = members, .alone = alone};
    bench_need(load_create(&l, &options), b->committee);
    return l;
}

void bench_home(struct load *l, const char *home, unsigned member, const char *listen,
                const char *peer)
{
    struct ledger *to;
    const struct load_member *m = &l->members[member];
    const struct ledger_options options = {.home = home, .member = m->id, .node_key = m->node,
                                           .mode = LEDGER_WRITE};
    bench_need(load_home(l, home, member, listen, peer), home);
    bench_need(ledger_open(&to, &options), home);
    bench_need(load_found(l, to, member), home);
    ledger_close(to);
}

void bench_machine(struct bench *b)
{
    bench_put(b, "cores", workers_cores(), "count");
    bench_put(b, "verify_ceiling", bench_ceiling(), "1/s");
}

static void address_find(char *out, size_t out_bytes)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bench_need(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
                       getsockname(fd, (struct sockaddr *)&at, &len) == 0
                   ? OK : ERR_IO, "loopback");
    close(fd);
    snprintf(out, out_bytes, "127.0.0.1:%u", ntohs(at.sin_port));
}

static const char help[] =
    "usage: jieli-bench [FILE] [--only ROWS] [--entries N] [--city N] [--committee FOLDER]\n"
    "Measures this machine and writes FILE (build/bench.tsv) as name, value, unit.\n\n"
    "  --only ROWS          some of: machine,store,audit,sync,sync_city,propagate,durable,appends\n"
    "  --entries N          entries of the large ledger (100000)\n"
    "  --city N             entries of the city's ledger (1260000)\n"
    "  --committee FOLDER   where members.tsv and sectors.tsv lie (configs/ezhou)\n\n"
    "example: jieli-bench build/bench.tsv --only sync,sync_city\n";

struct command { const char *path, *only; bool asked; };

/* Whether `name` is among the words of `list`, set apart by commas. */
static bool among(const char *list, const char *name)
{
    const size_t len = strlen(name);
    for (const char *at = list; at != NULL; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strncmp(at, name, len) == 0 && (at[len] == 0 || at[len] == ','))
            return true;
    return false;
}

static bool rows_known(const char *only)
{
    char copy[256];
    bool known = true;
    snprintf(copy, sizeof copy, "%s", only);
    char *rest = copy;
    for (char *word; known && (word = strsep(&rest, ",")) != NULL;) {
        known = false;
        for (unsigned i = 0; i < ROW_COUNT; i++)
            known = known || strcmp(rows[i].name, word) == 0;
    }
    return known;
}

static bool command_take(int argc, char **argv, struct command *c, struct bench *b)
{
    static const struct option options[] = {
        {"only", required_argument, NULL, 'o'}, {"entries", required_argument, NULL, 'e'},
        {"city", required_argument, NULL, 'y'}, {"committee", required_argument, NULL, 'c'},
        {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    int letter;
    while ((letter = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (letter) {
        case 'o': c->only = optarg; break;
        case 'e': b->entries = strtoull(optarg, NULL, 10); break;
        case 'y': b->city_entries = strtoull(optarg, NULL, 10); break;
        case 'c': b->committee = optarg; break;
        case 'h': c->asked = true; return true;
        default: return false;
        }
    }
    if (optind < argc)
        c->path = argv[optind++];
    return optind == argc && b->entries > 0 && b->city_entries > 0 &&
           (c->only == NULL || rows_known(c->only));
}

int main(int argc, char **argv)
{
    char folder[BENCH_PATH_BYTES], program[BENCH_PATH_BYTES];
    struct command c = {.path = "build/bench.tsv"};
    struct bench b = {.program = program, .committee = "configs/ezhou", .entries = BENCH_ENTRIES,
                      .city_entries = CITY_ENTRIES};
    const bool good = command_take(argc, argv, &c, &b);
    if (!good || c.asked) {
        fputs(help, good ? stdout : stderr);
        return good ? 0 : 2;
    }
    snprintf(folder, sizeof folder, "%s.d-XXXXXX", c.path);
    b.out = fopen(c.path, "we");
    b.folder = mkdtemp(folder);
    bench_need(b.out == NULL || b.folder == NULL ? ERR_IO : OK, c.path);
    bench_need(keys_start(), "libsodium");
    find_program(program);
    address_find(b.address, sizeof b.address);
    for (unsigned i = 0; i < ROW_COUNT; i++)
        if (c.only == NULL || among(c.only, rows[i].name))
            rows[i].run(&b);
    load_free(b.load);
    fclose(b.out);
    nftw(b.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    printf("written to %s\n", c.path);
    return 0;
}
