#include <getopt.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "crypto/keys.h"
#include "ledger/log/home.h"
#include "node/clock.h"
#include "node/ending.h"
#include "node/failure.h"
#include "node/node.h"
#include "node/watchdog.h"

#ifndef JIELI_VERSION
#define JIELI_VERSION "1"
#endif

static const char DEFAULT_HOME[] = "/var/lib/jieli";

static const char HELP[] =
    "Usage: jielid [--home DIR] [--check]\n"
    "The node of one member of a work-safety committee: keeps the ledger in DIR, serves the\n"
    "officers' `jieli` and keeps in touch with the other members' nodes.\n\n"
    "  --home DIR   the node's folder; else $JIELI_HOME, else /var/lib/jieli\n"
    "  --check      check configuration, the notify program, genesis, keys and the own log of\n"
    "               DIR, start nothing\n"
    "  --version    print the version\n"
    "  --help       print this\n\n"
    "Reads DIR/jieli.conf. Logs to standard error. SIGTERM and SIGINT end it cleanly.\n"
    "Exit status: 0 ended as told, 64 wrong command line, 66 no good home, 67 wrong ledger,\n"
    "68 address taken, 69 key or permission, 70 stored bytes in doubt (start again), 71 (--check\n"
    "only) home older than what it published, 72 two histories of our own log, 74 disk full,\n"
    "75 already running, 76 needs newer software, 77 the transport hung (start again), 78\n"
    "configuration, 1 anything else.\n"
    "Example: jielid --home /var/lib/jieli --check\n";

struct command { const char *home; bool check, done; };

static enum err parse_command(int argc, char **argv, struct command *out)
{
    static const struct option OPTIONS[] = {
        {"home", required_argument, NULL, 'H'}, {"check", no_argument, NULL, 'c'},
        {"version", no_argument, NULL, 'v'},    {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *from_env = getenv("JIELI_HOME");
    int letter;
    *out = (struct command){.home = from_env != NULL ? from_env : DEFAULT_HOME};
    while ((letter = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        switch (letter) {
        case 'H': out->home = optarg; break;
        case 'c': out->check = true; break;
        case 'v': puts("jielid " JIELI_VERSION); out->done = true; return OK;
        case 'h': fputs(HELP, stdout); out->done = true; return OK;
        default: return ERR_USAGE;
        }
    }
    return optind == argc ? OK : ERR_USAGE;
}

static enum err load_config(const char *home, struct config *config)
{
    char path[HOME_PATH_BYTES], place[CONFIG_PLACE_BYTES];
    struct config_error error = {0};
    const struct logger plain = {.fd = STDERR_FILENO, .level = LEVEL_INFO};
    enum err err = home_path(path, sizeof path, home, CONFIG_FILE);
    if (err == OK) {
        err = config_read(config, path, &error);
    }
    if (err == ERR_CONFIG) {
        config_error_place(&error, path, place);
        fprintf(stderr, "%s: %s\n", place, error.text);
    }
    return failure_report(&plain, "config", path, err);
}

struct guard { struct node *node; const struct logger *logger; };

/* What hangs cannot be closed: the process ends at once, which the database survives. */
static void end_when_stuck(const struct guard *g, struct watchdog *w)
{
    struct transport_pulse pulse;
    node_pulse(g->node, &pulse);
    enum err err = watchdog_check(w, &pulse, clock_steady_ms());
    if (err != OK) {
        (void)failure_report(g->logger, "watchdog", "transport", err);
        _exit(EXIT_STATUS_STUCK);
    }
}

/* Waits for a signal that ends the node; SIGUSR1 says that it has ended by itself. Meanwhile looks
 * whether the transport still moves. */
static void *wait_for_signals(void *arg)
{
    const struct guard *g = arg;
    const struct timespec pause = {.tv_sec = WATCHDOG_LOOK_S};
    struct watchdog watchdog;
    int number;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGUSR1);
    watchdog_init(&watchdog, clock_steady_ms());
    while ((number = sigtimedwait(&set, NULL, &pause)) < 0) {
        end_when_stuck(g, &watchdog);
    }
    if (number != SIGUSR1) {
        node_stop(g->node);
    }
    return NULL;
}

/* The map of the database cannot be read: the disk failed, or its pages are broken. */
static void on_unreadable(int number)
{
    static const char LINE[] =
        "level=error event=database what=db/data.mdb err=ERR_CORRUPT advice=\"the stored pages "
        "cannot be read: check disk and memory, then jieli audit --home; do not restore an old "
        "copy over this home\"\n";
    (void)number;
    ssize_t told = write(STDERR_FILENO, LINE, sizeof LINE - 1);
    _exit(told < 0 ? EXIT_STATUS_OTHER : EXIT_STATUS_UNCERTAIN);
}

/* Before any thread starts, so that every thread inherits it. */
static void block_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGBUS, on_unreadable);
}

static enum err serve(const struct node_options *options)
{
    pthread_t waiter;
    struct node *n = NULL;
    struct logline line;
    enum err err = node_open(&n, options);
    if (err != OK) {
        return err;
    }
    struct guard guard = {n, options->logger};
    /* A signal that comes before this thread waits is kept for it. */
    if (pthread_create(&waiter, NULL, wait_for_signals, &guard) != 0) {
        node_close(n);
        return failure_report(options->logger, "thread", "signals", ERR_NOMEM);
    }
    err = node_run(n);
    pthread_kill(waiter, SIGUSR1);
    pthread_join(waiter, NULL);
    bool whole = node_close(n);
    logline_begin(&line, options->logger, LEVEL_INFO, "ended");
    logline_err(&line, err);
    logline_end(&line);
    if (!whole) {
        _exit((int)ending_of(err).status);
    }
    return err;
}

/* Few arenas, for the node is measured by its anonymous memory; yet what frames and commits take in
 * a catch-up is kept for the next ones: to fault a megabyte in anew costs as much as to fold it. */
static void tune_memory(void)
{
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_MMAP_THRESHOLD, 4 * 1024 * 1024);
    mallopt(M_TRIM_THRESHOLD, 24 * 1024 * 1024);
}

static enum err run(const struct command *command)
{
    struct config config;
    config_init(&config);
    enum err err = load_config(command->home, &config);
    const struct logger logger = {.fd = STDERR_FILENO, .level = config.level};
    const struct node_options options = {.home = command->home, .config = &config,
                                         .logger = &logger};
    if (err == OK) {
        err = failure_report(&logger, "libsodium", "self-test", keys_start());
    }
    if (err == OK && command->check) {
        err = node_check(&options);
        enum err program = node_check_program(&options, LEVEL_ERROR);
        err = err == OK ? program : err;
        if (err == OK) {
            printf("%s: ok\n", command->home);
        }
        return err;
    }
    if (err == OK) {
        (void)node_check_program(&options, LEVEL_WARN);
        err = node_check(&options);
    }
    return err == OK || err == ERR_ROLLBACK ? serve(&options) : err;
}

int main(int argc, char **argv)
{
    struct command command;
    tune_memory();
    block_signals();
    enum err err = parse_command(argc, argv, &command);
    if (err == ERR_USAGE) {
        fputs("jielid: wrong command line, see jielid --help\n", stderr);
    } else if (!command.done) {
        err = run(&command);
    }
    return (int)ending_of(err).status;
}
