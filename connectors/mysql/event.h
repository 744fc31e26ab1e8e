/*
 * Binlog events: the header that all have, and the small ones. Larger ones have files of their own (table_map, rows, payload).
 * Decoded structs borrow from the event's bytes.
 */
#ifndef MYSQL_EVENT_H
#define MYSQL_EVENT_H

#include "cdc/err.h"
#include "cdc/reader.h"

#include "position.h"

enum my_event_type {
    MY_EVENT_QUERY = 2,
    MY_EVENT_STOP = 3,
    MY_EVENT_ROTATE = 4,
    MY_EVENT_INTVAR = 5,
    MY_EVENT_RAND = 13,
    MY_EVENT_USER_VAR = 14,
    MY_EVENT_FORMAT = 15,
    MY_EVENT_XID = 16,
    MY_EVENT_BEGIN_LOAD = 17,
    MY_EVENT_EXECUTE_LOAD = 18,
    MY_EVENT_TABLE_MAP = 19,
    MY_EVENT_WRITE_ROWS_V1 = 23,
    MY_EVENT_UPDATE_ROWS_V1 = 24,
    MY_EVENT_DELETE_ROWS_V1 = 25,
    MY_EVENT_INCIDENT = 26,
    MY_EVENT_HEARTBEAT = 27,
    MY_EVENT_IGNORABLE = 28,
    MY_EVENT_ROWS_QUERY = 29,
    MY_EVENT_WRITE_ROWS = 30,
    MY_EVENT_UPDATE_ROWS = 31,
    MY_EVENT_DELETE_ROWS = 32,
    MY_EVENT_GTID = 33,
    MY_EVENT_ANONYMOUS_GTID = 34,
    MY_EVENT_PREVIOUS_GTIDS = 35,
    MY_EVENT_TRANSACTION_CONTEXT = 36,
    MY_EVENT_VIEW_CHANGE = 37,
    MY_EVENT_XA_PREPARE = 38,
    MY_EVENT_PARTIAL_UPDATE_ROWS = 39,
    MY_EVENT_PAYLOAD = 40,
    MY_EVENT_HEARTBEAT_V2 = 41,
    MY_EVENT_TAGGED_GTID = 42,
    MY_EVENT_ANNOTATE_ROWS = 160,
    MY_EVENT_BINLOG_CHECKPOINT = 161,
    MY_EVENT_MARIADB_GTID = 162,
    MY_EVENT_MARIADB_GTID_LIST = 163,
    MY_EVENT_START_ENCRYPTION = 164,
    MY_EVENT_QUERY_COMPRESSED = 165,
    MY_EVENT_WRITE_ROWS_COMPRESSED_V1 = 166,
    MY_EVENT_UPDATE_ROWS_COMPRESSED_V1 = 167,
    MY_EVENT_DELETE_ROWS_COMPRESSED_V1 = 168,
    MY_EVENT_WRITE_ROWS_COMPRESSED = 169,
    MY_EVENT_UPDATE_ROWS_COMPRESSED = 170,
    MY_EVENT_DELETE_ROWS_COMPRESSED = 171,
};

#define MY_EVENT_HEADER  19
#define MY_EVENT_TYPE_AT 4
#define MY_EVENT_CRC     4

#define MY_EVENT_IN_USE     0x0001
#define MY_EVENT_ARTIFICIAL 0x0020 /* made up by the server for this reader */
#define MY_EVENT_MAY_IGNORE 0x0080 /* a reader that does not know the type may pass it over */

struct my_event {
    uint8_t type;
    uint16_t flags;
    uint32_t timestamp; /* seconds since 1970 */
    uint32_t server_id;
    uint32_t end;           /* offset of the next event in its file; 0 inside of others */
    struct cdc_slice bytes; /* the whole event without its checksum */
    struct cdc_slice body;
};

/* What a FORMAT_DESCRIPTION event says of the events that follow. */
struct my_format {
    uint16_t version; /* of the binlog; 4 */
    bool checksums;
};

/* `checksummed`: the last four bytes are a CRC-32, which is checked. */
int my_event_parse(struct cdc_slice bytes, bool checksummed, struct my_event *event,
                   struct cdc_err *err) CDC_MUST_CHECK;
/* Everything but the check of the `size` that it names; false when there is not even a header before the `tail`. */
static inline bool my_event_read(struct cdc_slice bytes, size_t tail, struct my_event *event, uint64_t *size)
{
    struct cdc_reader r = cdc_reader(bytes.ptr, MY_EVENT_HEADER);
    size_t len = bytes.len - tail;

    if (bytes.len < MY_EVENT_HEADER + tail)
        return false;
    event->timestamp = (uint32_t)cdc_read_le(&r, 4);
    event->type = cdc_read_u8(&r);
    event->server_id = (uint32_t)cdc_read_le(&r, 4);
    *size = cdc_read_le(&r, 4);
    event->end = (uint32_t)cdc_read_le(&r, 4);
    event->flags = (uint16_t)cdc_read_le(&r, 2);
    event->bytes = cdc_slice(bytes.ptr, len);
    event->body = cdc_slice(bytes.ptr + MY_EVENT_HEADER, len - MY_EVENT_HEADER);
    return true;
}
/* An event that has been checked before and whose checksum is gone. */
static inline bool my_event_parse_kept(struct cdc_slice bytes, struct my_event *event)
{
    uint64_t size;

    return my_event_read(bytes, 0, event, &size);
}
/* The type's name as the servers print it, or "event". */
const char *my_event_name(uint8_t type);
/* "malformed event TABLE_MAP (19) at end 4711" as FATAL. Returns -1. */
int my_event_malformed(const struct my_event *event, struct cdc_err *err);

int my_format_parse(const struct my_event *event, struct my_format *format,
                    struct cdc_err *err) CDC_MUST_CHECK;

struct my_rotate {
    uint64_t offset;
    struct cdc_slice name;
};
bool my_rotate_parse(const struct my_event *event, struct my_rotate *rotate);

struct my_query {
    uint16_t error_code;
    struct cdc_slice database, text;
};
/* Of QUERY and EXECUTE_LOAD. `plain`: the inflated body of a compressed one, else the event's own. */
bool my_query_parse(const struct my_event *event, struct my_query *query);

/* The beginning of a transaction, of any dialect. */
struct my_group {
    struct my_txid id;        /* form NONE for an anonymous one */
    int64_t commit_us;        /* 0: the event has no more than its header's seconds */
    bool standalone;          /* one QUERY follows, without BEGIN (MariaDB) */
    bool may_hold_statements; /* rows may be rolled back by a ROLLBACK at its end */
    bool prepared, completed; /* XA (MariaDB) */
    bool announces_alter;     /* an ALTER begins, and will be logged once more when it has ended (MariaDB) */
};
bool my_group_parse(const struct my_event *event, struct my_group *group);

struct my_xid {
    uint32_t format;
    struct cdc_slice gtrid, bqual;
};
/* XA_PREPARE. `one_phase`: committed at once. */
bool my_xa_prepare_parse(const struct my_event *event, bool *one_phase, struct my_xid *xid);
/* X'6b31',X'62',7: as in the statements XA COMMIT and XA ROLLBACK. */
void my_xid_print(const struct my_xid *xid, struct cdc_buf *out);

/* The number of transactions before the log's first event: 0 for a log without predecessors (MariaDB's GTID_LIST). */
bool my_gtid_list_count(const struct my_event *event, uint32_t *count);

#endif
