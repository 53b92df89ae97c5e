/* The acts of a case, step by step. */
#include <stdio.h>
#include <string.h>

#include "tools/load/govern.h"

enum { ACT_MAX_FACTS = 8, LOAD_PARTS = 4 };

struct facts {
    struct buffer bytes;
    unsigned count;
    struct { uint32_t id; size_t from, to; } items[ACT_MAX_FACTS];
    enum err err;
};

static const uint32_t shared_steps[LOAD_CASE_ACTS] = {
    KIND_REPORT, KIND_OFFER, KIND_ACCEPT, KIND_ORDER,
    KIND_PROGRESS, KIND_RECTIFIED, KIND_VERIFY, KIND_CLOSE,
};
static const uint32_t alone_steps[LOAD_CASE_ACTS] = {
    KIND_REPORT, KIND_CONTROL, KIND_PLAN, KIND_ORDER,
    KIND_PROGRESS, KIND_RECTIFIED, KIND_VERIFY, KIND_CLOSE,
};

static void put_uint(struct facts *f, uint32_t id, uint64_t value)
{
    struct cbor_out w;
    size_t from = f->bytes.len;
    cbor_out_init(&w, &f->bytes);
    cbor_put_uint(&w, value);
    f->items[f->count].id = id;
    f->items[f->count].from = from;
    f->items[f->count++].to = f->bytes.len;
    f->err = f->err == OK ? w.err : f->err;
}

static void put_text(struct facts *f, uint32_t id, const char *value)
{
    struct cbor_out w;
    size_t from = f->bytes.len;
    cbor_out_init(&w, &f->bytes);
    cbor_put_text(&w, value);
    f->items[f->count].id = id;
    f->items[f->count].from = from;
    f->items[f->count++].to = f->bytes.len;
    f->err = f->err == OK ? w.err : f->err;
}

/* Facts in rising order of their numbers, much as officers fill them in. */
static void put_facts(struct load *l, uint32_t kind, const struct load_case *c, struct facts *f)
{
    static const char *const sectors[] = {"whp", "rq", "jzsg", "dljt", "xf", "tzsb"};
    char doc_no[64];
    snprintf(doc_no, sizeof doc_no, "示例安委办〔2026〕%u号", (unsigned)(load_random(l) % 10000));
    switch (kind) {
    case KIND_REPORT:
        put_text(f, FACT_SECTOR, sectors[load_random(l) % 6]);
        put_text(f, FACT_DISTRICT, "echeng");
        put_uint(f, FACT_GRADE, GRADE_GENERAL);
        put_uint(f, FACT_SOURCE, 1 + load_random(l) % 4);
        put_text(f, FACT_CLAUSE, "本委约定·隐患判定要点 示例第三款第二项");
        put_uint(f, FACT_FOUND_ON, 20454);
        break;
    case KIND_OFFER:
        put_text(f, FACT_TO, l->members[c->worker].id);
        put_text(f, FACT_CLAUSE, "安全生产法第六十九条；职责清单");
        put_uint(f, FACT_GROUND, GROUND_COMPETENT);
        break;
    case KIND_ORDER:
        put_text(f, FACT_CLAUSE, "本委约定·责令整改 示例第一款");
        put_uint(f, FACT_DUE_ON, 20484);
        put_text(f, FACT_DOC_NO, doc_no);
        break;
    case KIND_PLAN:
        put_uint(f, FACT_DUE_ON, 20484);
        put_text(f, FACT_DOC_NO, doc_no);
        put_uint(f, FACT_FIVE, 31);
        break;
    case KIND_RECTIFIED:
        put_text(f, FACT_DOC_NO, doc_no);
        put_text(f, FACT_VERIFIER, l->members[c->worker].id);
        put_uint(f, FACT_APPLIED_ON, 20480);
        break;
    case KIND_VERIFY:
        put_text(f, FACT_CLAUSE, "现场复查，隐患已消除，资料齐全");
        put_text(f, FACT_DOC_NO, doc_no);
        put_uint(f, FACT_OUTCOME, OUTCOME_PASS);
        break;
    case KIND_PROGRESS:
    case KIND_CONTROL:
        put_text(f, FACT_DOC_NO, doc_no);
        put_text(f, FACT_NOTE_CODE, "设置警戒");
        break;
    default: put_text(f, FACT_DOC_NO, doc_no); break;
    }
}

