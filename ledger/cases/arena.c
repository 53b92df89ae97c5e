#include "ledger/cases/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 16 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t size, used;
    alignas(max_align_t) unsigned char bytes[];
};

static struct arena_block *block_create(size_t bytes)
{
    size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
    struct arena_block *b = malloc(sizeof *b + size);

    if (!b)
        return NULL;
    b->next = NULL;
    b->size = size;
    b->used = 0;
    return b;
}

static struct arena_block *block_with_room(struct arena *a, size_t bytes)
{
    struct arena_block *b = a->now;

    while (b && b->size - b->used < bytes && b->next)
        b = b->next;
    if (b && b->size - b->used >= bytes)
        return b;
    struct arena_block *fresh = block_create(bytes);
    if (!fresh)
        return NULL;
    if (b)
        b->next = fresh;
    else
        a->first = fresh;
    return fresh;
}

void *arena_take(struct arena *a, size_t bytes)
{
    size_t align = alignof(max_align_t), need = (bytes + align - 1) / align * align;
    struct arena_block *b;
    void *piece;

    if (need < bytes)
        return NULL;
    b = block_with_room(a, need);
    if (!b)
        return NULL;
    a->now = b;
    piece = b->bytes + b->used;
    b->used += need;
    return memset(piece, 0, need);
}

char *arena_text(struct arena *a, const void *text, size_t len)
{
    char *copy = arena_take(a, len + 1);

    if (copy && len > 0)
        memcpy(copy, text, len);
    return copy;
}

size_t arena_bytes(const struct arena *a)
{
    size_t bytes = 0;

    for (const struct arena_block *b = a->first; b; b = b->next)
        bytes += sizeof *b + b->size;
    return bytes;
}

void arena_reset(struct arena *a)
{
    for (struct arena_block *b = a->first; b; b = b->next)
        b->used = 0;
    a->now = a->first;
}

void arena_clear(struct arena *a)
{
    while (a->first) {
        struct arena_block *next = a->first->next;
        free(a->first);
        a->first = next;
    }
    a->now = NULL;
}
