/* Checks a receipt from the file alone, and says what it proves and what not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/log/home.h"
#include "net/receipt.h"
#include "tools/cmd/lists.h"
#include "tools/command.h"
#include "tools/dates.h"

struct checking {
    struct buffer bytes;
    struct receipt_file file;
    struct receipt receipt;
    enum receipt_link link;
    bool pinned;
};

static const char *link_words(enum receipt_link link)
{
    switch (link) {
    case LINK_FILE: return _("the file is cut short or its frames are not in order");
    case LINK_GENESIS: return _("genesis is damaged, or not that of the ledger expected");
    case LINK_ACT: return _("the act's bytes or signatures do not hold");
    case LINK_REFERRED: return _("the entry that the act refers to is not the one it names");
    case LINK_GOVERNANCE: return _("an admission or enrolment is missing or does not hold");
    case LINK_CERTIFICATE: return _("the certificate of the cosigner's key is missing or does not "
                                    "hold");
    case LINK_PROOF: return _("the proof does not lead from the act to the cosigned head");
    case LINK_HEAD: return _("the head is not one that the log of the act's author signed");
    case LINK_COSIGNATURE: return _("the cosignature does not hold");
    case LINK_NONE: break;
    }
    return "";
}

static int broken(struct session *s, enum receipt_link link, enum err err, const char *path)
{
    char message[HOME_PATH_BYTES + 256];
    if (link == LINK_FILE && err == ERR_FORMAT)
        return session_fail_as(s, err, EXIT_USAGE, _("this file is no receipt of Jieli"),
                               _("receipts are made with: jieli receipt CASE ACT"));
    if (s->json) {
        session_json(json_pack("{s:b,s:s,s:s,s:s,s:i}", "holds", 0, "link",
                               receipt_link_name(link), "error", err_name(err), "message",
                               link_words(link), "exit", EXIT_BROKEN));
        return EXIT_BROKEN;
    }
    snprintf(message, sizeof message, "%s: %s (%s)", path, link_words(link),
             _(err_message(err)));
    return session_fail_as(s, err, EXIT_BROKEN, message,
                           _("it proves nothing; ask its sender for another"));
}

/* ---- what it proves ---- */

static bool delivered(const struct receipt *r)
{
    for (unsigned i = 0; i < r->holder_count; i++)
        if (r->holders[i].concerned)
            return true;
    return false;
}

/* Since when two others than author and offered member hold the offer; 0: not shown. */
static uint64_t witnessed_s(const struct receipt *r)
{
    uint64_t first = 0, second = 0;
    for (unsigned i = 0; r->offered[0] != 0 && i < r->holder_count; i++) {
        uint64_t t = r->holders[i].time_s;
        if (strcmp(r->holders[i].member, r->offered) == 0)
            continue;
        if (first == 0 || t < first) {
            second = first;
            first = t;
        } else if (second == 0 || t < second) {
            second = t;
        }
    }
    return second;
}

static void print_holders(const struct receipt *r)
{
    for (unsigned i = 0; i < r->holder_count; i++) {
        const struct receipt_holder *h = &r->holders[i];
        char when[DATE_TEXT_BYTES];
        time_format(h->time_s, when);
        printf(h->concerned ? _("proves: delivered to %s; its node held the act at %s by its own "
                                "clock%s\n")
                            : _("proves: %s held the act at %s by its own clock%s\n"),
               h->member, when,
               !h->concerned        ? ""
               : h->with_parts      ? _(", with the parts addressed to it")
                                    : _("; that it had the parts too is not shown"));
    }
}

static void print_fiction(const struct receipt *r)
{
    char major[DATE_TEXT_BYTES], general[DATE_TEXT_BYTES];
    uint64_t from_s = witnessed_s(r);
    if (delivered(r) || r->offered[0] == 0)
        return;
    printf(_("does not prove: that %s, to whom the case is offered, held it\n"), r->offered);
    if (from_s == 0)
        return;
    time_format(term_end(term_deemed_delivery(GRADE_MAJOR), from_s), major);
    time_format(term_end(term_deemed_delivery(GRADE_GENERAL), from_s), general);
    printf(_("by the committee's own rule (%s) it is deemed delivered to %s at %s if the hazard is "
             "major, at %s if general, unless that member held it before; this file proves only "
             "that two others held it\n"),
           term_deemed_delivery(GRADE_MAJOR)->basis, r->offered, major, general);
}

