/* A subcommand: one file of tools/cmd/ exports one or a few of these; tools/commands.c lists them.
 * To add one: write tools/cmd/<name>.c with `const struct command cmd_<name>`, declare it here, add
 * it to the list. Acts of a case need none: they come from the table of kinds (cmd/act.c). */
#ifndef JIELI_TOOLS_COMMAND_H
#define JIELI_TOOLS_COMMAND_H

#include "tools/exit_code.h"
#include "tools/options.h"
#include "tools/session.h"
#include "tools/words.h"

struct command {
    const char *name;
    const char *usage;                  /* words and options after the name: "CASE [--json]" */
    const char *summary;                /* one line, N_() marked */
    const char *example;                /* a whole command line that works */
    const struct option_row *options;   /* its own, ends with name NULL; NULL for none */
    const struct kind_row *(*kind)(const char *first_word);  /* whose options it takes; or NULL */
    bool keyed;                         /* takes --key as well */
    bool signs;                         /* takes --key, --as, --role: acts have up to 4 signers */
    bool at_home;                       /* works on the home's files: never from a desk */
    bool waits;                         /* and --wait, --timeout */
    int (*run)(struct session *s);      /* returns an enum exit_code */
};

extern const struct command cmd_genesis, cmd_init, cmd_admit, cmd_officer, cmd_duty, cmd_members,
    cmd_cases, cmd_show, cmd_inbox, cmd_blindspots, cmd_whose, cmd_status, cmd_draft, cmd_drafts,
    cmd_sign, cmd_doctor, cmd_bundle, cmd_audit, cmd_export, cmd_fold, cmd_export_tiles, cmd_vkey,
    cmd_receipt, cmd_verify_receipt, cmd_desk, cmd_invite, cmd_enrol, cmd_unlock, cmd_lock,
    cmd_part, cmd_suspend;

/* i-th command of the table; NULL past the end. */
const struct command *command_at(unsigned i);
const struct command *command_find(const char *name);
/* Whether it takes --key; NULL stands for an act. */
bool command_keyed(const struct command *c);

/* Every command takes these; those that sign, the second table too. */
extern const struct option_row common_options[], key_options[], signing_options[];
/* Acts take these, and commands that append one entry and nothing else. */
extern const struct option_row waiting_options[];

/* The act commands: whether `name` is a built act of a case, and its run. */
const struct kind_row *act_kind(const char *name);
int act_run(struct session *s, const struct kind_row *kind);
/* Facts, parts and payload of an act from the command line; the first word is the case. */
struct writing;
struct part_inputs;
int act_compose(struct session *s, const struct kind_row *kind, struct writing *w,
                struct part_inputs *parts);
/* Options of an act, from the tables of kinds and facts; ends with name NULL. */
enum { ACT_MAX_OPTIONS = 2 * KIND_MAX_FACTS + 14 };
void act_options(const struct kind_row *kind, struct option_row out[ACT_MAX_OPTIONS]);

/* --help. */
void help_all(void);
void help_command(const struct command *c);
void help_act(const struct kind_row *kind);

#endif
