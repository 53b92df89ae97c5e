#include "tools/home_open.h"

#include "ledger/log/home.h"
#include "tools/desk.h"
#include "tools/words.h"

void home_config(const char *home, struct config *out)
{
    char path[HOME_PATH_BYTES];
    struct config_error why;
    if (home_path(path, sizeof path, home, CONFIG_FILE) != OK ||
        config_read(out, path, &why) != OK)
        config_init(out);
}

static enum err open_as(const struct session *s, enum ledger_mode mode, struct ledger **out)
{
    struct config config;
    home_config(s->home, &config);
    const struct ledger_options options = {
        .home = s->home,
        .pinned = config.has_ledger ? &config.ledger : NULL,
        .member = config.member[0] == 0 ? NULL : config.member,
        .mode = mode,
    };
    return ledger_open(out, &options);
}

static int open_failed(struct session *s, enum err err)
{
    bool foreign = err == ERR_NOTFOUND || err == ERR_PERMISSION;
    if (!foreign || desk_node(&s->args) == NULL)
        return session_fail_home(s, err);
    return session_fail(s, ERR_USAGE, _("this command works on the node's own computer"),
                        _("this is an officer's desk: give it there, or name the node's home here "
                          "with --home DIR"));
}

int home_open_read(struct session *s, struct ledger **out)
{
    enum err err = s->ledger == NULL ? open_as(s, LEDGER_READ, &s->ledger) : OK;
    *out = s->ledger;
    return err == OK ? EXIT_DONE : open_failed(s, err);
}

int home_open_write(struct session *s, struct ledger **out)
{
    *out = NULL;
    enum err err = open_as(s, LEDGER_WRITE, out);
    return err == OK || err == ERR_LOCKED ? EXIT_DONE : open_failed(s, err);
}
