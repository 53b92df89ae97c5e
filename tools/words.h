/* The words that people read: English in the source, Chinese by default, English with
 * JIELI_LANG=en. The catalogue lies beside the program (locale/zh_CN/LC_MESSAGES/jieli.mo) or in
 * /usr/share/locale. */
#ifndef JIELI_TOOLS_WORDS_H
#define JIELI_TOOLS_WORDS_H

#include <stdbool.h>

#include "ledger/cases/kinds.h"
#include "ledger/cases/mark.h"

/* Once, before anything is printed. Needs no locale but C.UTF-8 and no environment. */
void words_start(void);
bool words_chinese(void);

/* The translation of an English sentence; itself where there is none. Static. */
const char *word(const char *english) __attribute__((format_arg(1)));
#define _(english) word(english)

/* Statutory words of the tables: the Chinese label, or the English name. Static. */
const char *kind_word(const struct kind_row *row);
const char *code_word(const struct code_row *code);
/* Word of a code by the fact's and the code's names in JSON; the name itself when unknown. */
const char *code_word_of(const char *fact_name, const char *code_name);

#endif
