/* Sums of hashes in an array of a fixed size, and then a bit for each of them (keysums.h). Fails only for want of memory. */
#include "snapshot/keysums.h"

#include <stdlib.h>
#include <string.h>

#define LEAST_BITS 10 /* of a place's number */
#define MOST_BITS  28
#define WORD_BITS  6 /* places of which one word holds the bits, as a power of two */

void keysums_init(struct keysums *s, size_t most_bytes)
{
    *s = (struct keysums){.bits = LEAST_BITS};
    while (s->bits < MOST_BITS && sizeof *s->sums << (s->bits + 1) <= most_bytes)
        s->bits++;
}

void keysums_fini(struct keysums *s)
{
    free(s->sums);
    free(s->odd);
    s->sums = s->odd = NULL;
    s->made = false;
}

int keysums_begin(struct keysums *s)
{
    keysums_fini(s);
    s->rows = 0;
    s->sums = calloc((size_t)1 << s->bits, sizeof *s->sums);
    s->odd = calloc((size_t)1 << (s->bits - WORD_BITS), sizeof *s->odd);
    if (s->sums && s->odd)
        return 0;
    keysums_fini(s);
    return -1;
}

/* By the high bits: what the keys of a place have in common says nothing about their sum. */
static size_t place_of(const struct keysums *s, uint64_t hash)
{
    return (size_t)(hash >> (64 - s->bits));
}

void keysums_add(struct keysums *s, uint64_t hash)
{
    s->sums[place_of(s, hash)] += hash;
    s->rows++;
}

void keysums_take(struct keysums *s, uint64_t hash)
{
    s->sums[place_of(s, hash)] -= hash;
}

uint64_t keysums_end(struct keysums *s)
{
    uint64_t places = UINT64_C(1) << s->bits, odd = 0;

    for (size_t i = 0; i < places; i++)
        if (s->sums[i]) {
            s->odd[i >> WORD_BITS] |= UINT64_C(1) << (i & ((1 << WORD_BITS) - 1));
            odd++;
        }
    free(s->sums);
    s->sums = NULL;
    s->made = true;
    return odd + s->rows * odd / places;
}

bool keysums_concern(const struct keysums *s, uint64_t hash)
{
    size_t at = place_of(s, hash);

    return !s->made || (s->odd[at >> WORD_BITS] >> (at & ((1 << WORD_BITS) - 1)) & 1);
}
