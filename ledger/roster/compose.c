#include "ledger/roster/compose.h"

#include <assert.h>

#include "ledger/cases/kinds.h"

void composition_init(struct composition *c)
{
    *c = (struct composition){0};
}

void composition_clear(struct composition *c)
{
    buffer_clear(&c->bytes);
    *c = (struct composition){0};
}

static void begin(struct composition *c, struct cbor_out *w)
{
    buffer_reset(&c->bytes);
    c->fact_count = 0;
    cbor_out_init(w, &c->bytes);
}

/* Ends the value of fact `id`; its place is settled by finish, since the buffer may still move. */
static void end_fact(struct composition *c, enum fact_id id)
{
    assert(c->fact_count < COMPOSE_MAX_FACTS);
    size_t before = 0;
    for (unsigned i = 0; i < c->fact_count; i++)
        before += c->facts[i].value.len;
    c->facts[c->fact_count++] = (struct fact){id, {NULL, c->bytes.len - before}};
}

static enum err finish(struct composition *c, const struct cbor_out *w)
{
    size_t at = 0;
    for (unsigned i = 0; i < c->fact_count && w->err == OK; i++) {
        c->facts[i].value.data = c->bytes.data + at;
        at += c->facts[i].value.len;
    }
    if (w->err != OK)
        c->fact_count = 0;
    return w->err;
}

static void put_sig(struct cbor_out *w, const struct sig *sig)
{
    cbor_put_bytes(w, span_of(sig->b, SIG_BYTES));
}

static void put_texts(struct cbor_out *w, const char *const *texts, unsigned count)
{
    cbor_put_array(w, count);
    for (unsigned i = 0; i < count; i++)
        cbor_put_text(w, texts[i]);
}

enum err compose_certify(struct composition *c, const struct certify_fields *f)
{
    struct cbor_out w;
    begin(c, &w);
    cbor_put_tagged(&w, ALG_ED25519, f->cosigner.b);
    end_fact(c, FACT_COSIGNER);
    put_sig(&w, &f->cosigner_proof);
    end_fact(c, FACT_COSIGNER_PROOF);
    cbor_put_tagged(&w, ALG_X25519, f->transport.b);
    end_fact(c, FACT_TRANSPORT);
    cbor_put_tagged(&w, ALG_X25519, f->sealing.b);
    end_fact(c, FACT_SEALING);
    return finish(c, &w);
}

enum err compose_admit(struct composition *c, const struct admission *a)
{
    struct cbor_out w;
    begin(c, &w);
    admission_encode(a, &w);
    end_fact(c, FACT_ADMISSION);
    return finish(c, &w);
}

enum err compose_enrol(struct composition *c, const struct enrol_fields *f)
{
    struct cbor_out w;
    begin(c, &w);
    cbor_put_tagged(&w, ALG_ED25519, f->key.b);
    end_fact(c, FACT_OFFICER_KEY);
    cbor_put_text(&w, f->person);
    end_fact(c, FACT_PERSON);
    put_texts(&w, f->posts, f->post_count);
    end_fact(c, FACT_POSTS);
    put_sig(&w, &f->proof);
    end_fact(c, FACT_PROOF);
    if (f->transport != NULL) {
        cbor_put_tagged(&w, ALG_X25519, f->transport->b);
        end_fact(c, FACT_TRANSPORT);
    }
    return finish(c, &w);
}

enum err compose_desk(struct composition *c, const struct pubkey *officer,
                      const struct xpubkey *transport)
{
    struct cbor_out w;
    begin(c, &w);
    cbor_put_tagged(&w, ALG_ED25519, officer->b);
    end_fact(c, FACT_OFFICER_KEY);
    if (transport != NULL)
        cbor_put_tagged(&w, ALG_X25519, transport->b);
    else
        cbor_put_bytes(&w, (struct span){NULL, 0});
    end_fact(c, FACT_TRANSPORT);
    return finish(c, &w);
}

enum err compose_leave(struct composition *c, const struct pubkey *officer)
{
    struct cbor_out w;
    begin(c, &w);
    cbor_put_tagged(&w, ALG_ED25519, officer->b);
    end_fact(c, FACT_OFFICER_KEY);
    return finish(c, &w);
}

enum err compose_suspend(struct composition *c, const struct suspend_fields *f)
{
    struct cbor_out w;
    begin(c, &w);
    cbor_put_text(&w, f->member);
    end_fact(c, FACT_TO);
    cbor_put_text(&w, f->ground);
    end_fact(c, FACT_CLAUSE);
    cbor_put_uint(&w, f->size);
    end_fact(c, FACT_COUNT);
    return finish(c, &w);
}

enum err compose_duty(struct composition *c, const struct duty_fields *rows, unsigned count)
{
    struct cbor_out w;
    begin(c, &w);
    cbor_put_array(&w, count);
    for (unsigned i = 0; i < count; i++) {
        const struct duty_fields *row = &rows[i];
        cbor_put_array(&w, 6);
        cbor_put_text(&w, row->sector);
        cbor_put_text(&w, row->district);
        cbor_put_uint(&w, row->level);
        put_texts(&w, row->leads, row->lead_count);
        put_texts(&w, row->supports, row->support_count);
        cbor_put_text(&w, row->basis);
    }
    end_fact(c, FACT_DUTY_ROWS);
    return finish(c, &w);
}
