/* Rows of a chunk in an arena (rows.h). The arrays are kept from chunk to chunk. */
#include "snapshot/rows.h"

#include <stdlib.h>

void rows_fini(struct rows *rows)
{
    cdc_arena_fini(&rows->arena);
    free(rows->rows);
    free(rows->events);
    free(rows->rejects);
    *rows = (struct rows){0};
}

void rows_reset(struct rows *rows)
{
    cdc_arena_reset(&rows->arena);
    rows->nrows = rows->nevents = rows->nrejects = 0;
}

/* Room for `n` more items of `size` bytes. */
static int reserve(void *array, uint32_t *cap, uint32_t have, size_t n, size_t size)
{
    void **items = array, *grown;
    size_t want = *cap ? *cap : 64;

    while (want < have + n)
        want *= 2;
    if (want == *cap)
        return 0;
    grown = want > UINT32_MAX ? NULL : realloc(*items, want * size);
    if (!grown)
        return -1;
    *items = grown;
    *cap = (uint32_t)want;
    return 0;
}

static int copy(struct rows *rows, struct cdc_slice from, struct cdc_slice *to)
{
    char *text = from.len ? cdc_arena_str(&rows->arena, from) : "";

    *to = cdc_slice(text, from.len);
    return text ? 0 : -1;
}

static int copy_fields(struct rows *rows, const struct cdc_event *event, struct cdc_value **fields)
{
    uint32_t n = event->shape->nfields;
    struct cdc_value *to = cdc_arena_alloc(&rows->arena, n * sizeof *to);
    struct cdc_slice text;

    for (uint32_t i = 0; to && i < n; i++) {
        const struct cdc_field *field = &event->fields[i];
        bool present = field->after_state == CDC_VALUE_PRESENT;
        if (copy(rows, present ? field->after : cdc_slice(NULL, 0), &text))
            return -1;
        to[i] = (struct cdc_value){text.ptr, (uint32_t)text.len, field->after_state};
    }
    *fields = to;
    return to ? 0 : -1;
}

static int add_event(struct rows *rows, const struct cdc_event *event, const struct cdc_shape *shapes)
{
    struct rows_event *to = &rows->events[rows->nevents];

    to->shape = (uint32_t)(event->shape - shapes);
    to->part = event->part;
    if (copy(rows, event->key, &to->key) || copy(rows, event->customer, &to->customer) ||
        copy_fields(rows, event, &to->fields))
        return -1;
    rows->nevents++;
    return 0;
}

static int add_reject(struct rows *rows, const struct cdc_reject *reject)
{
    struct cdc_reject *to = &rows->rejects[rows->nrejects];

    *to = (struct cdc_reject){0};
    if (copy(rows, reject->reason, &to->reason) || copy(rows, reject->detail, &to->detail) ||
        copy(rows, reject->table, &to->table) || copy(rows, reject->column, &to->column) ||
        copy(rows, reject->key, &to->key) || copy(rows, reject->entity, &to->entity))
        return -1;
    rows->nrejects++;
    return 0;
}

int rows_add(struct rows *rows, const struct map_result *result, const struct cdc_shape *shapes,
             struct cdc_slice place)
{
    struct rows_row row = {.event = rows->nevents, .reject = rows->nrejects};

    if (reserve(&rows->rows, &rows->rows_cap, rows->nrows, 1, sizeof *rows->rows) ||
        reserve(&rows->events, &rows->events_cap, rows->nevents, result->nevents, sizeof *rows->events) ||
        reserve(&rows->rejects, &rows->rejects_cap, rows->nrejects, result->nrejects,
                sizeof *rows->rejects) ||
        copy(rows, place, &row.place))
        return -1;
    for (size_t i = 0; i < result->nevents; i++)
        if (add_event(rows, &result->events[i], shapes))
            goto undo;
    for (size_t i = 0; i < result->nrejects; i++)
        if (add_reject(rows, &result->rejects[i]))
            goto undo;
    rows->rows[rows->nrows++] = row;
    return 0;
undo:
    rows->nevents = row.event;
    rows->nrejects = row.reject;
    return -1;
}

int rows_add_key(struct rows *rows, uint32_t shape, struct cdc_slice key)
{
    struct rows_row row = {.event = rows->nevents, .reject = rows->nrejects};
    struct rows_event event = {.shape = shape};

    if (reserve(&rows->rows, &rows->rows_cap, rows->nrows, 1, sizeof *rows->rows) ||
        reserve(&rows->events, &rows->events_cap, rows->nevents, 1, sizeof *rows->events) ||
        copy(rows, key, &event.key))
        return -1;
    rows->events[rows->nevents++] = event;
    rows->rows[rows->nrows++] = row;
    return 0;
}

uint32_t rows_events_end(const struct rows *rows, uint32_t row)
{
    return row + 1 < rows->nrows ? rows->rows[row + 1].event : rows->nevents;
}

uint32_t rows_rejects_end(const struct rows *rows, uint32_t row)
{
    return row + 1 < rows->nrows ? rows->rows[row + 1].reject : rows->nrejects;
}
