/* Text put together from literals and columns: "cinema-${id}". */
#ifndef TEMPLATE_H
#define TEMPLATE_H

#include <stdint.h>

#include "map/image.h"
#include "map/work.h"

#define TEMPLATE_LITERAL UINT32_MAX

struct template_piece {
    uint32_t column; /* in the relation, or TEMPLATE_LITERAL */
    struct cdc_slice literal;
};

struct template_text {
    size_t n;
    struct template_piece *pieces;
};

/*
 * The source's text, in the row's memory. NULL if a column is NULL; else INVALID (with the connector's words) or
 * UNAVAILABLE if one is. -1: no memory.
 */
int template_join(const struct template_text *t, struct work *work, const struct image *image,
                  struct cdc_value *out) CDC_MUST_CHECK;
/* Whether all columns of the template are certainly the same in both images. */
bool template_same(const struct template_text *t, const struct image *a, const struct image *b);

#endif
