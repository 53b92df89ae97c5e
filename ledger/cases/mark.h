/* Marks a text of a table for the translation catalogue without translating it. */
#ifndef JIELI_LEDGER_CASES_MARK_H
#define JIELI_LEDGER_CASES_MARK_H

#define N_(text) text

#endif
