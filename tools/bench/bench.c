/* jieli-bench: `make bench`. */
#include "tools/bench/bench.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tools/audit/workers.h"

enum { BENCH_MEMBERS = 48, BENCH_ENTRIES = 100000 };

void bench_put(struct bench *b, const char *name, double value, const char *unit)
{
    fprintf(b->out, "%s\t%.6g\t%s\n", name, value, unit);
    printf("%-28s %12.6g %s\n", name, value, unit);
    fflush(stdout);
    fflush(b->out);
}

void bench_need(enum err err, const char *what)
{
    if (err == OK)
        return;
    fprintf(stderr, "jieli-bench: %s: %s\n", what, err_message(err));
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

static int usage(const char *option)
{
    bool asked = strcmp(option, "--help") == 0;
    fputs("usage: jieli-bench [FILE [ENTRIES]]\n"
          "Measures this machine and writes FILE (build/bench.tsv) as name, value, unit.\n",
          asked ? stdout : stderr);
    return asked ? 0 : 2;
}

int main(int argc, char **argv)
{
    if (argc > 1 && argv[1][0] == '-')
        return usage(argv[1]);
    char folder[BENCH_PATH_BYTES], program[BENCH_PATH_BYTES];
    const char *path = argc > 1 ? argv[1] : "build/bench.tsv";
    uint64_t entries = argc > 2 ? strtoull(argv[2], NULL, 10) : BENCH_ENTRIES;
    const struct load_options options = {.seed = 1, .members = BENCH_MEMBERS};
    snprintf(folder, sizeof folder, "%s.d-XXXXXX", path);
    struct bench b = {.out = fopen(path, "we"), .folder = mkdtemp(folder), .program = program,
                      .entries = entries};
    bench_need(b.out == NULL || b.folder == NULL ? ERR_IO : OK, path);
    bench_need(keys_start(), "libsodium");
    find_program(program);
    bench_need(load_create(&b.load, &options), "committee");
    bench_need(load_grow(b.load, entries), "load");
    bench_put(&b, "cores", workers_cores(), "count");
    bench_put(&b, "verify_ceiling", bench_ceiling(&b), "1/s");
    bench_store(&b);
    bench_audit(&b);
    bench_sync(&b);
    load_free(b.load);
    b.load = NULL;
    bench_durable(&b);
    bench_appends(&b);
    fclose(b.out);
    nftw(b.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    printf("written to %s\n", path);
    return 0;
}
