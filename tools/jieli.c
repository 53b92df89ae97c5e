/* The command line of Jieli: finds the subcommand and runs it. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/keys.h"
#include "tools/command.h"
#include "tools/waiting.h"

static int explain(struct session *s, const struct option_row *const *tables, unsigned count,
                   enum args_fault fault, const char *at)
{
    char text[256];
    const char *near;
    switch (fault) {
    case ARGS_UNKNOWN:
        near = args_nearest(tables, count, at);
        if (near == NULL)
            return session_usage(s, _("no such option"), at);
        snprintf(text, sizeof text, _("no such option, did you mean --%s"), near);
        return session_usage(s, text, at);
    case ARGS_NO_VALUE: return session_usage(s, _("this option needs a value"), at);
    case ARGS_NO_FLAG_VALUE: return session_usage(s, _("this option takes no value"), at);
    case ARGS_TOO_MANY: return session_usage(s, _("too many arguments"), at);
    case ARGS_FINE: break;
    }
    return EXIT_USAGE;
}

static bool help_asked(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    }
    return false;
}

/* Parses argv by the tables and runs the command, or the act where there is no command. */
static int parse_and_run(const struct command *c, const struct kind_row *kind, int argc,
                         char **argv)
{
    struct option_row rows[ACT_MAX_OPTIONS] = {{NULL, NULL, NULL}};
    const struct option_row *tables[6] = {c == NULL ? NULL : c->options, rows, common_options,
                                          command_keyed(c) ? key_options : NULL,
                                          c == NULL || c->signs ? signing_options : NULL,
                                          c == NULL || c->waits ? waiting_options : NULL};
    struct args args;
    struct session s;
    enum args_fault fault;
    const char *at;
    if (kind != NULL)
        act_options(kind, rows);
    enum err err = args_parse(&args, argc, argv, tables, 6, &fault, &at);
    session_init(&s, c == NULL ? kind->name : c->name, &args);
    if (c != NULL && c->at_home)
        s.node = NULL;
    s.waits = c == NULL || c->waits;
    int code = err == OK ? waiting_check(&s) : explain(&s, tables, 6, fault, at);
    if (code == EXIT_DONE && c != NULL && c->at_home && args_has(&args, "node"))
        code = session_usage(&s, _("this command works on the node's own computer"), "--node");
    if (code == EXIT_DONE)
        code = c == NULL ? act_run(&s, kind) : c->run(&s);
    session_clear(&s);
    return code;
}

static int run_command(const struct command *c, int argc, char **argv)
{
    const struct kind_row *kind = c->kind == NULL || argc == 0 ? NULL : c->kind(argv[0]);
    if (help_asked(argc, argv)) {
        help_command(c);
        if (kind != NULL)
            help_act(kind);
        return EXIT_DONE;
    }
    return parse_and_run(c, kind, argc, argv);
}

static int run_act(const struct kind_row *kind, int argc, char **argv)
{
    if (help_asked(argc, argv)) {
        help_act(kind);
        return EXIT_DONE;
    }
    return parse_and_run(NULL, kind, argc, argv);
}

static int no_command(const char *name, int argc, char **argv)
{
    char message[256];
    struct session s = {.name = name};
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        s.json = s.json || strcmp(argv[i], "--json") == 0;
    snprintf(message, sizeof message, _("there is no command %s"), name);
    return session_fail(&s, ERR_USAGE, message, _("`jieli --help` lists them"));
}

static int run(const char *name, int argc, char **argv)
{
    const struct command *command = command_find(name);
    if (command != NULL)
        return run_command(command, argc, argv);
    const struct kind_row *kind = act_kind(name);
    if (kind != NULL)
        return run_act(kind, argc, argv);
    return no_command(name, argc, argv);
}

/* The map of the database cannot be read: the disk failed, or its pages are broken. */
static void on_unreadable(int number)
{
    static const char LINE[] =
        "jieli: db/data.mdb 无法读取或已损坏：检查磁盘和内存；不要用旧副本覆盖本节点目录\n"
        "jieli: db/data.mdb cannot be read or is damaged: check disk and memory; put no old copy "
        "over this home\n";
    (void)number;
    ssize_t told = write(STDERR_FILENO, LINE, sizeof LINE - 1);
    _exit(told < 0 ? EXIT_IO : EXIT_BROKEN);
}

int main(int argc, char **argv)
{
    signal(SIGBUS, on_unreadable);
    words_start();
    if (keys_start() != OK) {
        fprintf(stderr, _("jieli: the library of signatures fails its self-test\n"));
        return EXIT_BROKEN;
    }
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        help_all();
        return argc < 2 ? EXIT_USAGE : EXIT_DONE;
    }
    int code = run(argv[1], argc - 2, argv + 2);
    if (fflush(stdout) != 0 && code == EXIT_DONE)
        code = EXIT_IO;
    return code;
}
