/*
 * The decoder of pgoutput messages (pgoutput.h). Stands between the stream, which unwraps CopyData, and the relation, which
 * says what the values mean; called by the source thread for every message. Values are not copied. It fails by returning
 * an error that names the message; whatever the bytes are, it reads none that is not there.
 *
 * Layout, integers big endian, "cstr" ended by NUL (PostgreSQL documentation, "Logical Replication Message Formats"):
 *
 *   Begin     'B' final_lsn:8 commit_time:8 xid:4
 *   Commit    'C' flags:1 commit_lsn:8 end_lsn:8 commit_time:8
 *   Origin    'O' lsn:8 name:cstr
 *   Relation  'R' id:4 schema:cstr name:cstr identity:1 ncolumns:2 { key:1 name:cstr type:4 modifier:4 }
 *   Type      'Y' id:4 schema:cstr name:cstr
 *   Insert    'I' relation:4 'N' tuple
 *   Update    'U' relation:4 [ 'K' tuple | 'O' tuple ] 'N' tuple
 *   Delete    'D' relation:4 ( 'K' tuple | 'O' tuple )
 *   Truncate  'T' nrelations:4 options:1 { relation:4 }
 *   Message   'M' flags:1 lsn:8 prefix:cstr length:4 content
 *   tuple     ncolumns:2 { 'n' | 'u' | 't' length:4 text }
 *
 * Times are microseconds since 2000-01-01 UTC.
 */
#include "postgresql/pgoutput.h"

#define EPOCH_2000_US INT64_C(946684800000000)

const char *pgoutput_type_name(enum pgoutput_type type)
{
    switch (type) {
    case PGOUTPUT_BEGIN:
        return "Begin";
    case PGOUTPUT_COMMIT:
        return "Commit";
    case PGOUTPUT_ORIGIN:
        return "Origin";
    case PGOUTPUT_RELATION:
        return "Relation";
    case PGOUTPUT_TYPE:
        return "Type";
    case PGOUTPUT_INSERT:
        return "Insert";
    case PGOUTPUT_UPDATE:
        return "Update";
    case PGOUTPUT_DELETE:
        return "Delete";
    case PGOUTPUT_TRUNCATE:
        return "Truncate";
    case PGOUTPUT_MESSAGE:
        return "Message";
    }
    return "?";
}

static int64_t read_time(struct cdc_reader *r)
{
    /* unsigned: whatever the bytes are, the sum is defined */
    return (int64_t)(cdc_read_be64(r) + (uint64_t)EPOCH_2000_US);
}

static void read_begin(struct cdc_reader *r, struct pgoutput_message *m)
{
    m->u.begin.final_lsn = cdc_read_be64(r);
    m->u.begin.commit_us = read_time(r);
    m->u.begin.xid = cdc_read_be32(r);
}

static void read_commit(struct cdc_reader *r, struct pgoutput_message *m)
{
    cdc_read_u8(r);
    m->u.commit.commit_lsn = cdc_read_be64(r);
    m->u.commit.end_lsn = cdc_read_be64(r);
    m->u.commit.commit_us = read_time(r);
}

static void read_origin(struct cdc_reader *r)
{
    cdc_read_be64(r);
    cdc_read_cstr(r);
}

struct pgoutput_column pgoutput_column_next(struct cdc_reader *r)
{
    struct pgoutput_column column;

    column.key = cdc_read_u8(r) & 1;
    column.name = cdc_read_cstr(r);
    column.type = cdc_read_be32(r);
    column.modifier = (int32_t)cdc_read_be32(r);
    return column;
}

static void read_relation(struct cdc_reader *r, struct pgoutput_message *m)
{
    m->u.relation.id = cdc_read_be32(r);
    m->u.relation.schema = cdc_read_cstr(r);
    m->u.relation.name = cdc_read_cstr(r);
    m->u.relation.identity = (char)cdc_read_u8(r);
    m->u.relation.ncolumns = cdc_read_be16(r);
    m->u.relation.columns = *r;
    if (m->u.relation.ncolumns > PGOUTPUT_MAX_COLUMNS)
        r->failed = true;
    for (unsigned i = 0; i < m->u.relation.ncolumns && !r->failed; i++)
        pgoutput_column_next(r);
}

static void read_type(struct cdc_reader *r)
{
    cdc_read_be32(r);
    cdc_read_cstr(r);
    cdc_read_cstr(r);
}

