/*
 * Events of the binlog (decoder_impl.h): what each type means for the decoder. Part of the decoder, source thread. An event type that
 * is neither known nor marked as one that may be passed over ends the stream.
 */
#include "decoder_impl.h"

#include "remedy.h"

#include <stdlib.h>
#include <string.h>

#define STATEMENT_BYTES (64u << 10) /* of a large one */

/* The log's own number of an event's end has 32 bits; logs can be longer. */
static void move_place(struct my_decoder *d, const struct my_event *event)
{
    uint64_t end = (d->place.offset & ~UINT64_C(0xffffffff)) | event->end;

    if ((event->flags & MY_EVENT_ARTIFICIAL) || event->end == 0 || event->type == MY_EVENT_ROTATE ||
        event->type == MY_EVENT_HEARTBEAT || event->type == MY_EVENT_HEARTBEAT_V2)
        return;
    d->place.offset = end < d->place.offset ? end + (UINT64_C(1) << 32) : end;
}

/* "binlog" of "binlog.000007" */
static size_t stem(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot ? (size_t)(dot - name) : strlen(name);
}

/* The logs of one server are numbered upwards and begun only once: what contradicts that is another history. */
static int check_history(struct my_decoder *d, const struct my_event *event, struct cdc_err *err)
{
    const struct my_log_mark *before = &d->expected;
    size_t n = stem(before->name);
    int order;

    if (!before->name[0] || before->server_id != event->server_id || n != stem(d->place.name) ||
        strncmp(before->name, d->place.name, n) != 0)
        return 0;
    order = my_log_name_compare(d->place.name, before->name);
    if (d->position.nheld == 0 && order >= 0 && (order > 0 || before->created == event->timestamp))
        return 0;
    if (d->position.nheld > 0 && (order != 0 || before->created == event->timestamp))
        return 0;
    cdc_err_set(err, CDC_ERR_GAP,
                "the server's logs were reset: the checkpoint is from another %s than the server has",
                before->name);
    return cdc_err_hint(
        err, "RESET MASTER (RESET BINARY LOGS) or a restored backup began a new history: " MY_BEGIN_ANEW);
}

static int on_format(struct my_decoder *d, const struct my_event *event, struct cdc_err *err)
{
    if (my_format_parse(event, &d->format, err))
        return -1;
    d->has_format = true;
    if (d->group.begun)
        return cdc_err_set(err, CDC_ERR_FATAL, "reading the binlog: a log ended within a transaction");
    if (d->group.mode != MY_MODE_OUTSIDE)
        my_group_reset(d);
    if (event->timestamp == 0)
        return 0;
    if (check_history(d, event, err))
        return -1;
    d->expected.name[0] = '\0';
    my_log_mark_set(&d->position.mark, d->place.name, event->timestamp, event->server_id);
    return 0;
}

static int on_rotate(struct my_decoder *d, const struct my_event *event, struct cdc_err *err)
{
    struct my_rotate rotate;

    if (!my_rotate_parse(event, &rotate))
        return my_event_malformed(event, err);
    memcpy(d->place.name, rotate.name.ptr, rotate.name.len);
    d->place.name[rotate.name.len] = '\0';
    d->place.offset = rotate.offset;
    if (d->position.form == MY_POSITION_FILE && !d->catching_up && d->group.mode == MY_MODE_OUTSIDE &&
        my_log_place_compare(&d->place, &d->position.place) > 0) {
        d->position.place = d->place;
        d->advanced = true;
    }
    return 0;
}

/* With an empty position MariaDB begins at the oldest log it has: right only if that is the first there ever was. */
static int on_gtid_list(struct my_decoder *d, const struct my_event *event, struct cdc_err *err)
{
    uint32_t count;

    if (!my_gtid_list_count(event, &count))
        return my_event_malformed(event, err);
    if (d->started_empty && count > 0) {
        cdc_err_set(
            err, CDC_ERR_GAP,
            "the server's oldest log, %s, has predecessors that were purged: they held changes since the checkpoint",
            d->place.name);
        return cdc_err_hint(err, "keep binlogs longer (binlog_expire_logs_seconds), and " MY_BEGIN_ANEW);
    }
    d->started_empty = false;
    return 0;
}

static int on_gtid(struct my_decoder *d, const struct my_event *event, struct cdc_err *err)
{
    if (!my_group_parse(event, &d->group.info))
        return my_event_malformed(event, err);
    if (my_group_begin(d, event, err))
        return -1;
    d->group.waits_for_first = event->type != MY_EVENT_MARIADB_GTID;
    return 0;
}

