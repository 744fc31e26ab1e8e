/* "did you mean …?": the allowed name that is nearest to what was written. */
#ifndef CONFIG_SUGGEST_H
#define CONFIG_SUGGEST_H

#include <stddef.h>

struct config_suggest {
    const char *word; /* what was written */
    const char *best; /* NULL: nothing is near enough */
    size_t distance;  /* of `best` */
};

/* Edits (insert, delete, replace, swap neighbours) between two words; anything above `limit` comes back as limit + 1. */
size_t config_suggest_distance(const char *a, const char *b, size_t limit);
/* Starts with the word that was written; offer() it every allowed name. */
struct config_suggest config_suggest_start(const char *word);
void config_suggest_offer(struct config_suggest *suggest, const char *name);
/* ` (did you mean "name"?)`, or "" when no offer was near. Returns `out`. */
const char *config_suggest_text(const struct config_suggest *suggest, char *out, size_t size);

#endif
