#include "node/contacts.h"

#include <stdio.h>
#include <string.h>

bool contact_refusal(enum err why)
{
    return why != OK && why != ERR_CLOSED && why != ERR_EXISTS && why != ERR_IO;
}

static bool is(const struct contact *k, const char *member, const char *address)
{
    return strcmp(k->member, member) == 0 &&
           (member[0] != '\0' || strcmp(k->address, address) == 0);
}

const struct contact *contacts_find(const struct contacts *c, const char *member,
                                    const char *address)
{
    for (unsigned i = 0; i < c->count; i++) {
        if (is(&c->items[i], member, address)) {
            return &c->items[i];
        }
    }
    return NULL;
}

/* Whether `a` gives way before `b`. */
static bool lesser(const struct contact *a, const struct contact *b)
{
    bool never_a = a->sessions == 0, never_b = b->sessions == 0;
    return never_a != never_b ? never_a : a->last_ms < b->last_ms;
}

static struct contact *place(struct contacts *c)
{
    struct contact *least = &c->items[0];
    if (c->count < CONTACTS_MAX) {
        return &c->items[c->count++];
    }
    for (unsigned i = 1; i < CONTACTS_MAX; i++) {
        if (lesser(&c->items[i], least)) {
            least = &c->items[i];
        }
    }
    return least;
}

static struct contact *meet(struct contacts *c, const char *member, const char *address,
                            uint64_t now_ms)
{
    struct contact *k = NULL;
    for (unsigned i = 0; k == NULL && i < c->count; i++) {
        k = is(&c->items[i], member, address) ? &c->items[i] : NULL;
    }
    if (k == NULL) {
        k = place(c);
        *k = (struct contact){0};
        snprintf(k->member, sizeof k->member, "%s", member);
    }
    snprintf(k->address, sizeof k->address, "%s", address);
    k->last_ms = now_ms;
    return k;
}

void contacts_opened(struct contacts *c, const char *member, const char *address, uint64_t now_ms)
{
    struct contact *k = meet(c, member, address, now_ms);
    k->sessions++;
    k->last_why = OK;
}

void contacts_closed(struct contacts *c, const char *member,
                     const struct transport_event *event, uint64_t now_ms)
{
    struct contact *k = meet(c, member, event->address, now_ms);
    k->last_why = event->why;
    k->bytes_in += event->bytes_in;
    k->bytes_out += event->bytes_out;
    k->ended[event->why]++;
    c->ended[event->why]++;
}
