/* A fixed set of texts, each with what it stands for: value maps, enums, filter values. Made once, then only read. */
#ifndef CHOICES_H
#define CHOICES_H

#include "cdc/arena.h"

struct choice {
    struct cdc_slice text;
    struct cdc_slice value;
    bool is_null; /* stands for SQL NULL */
};

struct choices {
    size_t n;
    struct choice *all; /* in the order of choices_sort() */
};

/* Room for `n` choices, which the caller fills before choices_sort(). -1: no memory. */
int choices_init(struct choices *choices, struct cdc_arena *arena, size_t n);
void choices_sort(struct choices *choices);
/* NULL when the text is none of them. */
const struct choice *choices_find(const struct choices *choices, struct cdc_slice text);

#endif
