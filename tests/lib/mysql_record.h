/*
 * Recorded streams, for unit tests and fuzz targets: a byte for the dialect ('A' MariaDB, 'M' MySQL with GTIDs, 'F' MySQL by file),
 * then events as they came, each after its size u32. And a catalogue that needs no server: tables `shop.item`, of which it knows
 * nothing that the stream does not say, and `shop.other`, of which it knows two columns.
 *
 * In a header, because fuzz targets are built from one file.
 */
#ifndef TESTS_LIB_MYSQL_RECORD_H
#define TESTS_LIB_MYSQL_RECORD_H

#include "mysql/decoder.h"
#include "mysql/event.h"

#include "lib/mysql_items.h"

struct mysql_record_catalog {
    struct my_charset utf8, bytes, latin1, unknown;
    unsigned asked; /* for tables */
};

static inline int mysql_record_table(void *ctx, struct cdc_slice schema, struct cdc_slice name,
                                     struct cdc_arena *arena, struct my_catalog_table *table,
                                     struct cdc_err *err)
{
    static const struct my_catalog_column two[] = {
        {.name = {"id", 2}, .data_type = {"int", 3}, .column_type = {"int(11)", 7}, .key = true},
        {.name = {"x", 1}, .data_type = {"int", 3}, .column_type = {"int(10) unsigned", 16}}};

    (void)schema;
    (void)err;
    ((struct mysql_record_catalog *)ctx)->asked++;
    *table = (struct my_catalog_table){.exists = true};
    if (!cdc_slice_is(name, "other"))
        return 0;
    table->columns = cdc_arena_alloc(arena, sizeof two);
    if (!table->columns)
        return cdc_err_memory(err);
    memcpy(table->columns, two, sizeof two);
    table->ncolumns = 2;
    return 0;
}

static inline int mysql_record_charset(void *ctx, uint32_t collation, const struct my_charset **charset,
                                       struct cdc_err *err)
{
    struct mysql_record_catalog *catalog = ctx;

    (void)err;
    if (collation == 63)
        *charset = &catalog->bytes;
    else if (collation == 8)
        *charset = &catalog->latin1;
    else
        *charset =
            collation == 33 || collation == 45 || collation == 46 || collation == 255 || collation == 2304
                ? &catalog->utf8
                : &catalog->unknown;
    return 0;
}

static inline int mysql_record_named(void *ctx, struct cdc_slice name, const struct my_charset **charset,
                                     struct cdc_err *err)
{
    struct mysql_record_catalog *catalog = ctx;

    (void)err;
    *charset = cdc_slice_is(name, "binary") ? &catalog->bytes : &catalog->utf8;
    return 0;
}

static const struct my_catalog_ops mysql_record_ops = {
    .table = mysql_record_table, .charset_of = mysql_record_charset, .charset_named = mysql_record_named};

static inline void mysql_record_catalog_init(struct mysql_record_catalog *catalog)
{
    uint32_t latin1[256];

    for (uint32_t i = 0; i < 256; i++)
        latin1[i] = i;
    my_charset_init(&catalog->utf8, "utf8mb4");
    my_charset_init(&catalog->bytes, "binary");
    my_charset_init(&catalog->latin1, "latin1");
    my_charset_init(&catalog->unknown, "klingon");
    if (my_charset_set_table(&catalog->latin1, latin1))
        catalog->latin1.kind = MY_CHARSET_UNKNOWN;
}

static inline void mysql_record_catalog_fini(struct mysql_record_catalog *catalog)
{
    my_charset_fini(&catalog->latin1);
}

/* A decoder over a record. Read it, do not write it. */
struct mysql_record {
    struct mysql_record_catalog catalog;
    struct cdc_table_ref tables[2];
    struct cdc_source_config config;
    struct cdc_source_params source;
    struct my_decoder_params params;
    struct my_decoder *decoder;
    struct cdc_slice left,
        group; /* events to come; and those from the beginning of the present transaction */
};

