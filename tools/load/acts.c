/* The acts of a case, step by step. */
#include <stdio.h>
#include <string.h>

#include "tools/load/govern.h"

enum { ACT_MAX_FACTS = 12, LOAD_PARTS = 4, FOUND_ON = 20454, DUE_ON = 20484, ALL_FIVE = 31 };

struct facts {
    struct buffer bytes;
    unsigned count;
    struct { uint32_t id; size_t from, to; } items[ACT_MAX_FACTS];
    enum err err;
};

struct act_seed { struct load *l; const struct load_case *c; const struct load_step *step; };

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

static const char *named(const struct act_seed *s)
{
    return s->l->members[s->c->parties[s->step->to]].id;
}

static void put_opening(const struct act_seed *s, struct facts *f)
{
    static const char *const districts[] = {"echeng", "huarong", "liangzihu", "gedian", "linkong"};
    const bool assigned = s->step->kind == KIND_ASSIGN;
    const bool sent = s->step->to < PARTY_LISTER;
    if (sent)
        put_text(f, FACT_TO, named(s));
    put_text(f, FACT_SECTOR, s->l->sectors[s->c->sector].id);
    put_text(f, FACT_DISTRICT, districts[load_random(s->l) % 5]);
    put_uint(f, FACT_GRADE, GRADE_GENERAL);
    put_uint(f, FACT_SOURCE, 1 + load_random(s->l) % 4);
    put_text(f, FACT_CLAUSE, "本委约定·隐患判定要点 示例第三款第二项");
    put_uint(f, FACT_FOUND_ON, FOUND_ON);
    if (assigned)
        put_uint(f, FACT_DUE_ON, DUE_ON);
    else if (sent)
        put_uint(f, FACT_GROUND, GROUND_COMPETENT);
    if (assigned)
        put_uint(f, FACT_AUTHORITY, AUTHORITY_OFFICE);
}

/* Facts of acts that move a case on, in rising order of their numbers. */
static bool put_moving(const struct act_seed *s, const char *doc_no, struct facts *f)
{
    switch (s->step->kind) {
    case KIND_OFFER:
        put_text(f, FACT_TO, named(s));
        put_text(f, FACT_CLAUSE, "安全生产法第六十九条；职责清单");
        put_uint(f, FACT_GROUND, GROUND_COMPETENT);
        return true;
    case KIND_REFUSE:
        put_text(f, FACT_CLAUSE, "本委约定·职责清单 示例第二项");
        put_text(f, FACT_DOC_NO, doc_no);
        put_uint(f, FACT_CODE, REFUSE_NO_JURISDICTION);
        put_text(f, FACT_SUGGEST, named(s));
        return true;
    case KIND_PETITION:
        put_text(f, FACT_DOC_NO, doc_no);
        put_text(f, FACT_SUGGEST, named(s));
        put_text(f, FACT_NOTE_CODE, "职责交叉");
        return true;
    case KIND_RULE:
        put_text(f, FACT_TO, named(s));
        put_text(f, FACT_CLAUSE, "本委约定·首接负责 示例第四款");
        put_uint(f, FACT_DUE_ON, DUE_ON);
        put_text(f, FACT_DOC_NO, doc_no);
        put_uint(f, FACT_AUTHORITY, AUTHORITY_OFFICE);
        return true;
    case KIND_SUPERVISE:
        put_text(f, FACT_CLAUSE, "本委约定·挂牌督办 示例第一款");
        put_uint(f, FACT_DUE_ON, DUE_ON);
        put_text(f, FACT_DOC_NO, doc_no);
        put_uint(f, FACT_LEVEL, SUPERVISE_DISTRICT);
        put_text(f, FACT_VERIFIER, named(s));
        return true;
    default: return false;
    }
}

