/*
 * Binlog events (event.h), as described in the servers' libbinlogevents and log_event.h. Every event begins with
 *
 *   timestamp u32, type u8, server_id u32, size u32, end u32, flags u16      (all numbers little-endian)
 *
 * and ends with a CRC-32 where the log has checksums. Called by the decoder on the source thread; malformed bytes are FATAL, a
 * wrong checksum is a RETRY (the connection is made again, from before the event).
 */
#include "event.h"

#include "checksum.h"

#define FORMAT_VERSION_BYTES 50

static const struct {
    uint8_t type;
    const char *name;
} names[] = {
    {MY_EVENT_QUERY, "QUERY"},
    {MY_EVENT_ROTATE, "ROTATE"},
    {MY_EVENT_FORMAT, "FORMAT_DESCRIPTION"},
    {MY_EVENT_XID, "XID"},
    {MY_EVENT_EXECUTE_LOAD, "EXECUTE_LOAD_QUERY"},
    {MY_EVENT_TABLE_MAP, "TABLE_MAP"},
    {MY_EVENT_WRITE_ROWS_V1, "WRITE_ROWS_V1"},
    {MY_EVENT_UPDATE_ROWS_V1, "UPDATE_ROWS_V1"},
    {MY_EVENT_DELETE_ROWS_V1, "DELETE_ROWS_V1"},
    {MY_EVENT_INCIDENT, "INCIDENT"},
    {MY_EVENT_WRITE_ROWS, "WRITE_ROWS"},
    {MY_EVENT_UPDATE_ROWS, "UPDATE_ROWS"},
    {MY_EVENT_DELETE_ROWS, "DELETE_ROWS"},
    {MY_EVENT_GTID, "GTID"},
    {MY_EVENT_ANONYMOUS_GTID, "ANONYMOUS_GTID"},
    {MY_EVENT_PREVIOUS_GTIDS, "PREVIOUS_GTIDS"},
    {MY_EVENT_XA_PREPARE, "XA_PREPARE"},
    {MY_EVENT_PARTIAL_UPDATE_ROWS, "PARTIAL_UPDATE_ROWS"},
    {MY_EVENT_PAYLOAD, "TRANSACTION_PAYLOAD"},
    {MY_EVENT_TAGGED_GTID, "GTID_TAGGED"},
    {MY_EVENT_MARIADB_GTID, "GTID"},
    {MY_EVENT_MARIADB_GTID_LIST, "GTID_LIST"},
    {MY_EVENT_QUERY_COMPRESSED, "QUERY_COMPRESSED"},
    {MY_EVENT_WRITE_ROWS_COMPRESSED_V1, "WRITE_ROWS_COMPRESSED_V1"},
    {MY_EVENT_UPDATE_ROWS_COMPRESSED_V1, "UPDATE_ROWS_COMPRESSED_V1"},
    {MY_EVENT_DELETE_ROWS_COMPRESSED_V1, "DELETE_ROWS_COMPRESSED_V1"},
};

const char *my_event_name(uint8_t type)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].type == type)
            return names[i].name;
    return "event";
}

int my_event_malformed(const struct my_event *event, struct cdc_err *err)
{
    cdc_err_set(err, CDC_ERR_FATAL, "reading the binlog: malformed %s (type %u) that ends at %u",
                my_event_name(event->type), event->type, event->end);
    return cdc_err_hint(err,
                        "the server writes events that this version does not know, or its binlog is damaged");
}

/* In a log that is still open the server sets the in-use flag after it has made the checksum. */
CDC_RARE static uint32_t checksum_in_use(const unsigned char *bytes, size_t len)
{
    unsigned char head[MY_EVENT_HEADER];

    memcpy(head, bytes, sizeof head);
    head[17] = (unsigned char)(head[17] & ~MY_EVENT_IN_USE);
    return my_checksum(my_checksum(0, head, sizeof head), bytes + sizeof head, len - sizeof head);
}

static inline uint32_t checksum(const struct my_event *event, const unsigned char *bytes, size_t len)
{
    return event->type == MY_EVENT_FORMAT && (event->flags & MY_EVENT_IN_USE) ? checksum_in_use(bytes, len)
                                                                              : my_checksum(0, bytes, len);
}