/* `hold_bytes`: how much of a transaction is kept before it is read again instead. false: not a record. */
static inline bool mysql_record_open(struct mysql_record *record, struct cdc_slice bytes, size_t hold_bytes)
{
    static const char *const columns[] = {"id"};
    struct my_position from = {.form = MY_POSITION_MYSQL};
    struct my_decoder_server server = {.identity = CDC_IDENTITY_FULL, .checksums = true};
    struct cdc_err err;
    bool ok;

    if (!bytes.len || !memchr("AMF", bytes.ptr[0], 3))
        return false;
    *record = (struct mysql_record){.left = {bytes.ptr + 1, bytes.len - 1}};
    server.mariadb = bytes.ptr[0] == 'A';
    from.form = bytes.ptr[0] == 'A'   ? MY_POSITION_MARIADB
                : bytes.ptr[0] == 'M' ? MY_POSITION_MYSQL
                                      : MY_POSITION_FILE;
    memcpy(from.place.name, "bin.000001", 11);
    from.place.offset = 4;
    mysql_record_catalog_init(&record->catalog);
    record->tables[0] = (struct cdc_table_ref){"shop", "item", 1, columns, 1, columns};
    record->tables[1] = (struct cdc_table_ref){"shop", "other", 1, columns, 1, columns};
    record->source = (struct cdc_source_params){
        .connector = "test", .config = &record->config, .ntables = 2, .tables = record->tables};
    record->params = (struct my_decoder_params){.source = &record->source,
                                                .catalog = {&mysql_record_ops, &record->catalog, false},
                                                .hold_bytes = hold_bytes,
                                                .row_bytes = 1 << 20,
                                                .prepare_bytes = 1 << 20,
                                                .position_ms = 1000000};
    record->decoder = my_decoder_new(&record->params);
    /* an empty position would mean the very first log */
    ok = record->decoder && my_mgtid_list_advance(&from.list, (struct my_mgtid){9, 9, 9}) == 0 &&
         my_decoder_start(record->decoder, &from, &server, &err) == 0;
    my_position_fini(&from);
    return ok;
}

static inline void mysql_record_close(struct mysql_record *record)
{
    my_decoder_free(record->decoder);
    mysql_record_catalog_fini(&record->catalog);
}

static inline bool mysql_record_begins(struct cdc_slice event)
{
    uint8_t type = event.len > 4 ? (uint8_t)event.ptr[4] : 0;

    return type == MY_EVENT_GTID || type == MY_EVENT_ANONYMOUS_GTID || type == MY_EVENT_TAGGED_GTID ||
           type == MY_EVENT_MARIADB_GTID;
}

/* The next recorded event; false at the end, or where the record is cut off. */
static inline bool mysql_record_event(struct mysql_record *record, struct cdc_slice *event)
{
    struct cdc_reader r = cdc_reader(record->left.ptr, record->left.len);

    *event = cdc_read_slice(&r, (size_t)cdc_read_le(&r, 4));
    if (!r.failed && mysql_record_begins(*event))
        record->group = record->left;
    record->left = cdc_slice((const char *)r.at, cdc_reader_left(&r));
    return !r.failed;
}

/* Goes through the record from `left` on and appends its items to `out`. 0 at the end, -1 at an error. */
static inline int mysql_record_run(struct mysql_record *record, struct cdc_buf *out, struct cdc_err *err)
{
    struct cdc_slice event;
    struct cdc_item item;

    while (mysql_record_event(record, &event)) {
        my_decoder_feed(record->decoder, event);
        do {
            if (my_decoder_next(record->decoder, &item, err))
                return -1;
            mysql_items_print(&item, out);
        } while (item.type != CDC_ITEM_NONE);
        if (my_decoder_wants_restart(record->decoder)) {
            record->left = record->group; /* a server begins behind the position */
            if (my_decoder_restart(record->decoder, err))
                return -1;
        }
    }
    return 0;
}

#endif