static int on_incident(const struct my_decoder *d, struct cdc_err *err)
{
    cdc_err_set(err, CDC_ERR_GAP,
                "the server notes at %s:%llu that changes are missing from its binlog (INCIDENT)",
                d->place.name, (unsigned long long)d->place.offset);
    return cdc_err_hint(
        err,
        "see the server's error log of that time; then FLUSH BINARY LOGS, or the note comes again, and " MY_BEGIN_ANEW);
}

static int on_payload(struct my_decoder *d, const struct my_event *event, struct cdc_err *err)
{
    if (!d->payload && !(d->payload = my_payload_new(d->params.row_bytes)))
        return cdc_err_memory(err);
    if (my_payload_open(d->payload, event, &d->part, err))
        return -1;
    d->payload_open = true;
    return 0;
}

int my_decode_describe(struct my_decoder *d, struct my_relation *relation, struct cdc_slice definition,
                       struct cdc_err *err)
{
    if (my_relation_fits(relation, definition))
        return 0;
    return my_relation_describe(relation, definition, d->server.identity, &d->params.catalog, err);
}

/* What it says is known already, and nothing can change that before the rows are given out: XA can last long. */
static bool is_known(const struct my_decoder *d, const struct my_relation *relation,
                     struct cdc_slice definition)
{
    const struct my_group_state *g = &d->group;

    return !g->maps_kept && !g->xa && !g->info.prepared && my_relation_fits(relation, definition);
}

int my_decode_table_map(struct my_decoder *d, const struct my_event *event, struct cdc_err *err)
{
    struct my_relation *relation;
    struct my_table_map map;

    if (!my_tables_map(&d->tables, event, &map, &relation))
        return my_event_malformed(event, err);
    if (!my_tables_activate(&d->tables, map.id, relation))
        return cdc_err_set(err, CDC_ERR_FATAL, "reading the binlog: more than %d tables in one statement",
                           MY_ACTIVE_MAX);
    if (!relation)
        return 0;
    if (d->replay || d->group.mode == MY_MODE_STREAM)
        return my_decode_describe(d, relation, map.definition, err);
    if (d->group.mode == MY_MODE_SKIP || is_known(d, relation, map.definition))
        return 0;
    d->group.maps_kept = true;
    return my_group_keep(d, event, NULL, err);
}

static int plain_rows(struct my_decoder *d, const struct my_event *event, uint8_t *type,
                      struct cdc_slice *body, struct cdc_err *err)
{
    *type = event->type;
    *body = event->body;
    if (event->type < MY_EVENT_WRITE_ROWS_COMPRESSED_V1)
        return 0;
    cdc_buf_reset(&d->unpacked);
    if (my_unpack_event(event, type, &d->unpacked, err))
        return -1;
    *body = cdc_buf_slice(&d->unpacked);
    return 0;
}

static int open_rows(struct my_decoder *d, const struct my_event *event, struct my_relation *relation,
                     struct cdc_err *err)
{
    struct cdc_slice body;
    uint8_t type;

    if (plain_rows(d, event, &type, &body, err))
        return -1;
    if (!my_rows_open(type, body, &d->rows) || d->rows.ncolumns != relation->target.ncolumns)
        return my_event_malformed(event, err);
    d->relation = relation;
    d->rows_open = true;
    return 0;
}

static int open_any(struct my_decoder *d, const struct my_event *event, struct my_relation *relation,
                    struct cdc_err *err)
{
    return my_decode_is_large(d, event) ? my_decode_open_large(d, event, relation, err)
                                        : open_rows(d, event, relation, err);
}

/* A number that no table has: MySQL ends a statement with it that changed nothing that is logged. */
static bool is_dummy(uint64_t table_id)
{
    return table_id == 0xffffff || table_id == UINT64_C(0xffffffffffff);
}

/* What is held until it is decided is not read again, as other transactions are. */
static int pass_or_hold(struct my_decoder *d, const struct my_event *event, struct my_relation *relation,
                        struct cdc_err *err)
{
    const struct my_group_state *g = &d->group;

    return g->mode == MY_MODE_HOLD && (g->xa || g->info.prepared)
               ? my_decode_hold_large(d, event, relation, err)
               : my_group_pass(d, err);
}

