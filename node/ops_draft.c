#include <stdlib.h>

#include "node/clock.h"
#include "node/drafts.h"
#include "node/ops.h"

enum err ops_draft_put(struct node *n, const struct ipc_request *request, struct answer *answer)
{
    char fresh[DRAFT_ID_BYTES];
    const char *id = ops_text(request, "draft");
    struct store *store = ledger_store(n->ledger);
    struct span draft = buffer_span(&request->blob);
    enum err err = id == NULL ? drafts_add(store, draft, clock_unix_s(), fresh)
                              : drafts_replace(store, id, draft, clock_unix_s());
    if (err == ERR_UNCERTAIN) {
        n->fatal = err;
    }
    if (err == OK) {
        answer->reply = json_pack("{s:s}", "draft", id == NULL ? fresh : id);
    }
    return err;
}

enum err ops_draft_get(struct node *n, const struct ipc_request *request, struct answer *answer)
{
    const char *id = ops_text(request, "draft");
    if (id == NULL) {
        return ERR_FORMAT;
    }
    enum err err = drafts_get(ledger_store(n->ledger), id, clock_unix_s(), &answer->blob);
    answer->reply = err == OK ? json_pack("{s:s}", "draft", id) : NULL;
    return err;
}

static json_t *list_json(const struct draft_info *drafts, unsigned count)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++) {
        json_array_append_new(list, json_pack("{s:s, s:I, s:I}", "draft", drafts[i].id,
                                              "created_s", (json_int_t)drafts[i].created_s,
                                              "bytes", (json_int_t)drafts[i].bytes));
    }
    return json_pack("{s:o}", "drafts", list);
}

enum err ops_draft_list(struct node *n, const struct ipc_request *request, struct answer *answer)
{
    unsigned count = 0;
    struct draft_info *drafts = calloc(DRAFTS_MAX, sizeof *drafts);
    (void)request;
    if (drafts == NULL) {
        return ERR_NOMEM;
    }
    enum err err = drafts_list(ledger_store(n->ledger), clock_unix_s(), drafts, &count);
    if (err == OK) {
        answer->reply = list_json(drafts, count);
    }
    free(drafts);
    return err;
}

enum err ops_draft_del(struct node *n, const struct ipc_request *request, struct answer *answer)
{
    const char *id = ops_text(request, "draft");
    enum err err = id == NULL ? ERR_FORMAT : drafts_remove(ledger_store(n->ledger), id);
    if (err == ERR_UNCERTAIN) {
        n->fatal = err;
    }
    answer->reply = err == OK ? json_object() : NULL;
    return err;
}
