#include "ledger/query/query.h"

#include <string.h>

#include "ledger/query/answer.h"

static const struct { const char *name; void (*answer)(struct answer *a); } questions[] = {
    {"cases", answer_cases},           {"show", answer_show},
    {"inbox", answer_inbox},           {"blindspots", answer_blindspots},
    {"whose", answer_whose},           {"propose", answer_propose},
    {"duties", answer_duties},         {"members", answer_members},
    {"officers", answer_officers},     {"status", answer_status},
    {"compose", answer_compose},
};

static void put_heads(struct answer *a)
{
    json_t *heads = answer_object(a, a->reply, "heads");
    const struct log *log;
    for (unsigned i = 0; (log = ledger_log_at(a->l, i)) != NULL; i++)
        answer_put(a, heads, log->member, json_of_number(log->head_size));
}

static void answer(struct answer *a)
{
    const char *name = answer_asked(a, "query");
    for (size_t i = 0; name != NULL && i < sizeof questions / sizeof questions[0]; i++) {
        if (strcmp(questions[i].name, name) == 0) {
            questions[i].answer(a);
            return;
        }
    }
    answer_refuse(a, ERR_UNSUPPORTED, "this software does not know that question");
}

enum err query_run(struct ledger *l, const json_t *request, uint64_t as_of_s, json_t **reply)
{
    struct answer a = {.l = l, .roster = ledger_roster(l), .request = request,
                       .as_of_s = as_of_s, .reply = json_object()};
    if (a.reply == NULL)
        return ERR_NOMEM;
    answer_put(&a, a.reply, "as_of_s", json_of_number(as_of_s));
    put_heads(&a);
    answer(&a);
    if (a.err != OK) {
        json_decref(a.reply);
        a.reply = NULL;
    }
    *reply = a.reply;
    return a.err;
}
