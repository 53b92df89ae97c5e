#include "net/redial.h"

bool redial_add(struct redial *r, unsigned *link)
{
    if (r->count == REDIAL_LINKS_MAX)
        return false;
    *link = r->count++;
    r->links[*link] = (struct redial_link){.wait_ms = REDIAL_MIN_MS};
    return true;
}

static bool waits(const struct redial_link *k)
{
    return !k->up && !k->refused;
}

static bool due_take(struct redial *r, uint64_t now_ms, unsigned *link)
{
    for (unsigned i = 0; i < r->count; i++) {
        if (!r->links[i].up && now_ms >= r->links[i].due_ms) {
            *link = i;
            return true;
        }
    }
    return false;
}

static bool probe_take(struct redial *r, uint64_t now_ms, bool connected, uint32_t noise,
                       unsigned *link)
{
    unsigned waiting = 0;
    for (unsigned i = 0; i < r->count; i++)
        waiting += waits(&r->links[i]);
    if (now_ms < r->probe_ms || waiting == 0 || (waiting == 1 && connected))
        return false;
    do {
        r->turn = (r->turn + 1) % r->count;
    } while (!waits(&r->links[r->turn]));
    r->probe_ms = now_ms + REDIAL_PROBE_MS + noise % (REDIAL_PROBE_MS / 4);
    *link = r->turn;
    return true;
}

bool redial_next(struct redial *r, uint64_t now_ms, bool connected, uint32_t noise,
                 unsigned *link)
{
    if (!due_take(r, now_ms, link) && !probe_take(r, now_ms, connected, noise, link))
        return false;
    r->links[*link].up = true;
    return true;
}

void redial_down(struct redial *r, unsigned link, enum redial_end end, uint64_t now_ms,
                 uint32_t noise)
{
    struct redial_link *k = &r->links[link];
    if (end == REDIAL_LOST)
        k->wait_ms = REDIAL_MIN_MS;
    k->up = false;
    k->refused = end == REDIAL_REFUSED;
    k->due_ms = now_ms + k->wait_ms + noise % (k->wait_ms / 4);
    k->wait_ms = k->wait_ms * 2 > REDIAL_MAX_MS ? REDIAL_MAX_MS : k->wait_ms * 2;
    if (r->probe_ms < now_ms + REDIAL_PROBE_MS)
        r->probe_ms = now_ms + REDIAL_PROBE_MS;
}

void redial_opened(struct redial *r, uint64_t now_ms, uint32_t noise)
{
    for (unsigned i = 0; i < r->count; i++) {
        struct redial_link *k = &r->links[i];
        uint64_t soon_ms = now_ms + (noise + i * UINT32_C(2654435761)) % REDIAL_SOON_MS;
        if (!waits(k))
            continue;
        k->wait_ms = REDIAL_MIN_MS;
        if (k->due_ms > soon_ms)
            k->due_ms = soon_ms;
    }
}