static void put_work(const struct act_seed *s, const char *doc_no, struct facts *f)
{
    switch (s->step->kind) {
    case KIND_REGRADE:
        put_uint(f, FACT_GRADE, GRADE_MAJOR);
        put_text(f, FACT_CLAUSE, "本委约定·重大隐患判定 示例第五项");
        put_text(f, FACT_DOC_NO, doc_no);
        break;
    case KIND_ORDER:
        put_text(f, FACT_CLAUSE, "本委约定·责令整改 示例第一款");
        put_uint(f, FACT_DUE_ON, DUE_ON);
        put_text(f, FACT_DOC_NO, doc_no);
        break;
    case KIND_PLAN:
        put_uint(f, FACT_DUE_ON, DUE_ON);
        put_text(f, FACT_DOC_NO, doc_no);
        put_uint(f, FACT_FIVE, ALL_FIVE);
        break;
    case KIND_RECTIFIED:
        put_text(f, FACT_DOC_NO, doc_no);
        put_text(f, FACT_VERIFIER, named(s));
        put_uint(f, FACT_APPLIED_ON, DUE_ON - 4);
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

static void put_facts(const struct act_seed *s, struct facts *f)
{
    char doc_no[64];
    snprintf(doc_no, sizeof doc_no, "示例安委办〔2026〕%u号",
             (unsigned)(load_random(s->l) % 10000));
    if (s->step->kind == KIND_REPORT || s->step->kind == KIND_ASSIGN)
        put_opening(s, f);
    else if (!put_moving(s, doc_no, f))
        put_work(s, doc_no, f);
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

static enum err act_sign(struct load *l, const struct load_case *c, unsigned member,
                         struct entry_draft *d, struct buffer *out)
{
    const struct load_member *m = &l->members[member];
    const struct load_signing handler[1] = {{m->handler, LOAD_POST_HANDLER, ROLE_HANDLE}};
    const struct load_signing verifiers[2] = {{m->verifiers[0], POST_VERIFIER, ROLE_VERIFY},
                                              {m->verifiers[1], POST_VERIFIER, ROLE_VERIFY}};
    bool verify = load_step_of(c)->kind == KIND_VERIFY;
    return load_sign(l, d, verify ? verifiers : handler, verify ? 2 : 1, out);
}

static bool moves_base(uint32_t kind)
{
    return kind == KIND_OFFER || kind == KIND_ACCEPT || kind == KIND_REFUSE;
}

enum err load_act(struct load *l, const struct load_case *c, struct buffer *out, unsigned *member)
{
    const struct act_seed s = {l, c, load_step_of(c)};
    struct facts f = {.count = 0};
    struct fact facts[ACT_MAX_FACTS];
    struct part_ref parts[LOAD_PARTS];
    struct entry_draft d;
    *member = c->parties[s.step->by];
    load_draft(l, *member, s.step->kind, &d);
    put_facts(&s, &f);
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
    d.has_base = moves_base(s.step->kind) || s.step->kind == KIND_SIGN_FOR;
    d.base = c->base;
    enum err err = f.err == OK ? act_sign(l, c, *member, &d, out) : f.err;
    buffer_clear(&f.bytes);
    return err;
}

void load_moved(struct load_case *c, struct span entry)
{
    struct hash *id = &c->past[c->step];
    const uint32_t kind = load_step_of(c)->kind;
    merkle_leaf(entry, id);
    if (c->step == 0)
        c->id = *id;
    if (c->step == 0 || moves_base(kind) || kind == KIND_RULE)
        c->base = *id;
    c->step++;
}

enum err load_taken(struct load *l, struct load_case *c, unsigned member, struct span entry)
{
    struct hash id;
    enum err err = load_log_append(&l->members[member].log, entry, &id);
    if (err != OK)
        return err;
    const unsigned signatures = load_step_of(c)->kind == KIND_VERIFY ? 2 : 1;
    l->entries++;
    l->bytes += entry.len;
    l->all_bytes += entry.len;
    l->signatures += signatures;
    l->all_signatures += signatures;
    load_moved(c, entry);
    return OK;
}
