/* "did you mean …?": the allowed name that is nearest to what was written. */
#ifndef CDC_SUGGEST_H
#define CDC_SUGGEST_H

#include <stddef.h>

struct cdc_suggest {
    const char *word; /* what was written */
    const char *best; /* NULL: nothing is near enough */
    size_t distance;  /* of `best` */
};

/* Edits (insert, delete, replace, swap neighbours) between two words; anything above `limit` comes back as limit + 1. */
size_t cdc_suggest_distance(const char *a, const char *b, size_t limit);
/* Starts with the word that was written; offer() it every allowed name. */
struct cdc_suggest cdc_suggest_start(const char *word);
void cdc_suggest_offer(struct cdc_suggest *suggest, const char *name);
/* ` (did you mean "name"?)`, or "" when no offer was near. Returns `out`. */
const char *cdc_suggest_text(const struct cdc_suggest *suggest, char *out, size_t size);

#endif