CDC_RARE static int wrong_checksum(const struct my_event *event, struct cdc_err *err)
{
    cdc_err_set(err, CDC_ERR_RETRY, "reading the binlog: wrong checksum of %s (type %u) that ends at %u",
                my_event_name(event->type), event->type, event->end);
    return cdc_err_hint(err, "if it repeats at the same place, the server's binlog is damaged");
}

static inline int check_sum(const struct my_event *event, const unsigned char *bytes, size_t len,
                            struct cdc_err *err)
{
    struct cdc_reader tail = cdc_reader(bytes + len, MY_EVENT_CRC);

    return cdc_read_le(&tail, MY_EVENT_CRC) == checksum(event, bytes, len) ? 0 : wrong_checksum(event, err);
}

CDC_RARE static int bad_header(struct cdc_err *err)
{
    return cdc_err_set(err, CDC_ERR_FATAL, "reading the binlog: malformed event header");
}

int my_event_parse(struct cdc_slice bytes, bool checksummed, struct my_event *event, struct cdc_err *err)
{
    size_t tail = checksummed ? MY_EVENT_CRC : 0;
    uint64_t size;

    if (!my_event_read(bytes, tail, event, &size) || size != bytes.len)
        return bad_header(err);
    return checksummed ? check_sum(event, (const unsigned char *)bytes.ptr, bytes.len - tail, err) : 0;
}

/* version u16, server's version 50 bytes, created u32, header size u8, post-header sizes u8…, checksum algorithm u8. */
int my_format_parse(const struct my_event *event, struct my_format *format, struct cdc_err *err)
{
    struct cdc_reader r = cdc_reader(event->body.ptr, event->body.len);
    size_t sizes;

    format->version = (uint16_t)cdc_read_le(&r, 2);
    cdc_read(&r, FORMAT_VERSION_BYTES + 4);
    if (cdc_read_u8(&r) != MY_EVENT_HEADER || format->version != 4)
        return my_event_malformed(event, err);
    sizes = cdc_reader_left(&r);
    if (sizes < MY_EVENT_TABLE_MAP + 1 || r.at[MY_EVENT_TABLE_MAP - 1] != 8)
        return my_event_malformed(event, err);
    cdc_read(&r, sizes - 1);
    format->checksums = cdc_read_u8(&r) == 1;
    return 0;
}

bool my_rotate_parse(const struct my_event *event, struct my_rotate *rotate)
{
    struct cdc_reader r = cdc_reader(event->body.ptr, event->body.len);

    rotate->offset = cdc_read_le(&r, 8);
    rotate->name = cdc_read_slice(&r, cdc_reader_left(&r));
    return !r.failed && rotate->name.len && rotate->name.len <= MY_LOG_NAME &&
           !memchr(rotate->name.ptr, '\0', rotate->name.len);
}

/*
 * thread u32, time u32, database length u8, error u16, status length u16, [EXECUTE_LOAD: 13 bytes more,] status, database, NUL,
 * text to the end.
 */
bool my_query_parse(const struct my_event *event, struct my_query *query)
{
    struct cdc_reader r = cdc_reader(event->body.ptr, event->body.len);
    size_t database, status;

    cdc_read(&r, 8);
    database = cdc_read_u8(&r);
    query->error_code = (uint16_t)cdc_read_le(&r, 2);
    status = (size_t)cdc_read_le(&r, 2);
    if (event->type == MY_EVENT_EXECUTE_LOAD)
        cdc_read(&r, 13);
    cdc_read(&r, status);
    query->database = cdc_read_slice(&r, database);
    cdc_read(&r, 1);
    query->text = cdc_read_slice(&r, cdc_reader_left(&r));
    return !r.failed;
}

/* Transactions. */

#define GTID_MAY_HOLD_STATEMENTS 0x01
#define COMMIT_TIME_BYTES        7
#define ORIGINAL_TIME_FOLLOWS    (UINT64_C(1) << 55)

/*
 * GTID, ANONYMOUS_GTID: flags u8, uuid 16, number i64, 2 u8, last committed i64, sequence i64, then from MySQL 8.0 on the commit
 * time here (7 bytes) and, if its highest bit is set, where the transaction comes from (7 bytes).
 */
