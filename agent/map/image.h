/*
 * One side of a row change. A column that the source left out of one side is unchanged, so its value is the other
 * side's: that is how keys are found in minimal images, and stored-away columns when the old row came whole.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include "cdc/row.h"
#include "map/bytes.h"

struct image {
    const struct cdc_value *first;
    const struct cdc_value *second; /* asked where `first` has nothing; or NULL */
};

static inline bool image_lacks(const struct cdc_value *value)
{
    return value->state == CDC_VALUE_UNAVAILABLE || value->state == CDC_VALUE_UNWANTED;
}

static inline const struct cdc_value *image_at(const struct image *image, uint32_t column)
{
    const struct cdc_value *value = &image->first[column];

    return image->second && image_lacks(value) ? &image->second[column] : value;
}

/* After the change; only for inserts and updates. */
static inline struct image image_after(const struct cdc_row *row)
{
    return (struct image){row->after, row->before};
}

/* Before the change, for keys: what was not sent has not changed. Not for a delete without a `before`. */
static inline struct image image_before(const struct cdc_row *row)
{
    return row->before ? (struct image){row->before, row->after} : (struct image){row->after, NULL};
}

/* Whether two values are certainly the same. What the connector could not convert is not. */
static inline bool image_same(const struct cdc_value *a, const struct cdc_value *b)
{
    if (a == b)
        return a->state != CDC_VALUE_INVALID;
    if (image_lacks(a))
        return image_lacks(b);
    if (a->state != b->state || a->state == CDC_VALUE_INVALID)
        return false;
    return a->state == CDC_VALUE_NULL || (a->len == b->len && bytes_same(a->ptr, b->ptr, a->len));
}

#endif
