/* Filters (filter.h). SQL's three-valued logic is not wanted here: NULL is a value like any other, and only it is NULL. */
#include "map/filter.h"

static int init_condition(struct filter_condition *to, struct cdc_arena *arena,
                          const struct config_condition *from)
{
    size_t n = 0;

    *to = (struct filter_condition){.column = from->column, .negate = from->negate};
    if (choices_init(&to->values, arena, from->nvalues))
        return -1;
    for (size_t i = 0; i < from->nvalues; i++) {
        if (from->values[i])
            to->values.all[n++].text = cdc_slice_str(from->values[i]);
        else
            to->has_null = true;
    }
    to->values.n = n;
    choices_sort(&to->values);
    return 0;
}

int filter_init(struct filter *filter, struct cdc_arena *arena, const struct config_mapping *mapping)
{
    size_t n = mapping->nconditions;

    *filter = (struct filter){.n = n};
    if (!n)
        return 0;
    filter->conditions = cdc_arena_alloc(arena, n * sizeof *filter->conditions);
    if (!filter->conditions)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (init_condition(&filter->conditions[i], arena, &mapping->conditions[i]))
            return -1;
    return 0;
}

static enum filter_match match_one(const struct filter_condition *c, const struct cdc_value *v)
{
    bool among = false;

    switch (v->state) {
    case CDC_VALUE_NULL:
        among = c->has_null;
        break;
    case CDC_VALUE_PRESENT:
        among = choices_find(&c->values, cdc_slice(v->ptr, v->len)) != NULL;
        break;
    case CDC_VALUE_UNAVAILABLE:
    case CDC_VALUE_UNWANTED:
        return FILTER_UNKNOWN;
    case CDC_VALUE_INVALID:
        return FILTER_INVALID;
    }
    return among != c->negate ? FILTER_YES : FILTER_NO;
}

enum filter_match filter_match(const struct filter *filter, const uint32_t *columns,
                               const struct image *image, size_t *at)
{
    enum filter_match all = FILTER_YES;

    for (size_t i = 0; i < filter->n; i++) {
        enum filter_match one = match_one(&filter->conditions[i], image_at(image, columns[i]));
        if (one == FILTER_NO)
            return FILTER_NO;
        if (one != FILTER_YES && all != FILTER_INVALID) {
            all = one;
            *at = i;
        }
    }
    return all;
}
