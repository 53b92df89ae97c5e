/* Keys kept open for a quarter of an hour: unlock, lock. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/agent_link.h"
#include "tools/command.h"
#include "tools/dates.h"
#include "tools/desk.h"
#include "tools/desk_key.h"
#include "tools/officer_key.h"
#include "tools/passphrase.h"

/* --key, JIELI_KEY, else the key that the desk's file names. */
static int key_path(struct session *s, const char **out)
{
    *out = args_value(&s->args, "key");
    if (*out == NULL)
        *out = getenv("JIELI_KEY");
    if ((*out == NULL || (*out)[0] == 0) && s->node != NULL) {
        int code = desk_open(s);
        if (code != EXIT_DONE)
            return code;
        *out = s->desk->file.key;
    }
    return *out != NULL && (*out)[0] != 0
               ? EXIT_DONE
               : session_usage(s, _("no key to work with: give --key FILE or set JIELI_KEY"), NULL);
}

/* Opens one file and hands it to the agent. */
static int hand_over(struct session *s, const char *path, enum keyfile_kind kind)
{
    char passphrase[PASSPHRASE_BYTES] = "";
    uint8_t secret[32];
    struct hash name;
    int code = passphrase_ask(s, path, false, passphrase);
    if (code != EXIT_DONE)
        return code;
    enum err err = keyfile_read(path, kind, passphrase, secret);
    wipe(passphrase, sizeof passphrase);
    if (err == OK)
        err = agent_name(path, &name);
    if (err != OK) {
        wipe(secret, sizeof secret);
        return session_fail_key(s, err, path);
    }
    err = agent_add(&name, kind, secret);
    wipe(secret, sizeof secret);
    return err == OK ? EXIT_DONE : session_fail_at(s, err, _("the agent"));
}

static int tell(struct session *s, const char *path)
{
    char until[DATE_TEXT_BYTES];
    uint64_t until_s = (uint64_t)time(NULL) + AGENT_KEEP_S;
    if (s->json)
        return session_json(json_pack("{s:s,s:I}", "key", path, "until_s", (json_int_t)until_s));
    time_format(until_s, until);
    printf(_("%s stays open until %s; earlier: jieli lock\n"), path, until);
    return EXIT_DONE;
}

static int unlock_run(struct session *s)
{
    char desk[HOME_PATH_BYTES];
    const char *path;
    bool encrypted = false;
    int code = key_path(s, &path);
    if (code != EXIT_DONE)
        return code;
    enum err err = keyfile_encrypted(path, &encrypted);
    if (err != OK)
        return session_fail_key(s, err, path);
    if (!encrypted)
        return session_usage(s, _("this key has no passphrase: there is nothing to unlock"), path);
    err = agent_start();                  /* before a passphrase is in memory */
    if (err != OK)
        return session_fail_at(s, err, _("the agent"));
    code = hand_over(s, path, KEYFILE_ED25519);
    if (code == EXIT_DONE)
        code = desk_key_path(s, path, desk);
    if (code == EXIT_DONE && keyfile_encrypted(desk, &encrypted) == OK && encrypted)
        code = hand_over(s, desk, KEYFILE_X25519);
    return code == EXIT_DONE ? tell(s, path) : code;
}

static int lock_run(struct session *s)
{
    enum err err = agent_lock();
    if (err != OK && err != ERR_NOTFOUND)
        return session_fail_at(s, err, _("the agent"));
    if (s->json)
        return session_json(json_pack("{s:b}", "open", 0));
    puts(_("all keys are locked"));
    return EXIT_DONE;
}

const struct command cmd_unlock = {
    .name = "unlock",
    .usage = "[--key FILE]",
    .summary = N_("keeps an officer's key open for 15 minutes, its desk's too"),
    .example = "jieli unlock --key ~/e107.key",
    .keyed = true,
    .run = unlock_run,
};

const struct command cmd_lock = {
    .name = "lock",
    .usage = "",
    .summary = N_("forgets every key that `unlock` keeps open"),
    .example = "jieli lock",
    .run = lock_run,
};
