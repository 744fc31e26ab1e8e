/* Nearest allowed name (cdc/suggest.h). Pure; any thread. */
#include "cdc/suggest.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define WORD_MAX 64 /* longer words get no suggestion */

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Damerau's distance with adjacent swaps (optimal string alignment), three rows at a time. */
size_t cdc_suggest_distance(const char *a, const char *b, size_t limit)
{
    size_t rows[3][WORD_MAX + 1], la = strlen(a), lb = strlen(b);

    if (la > WORD_MAX || lb > WORD_MAX || (la > lb ? la - lb : lb - la) > limit)
        return limit + 1;
    for (size_t j = 0; j <= lb; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t *now = rows[i % 3], *up = rows[(i - 1) % 3], *up2 = rows[(i + 1) % 3];

        now[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            now[j] = least(up[j] + 1, now[j - 1] + 1, up[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && up2[j - 2] + 1 < now[j])
                now[j] = up2[j - 2] + 1;
        }
    }
    return rows[la % 3][lb] > limit ? limit + 1 : rows[la % 3][lb];
}

struct cdc_suggest cdc_suggest_start(const char *word)
{
    return (struct cdc_suggest){.word = word, .distance = SIZE_MAX};
}

/* Two edits turn any three letters into nearly anything: short words are allowed one. */
void cdc_suggest_offer(struct cdc_suggest *suggest, const char *name)
{
    size_t limit = strlen(name) < 4 ? 1 : 2;
    size_t distance = cdc_suggest_distance(suggest->word, name, limit);

    if (distance <= limit && distance < suggest->distance) {
        suggest->best = name;
        suggest->distance = distance;
    }
}

const char *cdc_suggest_text(const struct cdc_suggest *suggest, char *out, size_t size)
{
    if (suggest->best)
        snprintf(out, size, " (did you mean \"%s\"?)", suggest->best);
    else
        snprintf(out, size, "%s", "");
    return out;
}