/* Commitments of a text and photographs that nobody holds. */
static void put_parts(struct load *l, const struct load_case *c, struct part_ref parts[LOAD_PARTS])
{
    for (unsigned i = 0; i < LOAD_PARTS; i++) {
        parts[i] = (struct part_ref){.role = i > 0 ? PART_PHOTO : PART_TEXT, .mode = PART_OPEN,
                                     .padded_bytes = i > 0 ? 262144 : 1024};
        for (unsigned k = 0; k < HASH_BYTES; k += 8)
            store_u64(parts[i].commitment.b + k, load_random(l));
    }
    if (c->step == 0)
        parts[0].role = PART_SUBJECT;
}

static uint32_t kind_of(const struct load_case *c)
{
    return c->reporter == c->worker ? alone_steps[c->step] : shared_steps[c->step];
}

void load_case_init(struct load_case *c, unsigned reporter, unsigned worker)
{
    memset(c, 0, sizeof *c);
    c->reporter = reporter;
    c->worker = worker;
}

static enum err act_sign(struct load *l, const struct load_case *c, unsigned member,
                         struct entry_draft *d, struct buffer *out)
{
    const struct load_member *m = &l->members[member];
    const struct load_signing handler[1] = {{m->handler, LOAD_POST_HANDLER, ROLE_HANDLE}};
    const struct load_signing verifiers[2] = {{m->verifiers[0], POST_VERIFIER, ROLE_VERIFY},
                                              {m->verifiers[1], POST_VERIFIER, ROLE_VERIFY}};
    bool verify = kind_of(c) == KIND_VERIFY;
    return load_sign(l, d, verify ? verifiers : handler, verify ? 2 : 1, out);
}

enum err load_act(struct load *l, const struct load_case *c, struct buffer *out, unsigned *member)
{
    struct facts f = {.count = 0};
    struct fact facts[ACT_MAX_FACTS];
    struct part_ref parts[LOAD_PARTS];
    struct entry_draft d;
    const uint32_t kind = kind_of(c);
    *member = c->step < 2 ? c->reporter : c->worker;
    load_draft(l, *member, kind, &d);
    put_facts(l, kind, c, &f);
    for (unsigned i = 0; i < f.count; i++)
        facts[i] = (struct fact){f.items[i].id, span_of(f.bytes.data + f.items[i].from,
                                                        f.items[i].to - f.items[i].from)};
    put_parts(l, c, parts);
    d.facts = facts;
    d.fact_count = f.count;
    d.parts = parts;
    d.part_count = l->options.alone ? 0 : LOAD_PARTS;
    d.has_case = c->step > 0;
    d.case_id = c->id;
    d.ref_count = c->step > LOAD_MAX_REFS ? LOAD_MAX_REFS : c->step;
    if (!l->options.alone && c->step > 0)
        d.ref_count = 1;
    d.refs = &c->past[c->step - d.ref_count];
    d.has_base = kind == KIND_OFFER || kind == KIND_ACCEPT;
    d.base = c->base;
    enum err err = f.err == OK ? act_sign(l, c, *member, &d, out) : f.err;
    buffer_clear(&f.bytes);
    return err;
}

void load_moved(struct load_case *c, struct span entry)
{
    struct hash *id = &c->past[c->step];
    merkle_leaf(entry, id);
    if (c->step == 0)
        c->id = *id;
    if (c->step < 2)
        c->base = *id;
    c->step++;
}

enum err load_taken(struct load *l, struct load_case *c, unsigned member, struct span entry)
{
    struct hash id;
    enum err err = load_append(&l->members[member], entry, &id);
    if (err != OK)
        return err;
    l->entries++;
    l->bytes += entry.len;
    load_moved(c, entry);
    return OK;
}