static bool parse_gtid(const struct my_event *event, struct my_group *group)
{
    struct cdc_reader r = cdc_reader(event->body.ptr, event->body.len);
    uint8_t flags = cdc_read_u8(&r);
    const unsigned char *uuid = cdc_read(&r, MY_GTID_UUID);
    uint64_t number = cdc_read_le(&r, 8), time = 0;

    if (r.failed)
        return false;
    group->may_hold_statements = flags & GTID_MAY_HOLD_STATEMENTS;
    if (event->type == MY_EVENT_GTID) {
        if (number == 0 || number > MY_GTID_MAX)
            return false;
        group->id.form = MY_POSITION_MYSQL;
        group->id.gtid.number = number;
        group->id.gtid.tag_len = 0;
        memcpy(group->id.gtid.uuid, uuid, MY_GTID_UUID);
    }
    if (cdc_reader_left(&r) < 17 + COMMIT_TIME_BYTES)
        return true;
    cdc_read(&r, 17);
    time = cdc_read_le(&r, COMMIT_TIME_BYTES);
    if (time & ORIGINAL_TIME_FOLLOWS)
        time = cdc_read_le(&r, COMMIT_TIME_BYTES);
    group->commit_us = (int64_t)(time & (ORIGINAL_TIME_FOLLOWS - 1));
    return !r.failed;
}

/* As many extra bytes as the first has trailing ones; the value stands above those bits, little-endian. */
static uint64_t read_varlen(struct cdc_reader *r)
{
    uint8_t first = cdc_read_u8(r);
    unsigned extra = 0;

    while (extra < 8 && (first >> extra & 1))
        extra++;
    if (extra == 8)
        return cdc_read_le(r, 8);
    if (extra == 0)
        return first >> 1;
    return cdc_read_le(r, extra) << (7 - extra) | (uint64_t)(first >> (extra + 1));
}

enum tagged_field {
    TAGGED_FLAGS,
    TAGGED_UUID,
    TAGGED_NUMBER,
    TAGGED_TAG,
    TAGGED_LAST_COMMITTED,
    TAGGED_SEQUENCE,
    TAGGED_TIME,
    TAGGED_ORIGINAL_TIME
};

static bool read_tagged_field(struct cdc_reader *r, uint64_t field, struct my_group *group)
{
    struct my_gtid *gtid = &group->id.gtid;
    uint64_t n;

    switch (field) {
    case TAGGED_FLAGS:
        group->may_hold_statements = read_varlen(r) & GTID_MAY_HOLD_STATEMENTS;
        return true;
    case TAGGED_UUID:
        for (size_t i = 0; i < MY_GTID_UUID; i++)
            gtid->uuid[i] = (unsigned char)read_varlen(r);
        return true;
    case TAGGED_NUMBER:
        gtid->number = read_varlen(r) >> 1; /* the lowest bit is its sign */
        return gtid->number > 0 && gtid->number <= MY_GTID_MAX;
    case TAGGED_TAG:
        n = read_varlen(r);
        if (n > MY_GTID_TAG || n > cdc_reader_left(r))
            return false;
        gtid->tag_len = (uint8_t)n;
        memcpy(gtid->tag, cdc_read(r, (size_t)n), (size_t)n);
        return true;
    case TAGGED_TIME:
    case TAGGED_ORIGINAL_TIME:
        group->commit_us = (int64_t)(read_varlen(r) & INT64_MAX);
        return true;
    default:
        read_varlen(r);
        return true;
    }
}

/*
 * GTID_TAGGED, from MySQL 8.3 on: a message of mysql::serialization: version, size, last field that must be known, then pairs of
 * field number and value, all variable-length integers. Fields that are left out have their defaults.
 */
static bool parse_tagged_gtid(const struct my_event *event, struct my_group *group)
{
    struct cdc_reader r = cdc_reader(event->body.ptr, event->body.len);

    if (read_varlen(&r) != 1 || read_varlen(&r) != event->body.len)
        return false;
    read_varlen(&r);
    group->id.form = MY_POSITION_MYSQL;
    while (!r.failed && cdc_reader_left(&r) > 0)
        if (!read_tagged_field(&r, read_varlen(&r), group))
            return false;
    return !r.failed && group->id.gtid.number > 0;
}

