/* A home in a temporary folder with a store and one log, for tests of ledger/log. */
#ifndef JIELI_TESTS_SUPPORT_LOG_FIXTURE_H
#define JIELI_TESTS_SUPPORT_LOG_FIXTURE_H

#include "ledger/log/log.h"

struct log_fixture {
    char home[128], db[160];
    struct store *store;
    struct signkey *key;
    struct log log;
};

/* Every step asserts; the folder is removed by log_fixture_clear. */
void log_fixture_init(struct log_fixture *f);
void log_fixture_clear(struct log_fixture *f);
/* Closes the store and opens it again, loads the log: a restart. */
void log_fixture_reopen(struct log_fixture *f);
void scratch_create(char *path, size_t path_bytes);
void scratch_remove(const char *path);
/* Reads or writes a whole file of the home, for copies and damage. */
void fixture_file_copy(const char *from, const char *to);

/* Appends entries "entry <i>" up to size `to`, within `t`. */
enum err entries_append(struct txn *t, struct log *log, uint64_t to);
/* The same in its own durable transaction. */
void log_fixture_grow(struct log_fixture *f, uint64_t to);
/* "entry <i>" into text (32 bytes). */
struct span entry_text(char *text, uint64_t i);
/* Root of the first `size` of them, computed apart from the store. */
void entries_root(uint64_t size, struct hash *out);

#endif
