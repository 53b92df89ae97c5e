#include "tools/passphrase.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "crypto/keys.h"
#include "tools/command.h"
#include "tools/words.h"

struct passphrase { char path[HOME_PATH_BYTES], text[PASSPHRASE_BYTES]; };

static bool read_line(FILE *in, char out[PASSPHRASE_BYTES])
{
    if (fgets(out, PASSPHRASE_BYTES, in) == NULL)
        return false;
    out[strcspn(out, "\r\n")] = 0;
    return out[0] != 0;
}

static bool ask_hidden(FILE *terminal, const char *prompt, char out[PASSPHRASE_BYTES])
{
    struct termios before, silent;
    if (tcgetattr(fileno(terminal), &before) != 0)
        return false;
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    fputs(prompt, terminal);
    fflush(terminal);
    if (tcsetattr(fileno(terminal), TCSAFLUSH, &silent) != 0)
        return false;
    bool got = read_line(terminal, out);
    (void)tcsetattr(fileno(terminal), TCSAFLUSH, &before);
    fputc('\n', terminal);
    return got;
}

static int from_file(struct session *s, const char *path, char out[PASSPHRASE_BYTES])
{
    FILE *in = fopen(path, "re");
    if (in == NULL)
        return session_fail_at(s, ERR_NOTFOUND, path);
    setvbuf(in, NULL, _IONBF, 0);
    bool got = read_line(in, out);
    fclose(in);
    return got ? EXIT_DONE : session_fail_at(s, ERR_PASSPHRASE, path);
}

/* Length of a path without ".desk" at its end: of the key it belongs to. */
static size_t stem(const char *path)
{
    size_t len = strlen(path), tail = strlen(".desk");
    return len > tail && strcmp(path + len - tail, ".desk") == 0 ? len - tail : len;
}

static bool recall(const struct session *s, const char *path, char out[PASSPHRASE_BYTES])
{
    const struct passphrase *p = s->passphrase;
    if (p == NULL || stem(p->path) != stem(path) || strncmp(p->path, path, stem(path)) != 0)
        return false;
    memcpy(out, p->text, PASSPHRASE_BYTES);
    return true;
}

static void keep(struct session *s, const char *path, const char text[PASSPHRASE_BYTES])
{
    if (s->passphrase == NULL)
        s->passphrase = calloc(1, sizeof *s->passphrase);
    if (s->passphrase == NULL)
        return;
    snprintf(s->passphrase->path, sizeof s->passphrase->path, "%s", path);
    memcpy(s->passphrase->text, text, PASSPHRASE_BYTES);
}

void passphrase_forget(struct session *s)
{
    if (s->passphrase != NULL)
        wipe(s->passphrase, sizeof *s->passphrase);
    free(s->passphrase);
    s->passphrase = NULL;
}

/* What reads only, from a desk, takes no such option: its keys are opened before. */
static const char *no_terminal_hint(const struct session *s)
{
    return command_keyed(command_find(s->name))
               ? _("give --passphrase-file FILE")
               : _("open the key first: jieli unlock --passphrase-file FILE");
}

static int from_terminal(struct session *s, const char *path, bool twice,
                         char out[PASSPHRASE_BYTES])
{
    char prompt[HOME_PATH_BYTES + 64], again[PASSPHRASE_BYTES];
    FILE *terminal = fopen("/dev/tty", "r+e");
    if (terminal == NULL)
        return session_fail(s, ERR_PASSPHRASE, _("a passphrase is needed and there is no terminal"),
                            no_terminal_hint(s));
    setvbuf(terminal, NULL, _IONBF, 0);
    snprintf(prompt, sizeof prompt, _("passphrase for %s: "), path);
    bool got = ask_hidden(terminal, prompt, out);
    bool same = got && (!twice || (ask_hidden(terminal, _("once more: "), again) &&
                                   strcmp(out, again) == 0));
    fclose(terminal);
    wipe(again, sizeof again);
    if (same) {
        keep(s, path, out);
        return EXIT_DONE;
    }
    wipe(out, PASSPHRASE_BYTES);
    return session_fail(s, ERR_PASSPHRASE, got ? _("the two passphrases differ")
                                               : _("no passphrase was given"), NULL);
}

int passphrase_ask(struct session *s, const char *path, bool twice, char out[PASSPHRASE_BYTES])
{
    const char *file = args_value(&s->args, "passphrase-file");
    if (file != NULL)
        return from_file(s, file, out);
    return !twice && recall(s, path, out) ? EXIT_DONE : from_terminal(s, path, twice, out);
}