#define MARIADB_STANDALONE   0x01
#define MARIADB_GROUP_COMMIT 0x02
#define MARIADB_PREPARED     0x40
#define MARIADB_COMPLETED    0x80
#define MARIADB_START_ALTER  0x02 /* of the second flags */

/* The second flags: behind the id of a group commit (u64), or an xid (format u32, two lengths u8, both parts). */
static uint8_t read_second_flags(struct cdc_reader *r, uint8_t flags)
{
    size_t gtrid, bqual;

    if (flags & MARIADB_GROUP_COMMIT)
        cdc_read_slice(r, 8);
    if (flags & (MARIADB_PREPARED | MARIADB_COMPLETED)) {
        cdc_read_slice(r, 4);
        gtrid = cdc_read_u8(r);
        bqual = cdc_read_u8(r);
        cdc_read_slice(r, gtrid + bqual);
    }
    return r->failed || cdc_reader_left(r) == 0 ? 0 : cdc_read_u8(r);
}

/* GTID (MariaDB): sequence u64, domain u32, flags u8; what follows depends on the flags. */
static bool parse_mariadb_gtid(const struct my_event *event, struct my_group *group)
{
    struct cdc_reader r = cdc_reader(event->body.ptr, event->body.len);
    uint8_t flags;
    bool ok;

    group->id.form = MY_POSITION_MARIADB;
    group->id.mgtid.server = event->server_id;
    group->id.mgtid.sequence = cdc_read_le(&r, 8);
    group->id.mgtid.domain = (uint32_t)cdc_read_le(&r, 4);
    flags = cdc_read_u8(&r);
    group->standalone = flags & MARIADB_STANDALONE;
    group->prepared = flags & MARIADB_PREPARED;
    group->completed = flags & MARIADB_COMPLETED;
    group->may_hold_statements = true;
    ok = !r.failed;
    group->announces_alter = ok && (read_second_flags(&r, flags) & MARIADB_START_ALTER);
    return ok;
}

bool my_group_parse(const struct my_event *event, struct my_group *group)
{
    group->id.form = MY_POSITION_NONE;
    group->id.gtid.number = 0;
    group->id.gtid.tag_len = 0;
    group->commit_us = 0;
    group->standalone = group->prepared = group->completed = group->may_hold_statements = false;
    group->announces_alter = false;
    switch (event->type) {
    case MY_EVENT_MARIADB_GTID:
        return parse_mariadb_gtid(event, group);
    case MY_EVENT_TAGGED_GTID:
        return parse_tagged_gtid(event, group);
    default:
        return parse_gtid(event, group);
    }
}

/* one phase u8, format u32, gtrid length u32, bqual length u32, both. */
bool my_xa_prepare_parse(const struct my_event *event, bool *one_phase, struct my_xid *xid)
{
    struct cdc_reader r = cdc_reader(event->body.ptr, event->body.len);
    size_t gtrid, bqual;

    *one_phase = cdc_read_u8(&r) != 0;
    xid->format = (uint32_t)cdc_read_le(&r, 4);
    gtrid = (size_t)cdc_read_le(&r, 4);
    bqual = (size_t)cdc_read_le(&r, 4);
    xid->gtrid = cdc_read_slice(&r, gtrid);
    xid->bqual = cdc_read_slice(&r, bqual);
    return !r.failed && gtrid <= 64 && bqual <= 64;
}

static void put_hex(struct cdc_slice bytes, struct cdc_buf *out)
{
    cdc_buf_puts(out, "X'");
    for (size_t i = 0; i < bytes.len; i++)
        cdc_buf_printf(out, "%02x", (unsigned char)bytes.ptr[i]);
    cdc_buf_putc(out, '\'');
}

void my_xid_print(const struct my_xid *xid, struct cdc_buf *out)
{
    put_hex(xid->gtrid, out);
    cdc_buf_putc(out, ',');
    put_hex(xid->bqual, out);
    cdc_buf_printf(out, ",%u", xid->format);
}

/* GTID_LIST: count u32 with four flags in its highest bits, then the GTIDs. */
bool my_gtid_list_count(const struct my_event *event, uint32_t *count)
{
    struct cdc_reader r = cdc_reader(event->body.ptr, event->body.len);

    *count = (uint32_t)cdc_read_le(&r, 4) & 0x0fffffff;
    return !r.failed;
}