int my_decode_rows(struct my_decoder *d, const struct my_event *event, struct cdc_err *err)
{
    struct my_relation *relation = NULL;
    uint64_t table_id;
    uint16_t flags;

    if (!my_rows_table(event->body, &table_id, &flags))
        return my_event_malformed(event, err);
    if (!my_tables_active(&d->tables, table_id, &relation) && !is_dummy(table_id))
        return my_event_malformed(event, err);
    if (flags & MY_ROWS_STATEMENT_ENDS)
        my_tables_deactivate(&d->tables);
    if (!relation)
        return 0;
    switch (d->group.mode) {
    case MY_MODE_OUTSIDE:
        return my_event_malformed(event, err);
    case MY_MODE_SKIP:
        return 0;
    case MY_MODE_HOLD:
    case MY_MODE_PEEK:
        return d->part.left ? pass_or_hold(d, event, relation, err) : my_group_keep(d, event, relation, err);
    case MY_MODE_STREAM:
        break;
    }
    if (my_group_is_discarded(d))
        return 0;
    return open_any(d, event, relation, err);
}

/* The beginning of a large statement says what it does. */
static int unpack_beginning(struct my_decoder *d, const struct my_event *event, uint8_t *type,
                            struct cdc_err *err)
{
    struct my_packed packed;
    struct my_rest rest;
    char *at;

    if (!my_packed_parse(event, &packed))
        return my_event_malformed(event, err);
    if (my_decode_inflate(d, &packed, &rest, err))
        return -1;
    *type = packed.type;
    cdc_buf_put_slice(&d->unpacked, packed.head);
    at = cdc_buf_reserve(&d->unpacked, STATEMENT_BYTES);
    if (!at)
        return cdc_err_memory(err);
    rest.left = rest.left < STATEMENT_BYTES ? rest.left : STATEMENT_BYTES;
    d->unpacked.len += (size_t)rest.left;
    return my_inflate_read(d->inflate, at, (size_t)rest.left, err);
}

static int on_compressed_query(struct my_decoder *d, const struct my_event *event, struct cdc_err *err)
{
    struct my_event plain = *event;

    cdc_buf_reset(&d->unpacked);
    if (my_decode_is_large(d, event) ? unpack_beginning(d, event, &plain.type, err)
                                     : my_unpack_event(event, &plain.type, &d->unpacked, err))
        return -1;
    plain.body = cdc_buf_slice(&d->unpacked);
    return my_decode_query(d, &plain, err);
}

/* What carries no rows and no end of a transaction. */
static bool is_harmless(const struct my_event *event)
{
    switch (event->type) {
    case MY_EVENT_STOP:
    case MY_EVENT_INTVAR:
    case MY_EVENT_RAND:
    case MY_EVENT_USER_VAR:
    case MY_EVENT_BEGIN_LOAD:
    case MY_EVENT_IGNORABLE:
    case MY_EVENT_ROWS_QUERY:
    case MY_EVENT_PREVIOUS_GTIDS:
    case MY_EVENT_TRANSACTION_CONTEXT:
    case MY_EVENT_VIEW_CHANGE:
    case MY_EVENT_ANNOTATE_ROWS:
    case MY_EVENT_BINLOG_CHECKPOINT:
    case MY_EVENT_START_ENCRYPTION:
        return true;
    default:
        return event->flags & MY_EVENT_MAY_IGNORE;
    }
}

static int unknown_event(const struct my_event *event, struct cdc_err *err)
{
    cdc_err_set(err, CDC_ERR_FATAL, "reading the binlog: event of unknown type %u that ends at %u",
                event->type, event->end);
    return cdc_err_hint(err, "the server is newer than this version of tributary");
}

/* Other events that come in the network's stream only. */
CDC_RARE static int decode_outer(struct my_decoder *d, const struct my_event *event, struct cdc_err *err)
{
    switch (event->type) {
    case MY_EVENT_FORMAT:
        return on_format(d, event, err);
    case MY_EVENT_ROTATE:
        return on_rotate(d, event, err);
    case MY_EVENT_HEARTBEAT:
    case MY_EVENT_HEARTBEAT_V2:
        d->heartbeat = d->position_due = true;
        return 0;
    case MY_EVENT_MARIADB_GTID_LIST:
        return on_gtid_list(d, event, err);
    case MY_EVENT_INCIDENT:
        return on_incident(d, err);
    case MY_EVENT_PAYLOAD:
        return on_payload(d, event, err);
    default:
        return is_harmless(event) ? 0 : unknown_event(event, err);
    }
}

