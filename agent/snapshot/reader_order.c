/* What the snapshot thread has still to read of a table (reader_impl.h), and how that moves on. Fails when memory runs out. */
#include "snapshot/reader_impl.h"

#include <string.h>

void order_fini(struct order *order)
{
    cdc_buf_fini(&order->after);
    cdc_buf_fini(&order->since);
    *order = (struct order){0};
}

int order_set_text(struct cdc_buf *to, struct cdc_slice from)
{
    cdc_buf_reset(to);
    cdc_buf_put_slice(to, from);
    return to->failed ? -1 : 0;
}

int order_copy(struct order *to, const struct order *from)
{
    struct cdc_buf after = to->after, since = to->since;

    *to = *from;
    to->after = after;
    to->since = since;
    return order_set_text(&to->after, cdc_buf_slice(&from->after)) ||
                   order_set_text(&to->since, cdc_buf_slice(&from->since))
               ? -1
               : 0;
}

int order_advance(struct order *order, struct chunk *chunk)
{
    const struct rows *rows = &chunk->rows;

    switch (order->phase) {
    case PROGRESS_ROWS:
    case PROGRESS_COLLECT:
        if (chunk->info.end)
            order->serial = 0;
        return rows->nrows ? order_set_text(&order->after, rows->rows[rows->nrows - 1].place) : 0;
    case PROGRESS_BUSY:
        order->at += strlen(order->after.data + order->at) + 1;
        chunk->info.end = order->at >= order->after.len;
        if (chunk->info.end)
            order->serial = 0;
        return 0;
    case PROGRESS_KEYS:
        if (chunk->info.end)
            order->serial = 0;
        return 0;
    }
    return 0;
}
