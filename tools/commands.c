#include <string.h>

#include "tools/command.h"

static const struct command *const commands[] = {
    &cmd_genesis, &cmd_init,       &cmd_admit, &cmd_officer, &cmd_duty,  &cmd_members, &cmd_cases,
    &cmd_show,    &cmd_part,       &cmd_inbox, &cmd_blindspots, &cmd_whose, &cmd_status, &cmd_draft,
    &cmd_drafts,  &cmd_sign,       &cmd_doctor, &cmd_bundle, &cmd_audit, &cmd_export, &cmd_fold,
    &cmd_export_tiles, &cmd_receipt, &cmd_verify_receipt, &cmd_vkey, &cmd_desk,
    &cmd_invite, &cmd_enrol, &cmd_unlock, &cmd_lock, &cmd_suspend,
};

const struct option_row common_options[] = {
    {"home", "DIR", N_("the node's home; else JIELI_HOME, else /var/lib/jieli")},
    {"node", "tcp://HOST:PORT", N_("from an officer's desk: the node; else JIELI_NODE, else as the "
                                   "desk's file says")},
    {"socket", "PATH", N_("the node's socket, where it is not in its home")},
    {"json", NULL, N_("answer as one JSON object, for programs")},
    {"help", NULL, N_("this help")},
    {NULL, NULL, NULL},
};

const struct option_row key_options[] = {
    {"key", "FILE", N_("key file of the officer who signs; else JIELI_KEY")},
    {"passphrase-file", "FILE", N_("first line is the passphrase of the key files")},
    {NULL, NULL, NULL},
};

const struct option_row signing_options[] = {
    {"key2", "FILE", N_("key file of a second signer; --key3 and --key4 likewise")},
    {"key3", "FILE", N_("key file of a third signer")},
    {"key4", "FILE", N_("key file of a fourth signer")},
    {"as", "POST", N_("post that is signed as, once for each key in their order")},
    {"role", "ROLE", N_("handle, review, issue or verify, once for each key in their order")},
    {NULL, NULL, NULL},
};

const struct option_row waiting_options[] = {
    {"wait", "LEVEL", N_("wait until it is mirrored, mirrored=N or delivered; else exit code 11")},
    {"timeout", "SECONDS", N_("how long --wait waits (60)")},
    {NULL, NULL, NULL},
};

const struct command *command_at(unsigned i)
{
    return i < sizeof commands / sizeof commands[0] ? commands[i] : NULL;
}

const struct command *command_find(const char *name)
{
    const struct command *c;
    for (unsigned i = 0; (c = command_at(i)) != NULL; i++) {
        if (strcmp(c->name, name) == 0)
            return c;
    }
    return NULL;
}

bool command_keyed(const struct command *c)
{
    return c == NULL || c->signs || c->keyed;
}