static inline void read_value(struct cdc_reader *r, struct cdc_value *value)
{
    uint32_t len;

    switch (cdc_read_u8(r)) {
    case 't':
        len = cdc_read_be32(r);
        value->state = CDC_VALUE_PRESENT;
        value->ptr = (const char *)cdc_read(r, len);
        value->len = len;
        return;
    case 'n':
        *value = (struct cdc_value){.state = CDC_VALUE_NULL};
        return;
    case 'u':
        *value = (struct cdc_value){.state = CDC_VALUE_UNAVAILABLE};
        return;
    default:
        r->failed = true;
    }
}

static uint16_t read_tuple(struct cdc_reader *r, struct cdc_value *values)
{
    uint16_t n = cdc_read_be16(r);

    if (n > PGOUTPUT_MAX_COLUMNS) {
        r->failed = true;
        return 0;
    }
    for (uint16_t i = 0; i < n && !r->failed; i++)
        read_value(r, &values[i]);
    return n;
}

/* `new`: the message has a new tuple; `old`: it may have an old one, and must when there is no new one. */
static void read_change(struct cdc_reader *r, struct pgoutput_message *m, bool new, bool old,
                        struct pgoutput_space *space)
{
    char kind;

    m->u.change.relation = cdc_read_be32(r);
    m->u.change.old_kind = 0;
    m->u.change.nold = m->u.change.nafter = 0;
    kind = (char)cdc_read_u8(r);
    if (old && (kind == 'K' || kind == 'O')) {
        m->u.change.old_kind = kind;
        m->u.change.nold = read_tuple(r, space->old);
        if (!new)
            return;
        kind = (char)cdc_read_u8(r);
    }
    if (!new || kind != 'N')
        r->failed = true;
    else
        m->u.change.nafter = read_tuple(r, space->after);
}

static void read_truncate(struct cdc_reader *r, struct pgoutput_message *m)
{
    uint32_t n = cdc_read_be32(r);

    cdc_read_u8(r);
    m->u.truncate.nrelations = n;
    m->u.truncate.relations = *r;
    if (n > cdc_reader_left(r) / 4)
        r->failed = true;
    else
        cdc_read(r, (size_t)n * 4);
}

static void read_message(struct cdc_reader *r)
{
    cdc_read_u8(r);
    cdc_read_be64(r);
    cdc_read_cstr(r);
    cdc_read(r, cdc_read_be32(r));
}

static int refuse(uint8_t tag, struct cdc_err *err)
{
    static const char later[] = "SEcAbPKrp"; /* of protocols 2 to 4: streaming and two-phase commit */

    if (tag && strchr(later, tag)) {
        cdc_err_set(
            err, CDC_ERR_FATAL,
            "the server sent '%c', a message of streaming or two-phase commit, which we did not ask for",
            tag);
        return cdc_err_hint(err, "was the slot created with two_phase? drop it and let us create it");
    }
    return cdc_err_set(err, CDC_ERR_RETRY, "the server sent a message of unknown type 0x%02x", tag);
}

int pgoutput_decode(struct cdc_slice bytes, struct pgoutput_space *space, struct pgoutput_message *m,
                    struct cdc_err *err)
{
    struct cdc_reader r = cdc_reader(bytes.ptr, bytes.len);
    uint8_t tag = cdc_read_u8(&r);

    switch (tag) {
    case 'I':
        m->type = PGOUTPUT_INSERT;
        read_change(&r, m, true, false, space);
        break;
    case 'U':
        m->type = PGOUTPUT_UPDATE;
        read_change(&r, m, true, true, space);
        break;
    case 'D':
        m->type = PGOUTPUT_DELETE;
        read_change(&r, m, false, true, space);
        break;
    case 'B':
        m->type = PGOUTPUT_BEGIN;
        read_begin(&r, m);
        break;
    case 'C':
        m->type = PGOUTPUT_COMMIT;
        read_commit(&r, m);
        break;
    case 'R':
        m->type = PGOUTPUT_RELATION;
        read_relation(&r, m);
        break;
    case 'Y':
        m->type = PGOUTPUT_TYPE;
        read_type(&r);
        break;
    case 'T':
        m->type = PGOUTPUT_TRUNCATE;
        read_truncate(&r, m);
        break;
    case 'O':
        m->type = PGOUTPUT_ORIGIN;
        read_origin(&r);
        break;
    case 'M':
        m->type = PGOUTPUT_MESSAGE;
        read_message(&r);
        break;
    default:
        return refuse(tag, err);
    }
    if (r.failed || cdc_reader_left(&r) > 0)
        return cdc_err_set(err, CDC_ERR_RETRY, "a %s message of %zu bytes is malformed",
                           pgoutput_type_name(m->type), bytes.len);
    return 0;
}
