/* What the reading commands share: how a case stands in words, and tables of cases. */
#ifndef JIELI_TOOLS_CMD_LISTS_H
#define JIELI_TOOLS_CMD_LISTS_H

#include "tools/session.h"

/* Text of a key, "" when absent; number of a key, 0 when absent. */
const char *text_at(const json_t *o, const char *key);
uint64_t number_at(const json_t *o, const char *key);

/* 在办, 待接收, 已销号(已入账), 已结案 …: one word of how a case stands. Static. */
const char *case_word(const json_t *c);
/* Its title, or in words why it is not shown. */
const char *case_title(const json_t *c);
/* 密封, 未到, 已删除: how a part stands that is not shown. Static; "" for one that is here. */
const char *part_word(const char *state);
/* Orders of erasure with who has not confirmed; nothing for an empty list. */
void print_erasures(struct session *s, const json_t *orders);
/* A table of cases under a heading; nothing for an empty list. */
void print_cases(struct session *s, const char *heading, const json_t *cases);
/* Members of a list of ids, with commas. */
void join_members(struct session *s, const json_t *ids, char *out, size_t out_bytes);

#endif
