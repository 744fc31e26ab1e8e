/* Sets of texts (choices.h): a few are looked through, many are sorted by length and bytes and found by halving. */
#include "map/choices.h"

#include <stdlib.h>

#include "map/bytes.h"

#define FEW 8 /* so many are looked through faster than halved */

int choices_init(struct choices *choices, struct cdc_arena *arena, size_t n)
{
    choices->n = n;
    choices->all = cdc_arena_alloc(arena, (n ? n : 1) * sizeof *choices->all);
    if (!choices->all)
        return -1;
    memset(choices->all, 0, (n ? n : 1) * sizeof *choices->all);
    return 0;
}

/* Lengths first: most questions are answered without looking at a byte. */
static int compare(struct cdc_slice a, struct cdc_slice b)
{
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return a.len ? memcmp(a.ptr, b.ptr, a.len) : 0;
}

static int compare_choices(const void *a, const void *b)
{
    return compare(((const struct choice *)a)->text, ((const struct choice *)b)->text);
}

void choices_sort(struct choices *choices)
{
    qsort(choices->all, choices->n, sizeof *choices->all, compare_choices);
}

static const struct choice *find_among_few(const struct choices *choices, struct cdc_slice text)
{
    for (size_t i = 0; i < choices->n; i++)
        if (bytes_equal(choices->all[i].text, text))
            return &choices->all[i];
    return NULL;
}

static const struct choice *find_among_many(const struct choices *choices, struct cdc_slice text)
{
    size_t low = 0, high = choices->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(text, choices->all[middle].text);
        if (!order)
            return &choices->all[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct choice *choices_find(const struct choices *choices, struct cdc_slice text)
{
    return choices->n <= FEW ? find_among_few(choices, text) : find_among_many(choices, text);
}
