/*
 * The built-in types, by their fixed OIDs (PostgreSQL's pg_type.dat; they never change). What is not here, pgtypes.c asks
 * the catalogue about. No state; any thread.
 */
#include "postgresql/pgtype.h"

#define SCALAR(id, as, form_, text)                                                                          \
    {                                                                                                        \
        .oid = id, .kind = CDC_KIND_##as, .form = PGTYPE_##form_, .name = text                               \
    }
#define ARRAY(id, as, form_, text)                                                                           \
    {                                                                                                        \
        .oid = id, .kind = CDC_KIND_ARRAY, .form = PGTYPE_ARRAY, .element_form = PGTYPE_##form_,             \
        .element_kind = CDC_KIND_##as, .delimiter = ',', .name = text                                        \
    }

static const struct pgtype builtin[] = {
    SCALAR(16, BOOLEAN, BOOLEAN, "boolean"),
    SCALAR(17, BYTES, HEX, "bytea"),
    SCALAR(18, TEXT, AS_IS, "\"char\""),
    SCALAR(19, TEXT, AS_IS, "name"),
    SCALAR(20, INTEGER, AS_IS, "bigint"),
    SCALAR(21, INTEGER, AS_IS, "smallint"),
    SCALAR(22, TEXT, AS_IS, "int2vector"),
    SCALAR(23, INTEGER, AS_IS, "integer"),
    SCALAR(25, TEXT, AS_IS, "text"),
    SCALAR(26, INTEGER, AS_IS, "oid"),
    SCALAR(27, TEXT, AS_IS, "tid"),
    SCALAR(28, INTEGER, AS_IS, "xid"),
    SCALAR(29, INTEGER, AS_IS, "cid"),
    SCALAR(30, TEXT, AS_IS, "oidvector"),
    SCALAR(114, JSON, AS_IS, "json"),
    SCALAR(142, TEXT, AS_IS, "xml"),
    SCALAR(600, TEXT, AS_IS, "point"),
    SCALAR(601, TEXT, AS_IS, "lseg"),
    SCALAR(602, TEXT, AS_IS, "path"),
    SCALAR(603, TEXT, AS_IS, "box"),
    SCALAR(604, TEXT, AS_IS, "polygon"),
    SCALAR(628, TEXT, AS_IS, "line"),
    SCALAR(650, TEXT, AS_IS, "cidr"),
    SCALAR(700, FLOAT, AS_IS, "real"),
    SCALAR(701, FLOAT, AS_IS, "double precision"),
    SCALAR(718, TEXT, AS_IS, "circle"),
    SCALAR(774, TEXT, AS_IS, "macaddr8"),
    SCALAR(790, DECIMAL, MONEY, "money"),
    SCALAR(829, TEXT, AS_IS, "macaddr"),
    SCALAR(869, TEXT, AS_IS, "inet"),
    SCALAR(1042, TEXT, PADDED, "character"),
    SCALAR(1043, TEXT, AS_IS, "character varying"),
    SCALAR(1082, DATE, AS_IS, "date"),
    SCALAR(1083, TIME, AS_IS, "time without time zone"),
    SCALAR(1114, TIMESTAMP, AS_IS, "timestamp without time zone"),
    SCALAR(1184, INSTANT, UTC, "timestamp with time zone"),
    SCALAR(1186, INTERVAL, AS_IS, "interval"),
    SCALAR(1266, TEXT, AS_IS, "time with time zone"), /* has an offset of its own, so it is no TIME */
    SCALAR(1560, BITS, AS_IS, "bit"),
    SCALAR(1562, BITS, AS_IS, "bit varying"),
    SCALAR(1700, DECIMAL, AS_IS, "numeric"),
    SCALAR(2950, UUID, AS_IS, "uuid"),
    SCALAR(3220, TEXT, AS_IS, "pg_lsn"),
    SCALAR(3614, TEXT, AS_IS, "tsvector"),
    SCALAR(3615, TEXT, AS_IS, "tsquery"),
    SCALAR(3802, JSON, AS_IS, "jsonb"),
    SCALAR(5069, INTEGER, AS_IS, "xid8"),
    ARRAY(1000, BOOLEAN, BOOLEAN, "boolean[]"),
    ARRAY(1001, BYTES, HEX, "bytea[]"),
    ARRAY(1005, INTEGER, AS_IS, "smallint[]"),
    ARRAY(1007, INTEGER, AS_IS, "integer[]"),
    ARRAY(1009, TEXT, AS_IS, "text[]"),
    ARRAY(1014, TEXT, PADDED, "character[]"),
    ARRAY(1015, TEXT, AS_IS, "character varying[]"),
    ARRAY(1016, INTEGER, AS_IS, "bigint[]"),
    ARRAY(1021, FLOAT, AS_IS, "real[]"),
    ARRAY(1022, FLOAT, AS_IS, "double precision[]"),
    ARRAY(1115, TIMESTAMP, AS_IS, "timestamp without time zone[]"),
    ARRAY(1182, DATE, AS_IS, "date[]"),
    ARRAY(1183, TIME, AS_IS, "time without time zone[]"),
    ARRAY(1185, INSTANT, UTC, "timestamp with time zone[]"),
    ARRAY(1187, INTERVAL, AS_IS, "interval[]"),
    ARRAY(1231, DECIMAL, AS_IS, "numeric[]"),
    ARRAY(2951, UUID, AS_IS, "uuid[]"),
    ARRAY(199, JSON, AS_IS, "json[]"),
    ARRAY(3807, JSON, AS_IS, "jsonb[]"),
};

const struct pgtype *pgtype_builtin(uint32_t oid)
{
    for (size_t i = 0; i < sizeof builtin / sizeof *builtin; i++)
        if (builtin[i].oid == oid)
            return &builtin[i];
    return NULL;
}