static int decode(struct my_decoder *d, const struct my_event *event, struct cdc_err *err)
{
    switch (event->type) {
    case MY_EVENT_TABLE_MAP:
        return my_decode_table_map(d, event, err);
    case MY_EVENT_WRITE_ROWS_V1:
    case MY_EVENT_UPDATE_ROWS_V1:
    case MY_EVENT_DELETE_ROWS_V1:
    case MY_EVENT_WRITE_ROWS:
    case MY_EVENT_UPDATE_ROWS:
    case MY_EVENT_DELETE_ROWS:
    case MY_EVENT_PARTIAL_UPDATE_ROWS:
    case MY_EVENT_WRITE_ROWS_COMPRESSED_V1:
    case MY_EVENT_UPDATE_ROWS_COMPRESSED_V1:
    case MY_EVENT_DELETE_ROWS_COMPRESSED_V1:
    case MY_EVENT_WRITE_ROWS_COMPRESSED:
    case MY_EVENT_UPDATE_ROWS_COMPRESSED:
    case MY_EVENT_DELETE_ROWS_COMPRESSED:
        return my_decode_rows(d, event, err);
    case MY_EVENT_QUERY:
    case MY_EVENT_EXECUTE_LOAD:
        return my_decode_query(d, event, err);
    case MY_EVENT_QUERY_COMPRESSED:
        return on_compressed_query(d, event, err);
    case MY_EVENT_XID:
        return my_group_commit(d, event, err);
    case MY_EVENT_GTID:
    case MY_EVENT_ANONYMOUS_GTID:
    case MY_EVENT_TAGGED_GTID:
    case MY_EVENT_MARIADB_GTID:
        return on_gtid(d, event, err);
    case MY_EVENT_XA_PREPARE:
        return my_xa_prepare(d, event, err);
    default:
        return decode_outer(d, event, err);
    }
}

int my_decode_packet(struct my_decoder *d, struct cdc_slice packet, struct cdc_err *err)
{
    bool format = packet.len > 4 && (unsigned char)packet.ptr[4] == MY_EVENT_FORMAT;
    struct my_event event;

    if (my_event_parse(packet, format || d->format.checksums, &event, err) || decode(d, &event, err))
        return -1;
    move_place(d, &event);
    return 0;
}

/* Of a statement the beginning says what it does; rows and what is compressed are read on. Nothing else of interest is ever large. */
static int decode_part(struct my_decoder *d, const struct my_event *event, struct cdc_err *err)
{
    if (my_rows_is(event->type))
        return my_decode_rows(d, event, err);
    if (event->type == MY_EVENT_QUERY || event->type == MY_EVENT_EXECUTE_LOAD)
        return my_decode_query(d, event, err);
    if (event->type == MY_EVENT_QUERY_COMPRESSED)
        return on_compressed_query(d, event, err);
    if (event->type == MY_EVENT_PAYLOAD)
        return on_payload(d, event, err);
    return is_harmless(event) ? 0 : my_event_malformed(event, err);
}

/* From here on the rest has no checksum: it is compared when the last byte is read. */
static int sum_up(struct my_decoder *d, struct cdc_slice head, struct cdc_err *err)
{
    d->summed.rest.left = 0;
    if (!d->format.checksums)
        return 0;
    if (my_summed_open(&d->summed, head, &d->part, err))
        return -1;
    d->part = my_summed_rest(&d->summed);
    return 0;
}

/* What will not be read on: a statement, or rows that are not wanted now. */
static int check_unread(struct my_decoder *d, struct cdc_err *err)
{
    return d->large_open || d->payload_open ? 0 : my_summed_finish(&d->summed, err);
}

int my_decode_part(struct my_decoder *d, struct cdc_slice head, struct cdc_err *err)
{
    struct my_event event;

    if (!my_event_parse_kept(head, &event))
        return cdc_err_set(err, CDC_ERR_FATAL, "reading the binlog: malformed event header");
    if (sum_up(d, head, err) || decode_part(d, &event, err) || check_unread(d, err))
        return -1;
    move_place(d, &event);
    return 0;
}

int my_decode_inner(struct my_decoder *d, struct cdc_slice bytes, struct cdc_err *err)
{
    struct my_event event;

    if (!my_event_parse_kept(bytes, &event))
        return cdc_err_set(err, CDC_ERR_FATAL,
                           "reading the binlog: malformed event in a compressed transaction");
    if (event.type == MY_EVENT_PAYLOAD || event.type == MY_EVENT_FORMAT || event.type == MY_EVENT_ROTATE)
        return my_event_malformed(&event, err);
    return d->part.left ? decode_part(d, &event, err) : decode(d, &event, err);
}

int my_decode_kept(struct my_decoder *d, const struct my_kept *kept, struct cdc_err *err)
{
    struct my_event event;

    if (!my_event_parse_kept(kept->event, &event))
        return cdc_err_set(err, CDC_ERR_FATAL, "a kept event is damaged");
    if (!kept->relation)
        return my_decode_table_map(d, &event, err);
    if (open_any(d, &event, kept->relation, err))
        return -1;
    if (kept->cut.len)
        my_rows_set_cut(&d->rows, kept->cut);
    return 0;
}