static void print_good(const struct checking *c)
{
    const struct receipt *r = &c->receipt;
    const struct kind_row *kind = kind_row(r->act.kind);
    char id[HASH_BYTES * 2 + 1], ledger[HASH_BYTES * 2 + 1], when[DATE_TEXT_BYTES];
    if (hex_encode(id, sizeof id, span_of(r->act.id.b, HASH_BYTES)) != OK ||
        hex_encode(ledger, sizeof ledger, span_of(r->genesis.ledger.b, HASH_BYTES)) != OK)
        return;
    time_format(r->act.time_s, when);
    puts(_("the receipt holds"));
    printf(c->pinned ? _("ledger: %s, as expected\n")
                     : _("ledger: %s; compare it with the id that the committee announced\n"),
           ledger);
    printf(_("act: %s %.8s, entry %llu of the log of %s, claimed %s\n"),
           kind == NULL ? "?" : kind_word(kind), id, (unsigned long long)r->index, r->act.member,
           when);
    for (unsigned i = 0; i < r->act.signer_count; i++)
        printf(_("signed as: %s%s\n"), r->act.signers[i].post,
               r->signers_shown ? _(", enrolled") : _("; the enrolment is not shown"));
    print_holders(r);
    print_fiction(r);
    puts(_("does not prove: that the act is valid in its case, or that somebody read it"));
}

static json_t *holders_json(const struct receipt *r)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < r->holder_count; i++) {
        const struct receipt_holder *h = &r->holders[i];
        json_array_append_new(list, json_pack("{s:s,s:I,s:b,s:s}", "member", h->member, "since_s",
                                              (json_int_t)h->time_s, "concerned",
                                              (int)h->concerned, "parts",
                                              h->with_parts ? "held" : "unproven"));
    }
    return list;
}

static int good_json(const struct checking *c)
{
    const struct receipt *r = &c->receipt;
    const struct kind_row *kind = kind_row(r->act.kind);
    char id[HASH_BYTES * 2 + 1] = "", ledger[HASH_BYTES * 2 + 1] = "";
    uint64_t from_s = delivered(r) ? 0 : witnessed_s(r);
    if (hex_encode(id, sizeof id, span_of(r->act.id.b, HASH_BYTES)) != OK ||
        hex_encode(ledger, sizeof ledger, span_of(r->genesis.ledger.b, HASH_BYTES)) != OK)
        return EXIT_IO;
    json_t *o = json_pack("{s:b,s:s,s:b,s:s,s:s,s:s,s:I,s:I,s:b,s:s,s:o}", "holds", 1, "ledger",
                          ledger, "pinned", (int)c->pinned, "act", id, "kind",
                          kind == NULL ? "" : kind->name, "log", r->act.member, "index",
                          (json_int_t)r->index, "time_s", (json_int_t)r->act.time_s,
                          "signers_shown", (int)r->signers_shown, "proves",
                          delivered(r) ? "delivery" : "holding", "holders", holders_json(r));
    if (from_s != 0)
        json_object_set_new(
            o, "deemed",
            json_pack("{s:s,s:I,s:I,s:I,s:s}", "to", r->offered, "witnessed_s",
                      (json_int_t)from_s, "major_s",
                      (json_int_t)term_end(term_deemed_delivery(GRADE_MAJOR), from_s), "general_s",
                      (json_int_t)term_end(term_deemed_delivery(GRADE_GENERAL), from_s), "basis",
                      term_deemed_delivery(GRADE_MAJOR)->basis));
    return session_json(o);
}

static int pin(struct session *s, struct checking *c, struct hash *out)
{
    size_t len;
    const char *text = args_value(&s->args, "genesis");
    c->pinned = text != NULL;
    if (text != NULL && (hex_decode(out->b, HASH_BYTES, text, strlen(text), &len) != OK ||
                         len != HASH_BYTES))
        return session_usage(s, _("--genesis is the ledger's id, 64 hex digits"), text);
    return EXIT_DONE;
}

static int check(struct session *s, struct checking *c, const char *path)
{
    struct hash pinned;
    int code = pin(s, c, &pinned);
    if (code != EXIT_DONE)
        return code;
    enum err err = file_read(path, RECEIPT_MAX_BYTES, &c->bytes);
    if (err != OK)
        return session_fail_file(s, err, path);
    c->link = LINK_FILE;
    err = receipt_decode(&c->file, buffer_span(&c->bytes));
    if (err == OK)
        err = receipt_verify(&c->file, c->pinned ? &pinned : NULL, &c->receipt, &c->link);
    if (err == ERR_NOMEM)
        return session_fail_at(s, err, path);
    if (err != OK)
        return broken(s, c->link, err, path);
    if (s->json)
        return good_json(c);
    print_good(c);
    return EXIT_DONE;
}

static int verify_run(struct session *s)
{
    const char *path = args_word(&s->args, 0);
    struct checking *c = calloc(1, sizeof *c);
    int code = path == NULL ? session_usage(s, _("name the file of the receipt"), NULL)
               : c == NULL  ? session_fail_at(s, ERR_NOMEM, path)
                            : check(s, c, path);
    if (c != NULL)
        buffer_clear(&c->bytes);
    free(c);
    return code;
}

static const struct option_row verify_options[] = {
    {"genesis", "HASH", N_("id of the ledger, as the committee announced it")},
    {NULL, NULL, NULL},
};

const struct command cmd_verify_receipt = {
    .name = "verify-receipt",
    .usage = "FILE [--genesis HASH]",
    .summary = N_("checks a receipt from the file alone and says what it proves"),
    .example = "jieli verify-receipt delivery.receipt --genesis HASH",
    .options = verify_options,
    .at_home = true,
    .run = verify_run,
};
