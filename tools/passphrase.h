/* Passphrases from the terminal, or from a file for scripts. */
#ifndef JIELI_TOOLS_PASSPHRASE_H
#define JIELI_TOOLS_PASSPHRASE_H

#include "tools/session.h"

enum { PASSPHRASE_BYTES = 1024 };

/* Fills `out` from --passphrase-file, else asks on the terminal without echo (`twice` for a new
 * one). EXIT_DONE, or the failure printed. The caller wipes `out`.
 * What was typed is not asked again in the same run for a key and its desk's (FILE, FILE.desk). */
int passphrase_ask(struct session *s, const char *path, bool twice, char out[PASSPHRASE_BYTES]);

/* Wipes what was typed. */
void passphrase_forget(struct session *s);

#endif
