/*
 * Row events that are read in parts (decoder_impl.h), and those that would be large if they were not compressed. Part of the decoder,
 * source thread. Their rows are given out one by one (decoder.c); those of an XA transaction are kept until it is decided, less the
 * values that no row has room for: such a row is then a dead letter, as it is in any other transaction.
 */
#include "decoder_impl.h"

#include <stdlib.h>

int my_decode_inflate(struct my_decoder *d, const struct my_packed *packed, struct my_rest *rest,
                      struct cdc_err *err)
{
    if (!d->inflate && !(d->inflate = calloc(1, sizeof *d->inflate)))
        return cdc_err_memory(err);
    *rest = (struct my_rest){.read = my_inflate_read, .ctx = d->inflate, .left = packed->size};
    return my_inflate_open(d->inflate, packed->bytes, &d->part, packed->size, err);
}

int my_decode_open_large(struct my_decoder *d, const struct my_event *event, struct my_relation *relation,
                         struct cdc_err *err)
{
    bool is_packed = event->type >= MY_EVENT_WRITE_ROWS_COMPRESSED_V1;
    struct my_event plain = *event;
    struct my_rest rest = d->part;
    struct my_packed packed;

    if (!d->large && !(d->large = calloc(1, sizeof *d->large)))
        return cdc_err_memory(err);
    if (is_packed) {
        if (!my_packed_parse(event, &packed))
            return my_event_malformed(event, err);
        if (my_decode_inflate(d, &packed, &rest, err))
            return -1;
        plain.type = packed.type;
        plain.bytes.len = MY_EVENT_HEADER + packed.head.len;
    }
    if (my_large_open(d->large, &plain, &rest, d->params.row_bytes, err))
        return -1;
    if (d->large->rows.ncolumns != relation->target.ncolumns)
        return my_event_malformed(event, err);
    d->relation = relation;
    d->large_open = true;
    return 0;
}

bool my_decode_is_large(const struct my_decoder *d, const struct my_event *event)
{
    struct my_packed packed;

    if (d->part.left || event->type < MY_EVENT_QUERY_COMPRESSED)
        return d->part.left > 0;
    return my_packed_parse(event, &packed) && packed.size > d->params.row_bytes;
}

/* What the newest TABLE_MAP says of it that is kept: of a transaction that is to be decided later, all are. */
static bool find_definition(const struct my_decoder *d, const struct my_relation *relation,
                            struct cdc_slice *definition)
{
    bool found = false;
    struct my_kept kept;
    size_t at = 0;

    while (my_store_next(&d->group.store, &at, &kept)) {
        struct my_event event;
        struct my_table_map map;

        if (kept.relation || !my_event_parse_kept(kept.event, &event) || !my_table_map_parse(&event, &map) ||
            my_tables_find(&d->tables, map.schema, map.table) != relation)
            continue;
        *definition = map.definition;
        found = true;
    }
    return found;
}

int my_decode_hold_large(struct my_decoder *d, const struct my_event *event, struct my_relation *relation,
                         struct cdc_err *err)
{
    struct cdc_slice definition;

    if (!find_definition(d, relation, &definition))
        return my_event_malformed(event, err);
    if (my_decode_describe(d, relation, definition, err) || my_decode_open_large(d, event, relation, err))
        return -1;
    d->group.events++;
    d->large_held = true;
    return 0;
}

/* There is no room for another row: what is left of the event is not wanted now. */
static int give_up(struct my_decoder *d, struct cdc_err *err)
{
    d->large_open = d->large_held = false;
    if (my_group_stop_keeping(d, err))
        return -1;
    return d->payload_open ? 0 : my_summed_finish(&d->summed, err);
}

int my_decode_keep_large(struct my_decoder *d, struct cdc_err *err)
{
    int rc = my_large_next(d->large, &d->relation->target, err);

    if (rc > 0)
        return my_store_add_cut(&d->group.store, d->large, d->relation) ? give_up(d, err) : 0;
    d->large_open = d->large_held = false;
    return rc;
}
