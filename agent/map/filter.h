/* `where`: which rows of a table a mapping is for, by the source's text of some columns. */
#ifndef FILTER_H
#define FILTER_H

#include "config/config.h"
#include "map/choices.h"
#include "map/image.h"

struct filter_condition {
    const char *column;
    bool negate;
    bool has_null; /* SQL NULL is among the values */
    struct choices values;
};

/* All conditions must hold. */
struct filter {
    size_t n;
    struct filter_condition *conditions;
};

enum filter_match { FILTER_NO, FILTER_YES, FILTER_UNKNOWN, FILTER_INVALID };

/* `mapping` must outlive the filter. -1: no memory. */
int filter_init(struct filter *filter, struct cdc_arena *arena, const struct config_mapping *mapping);
/*
 * `columns` has the relation's column of each condition. NO when one condition surely fails; else UNKNOWN when the image
 * lacks a column, or INVALID when the connector could not convert one; *at is then the condition.
 */
enum filter_match filter_match(const struct filter *filter, const uint32_t *columns,
                               const struct image *image, size_t *at);

#endif
