/*
 * The decoder over streams that were recorded from MariaDB 10.11 and 11.8 and MySQL 9.7 (tests/fuzz/corpus/binlog), and over ones
 * that are made here.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include "cdc/log.h"

#include "lib/mysql_record.h"

TestSuite(mysql_decoder);

#define HOLD_ALL (1 << 20)

static char bytes[1 << 16];

static struct cdc_slice load(const char *name)
{
    char path[512];
    FILE *file;
    size_t n;

    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/binlog/%s", TEST_TREE, name);
    file = fopen(path, "rb");
    cr_assert(file, "%s", path);
    n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    cdc_log_init(CDC_LOG_ERROR, CDC_LOG_TEXT, "");
    return cdc_slice(bytes, n);
}

/* All items of a record as text, and the error that ended it, if any. */
static struct cdc_buf run(struct cdc_slice record_bytes, size_t hold_bytes, struct cdc_err *err)
{
    struct mysql_record record;
    struct cdc_buf out = {0};

    *err = (struct cdc_err){0};
    cr_assert(mysql_record_open(&record, record_bytes, hold_bytes));
    if (mysql_record_run(&record, &out, err) == 0)
        cr_expect_eq(err->class, CDC_ERR_NONE);
    mysql_record_close(&record);
    cr_assert(cdc_buf_str(&out));
    return out;
}

static unsigned count(const struct cdc_buf *text, const char *line)
{
    unsigned n = 0;

    for (const char *at = text->data; (at = strstr(at, line)); at++)
        n += at == text->data || at[-1] == '\n';
    return n;
}

static void expect_line(const struct cdc_buf *text, const char *line)
{
    cr_expect_eq(count(text, line), 1, "%s comes %u times", line, count(text, line));
}

/* The first part of each recording is the same on every server. */
static void check_common(const struct cdc_buf *text)
{
    expect_line(
        text,
        "relation shop.item id:integer* name:text price:decimal added:timestamp state:text note:text picture:bytes "
        "old:text\ninsert shop.item id=1 name=tea price=2.50 added=2026-11-21 18:30:00.123 state=new note=é😀 "
        "picture=AP8= old=café\ninsert shop.item id=2 name=NULL price=NULL added=NULL state=NULL note=NULL "
        "picture=NULL old=NULL\ncommit ");
    expect_line(text, "relation shop.other id:integer* x:integer\ninsert shop.other id=1 x=1\ncommit");
    expect_line(
        text,
        "update shop.item id=1 name=tea price=2.50 added=2026-11-21 18:30:00.123 state=new note=é😀 picture=AP8= "
        "old=café -> id=1 name=tea price=3.50 added=2026-11-21 18:30:00.123 state=sold note=é😀 picture=AP8= "
        "old=café\ncommit ");
    expect_line(
        text,
        "delete shop.item id=2 name=NULL price=NULL added=NULL state=NULL note=NULL picture=NULL old=NULL\ncommit ");
}

/* A savepoint that was rolled back to, a rollback, row images of the least size, XA. */
static void check_transactions(const struct cdc_buf *text)
{
    expect_line(
        text,
        "insert shop.item id=3 name=a price=NULL added=NULL state=NULL note=NULL picture=NULL old=NULL\n"
        "insert shop.other id=2 x=2\n"
        "insert shop.item id=5 name=b price=NULL added=NULL state=NULL note=NULL picture=NULL old=NULL\ncommit ");
    cr_expect_null(strstr(text->data, "name=gone"));
    cr_expect_null(strstr(text->data, "name=never"));
    expect_line(
        text,
        "update shop.item id=3 name=- price=- added=- state=- note=- picture=- old=- -> id=3 name=c price=- added=- "
        "state=- note=- picture=- old=-\ncommit ");
    expect_line(text, "delete shop.item id=5 name=- price=- added=- state=- note=- picture=- old=-\ncommit ");
    expect_line(text,
                "insert shop.item id=7 name=- price=-0.01 added=- state=- note=- picture=- old=-\ncommit ");
    expect_line(text, "insert shop.item id=8 name=xa price=NULL");
    expect_line(text, "insert shop.item id=10 name=xa1 price=NULL");
    cr_expect_null(strstr(text->data, "insert shop.item id=9 "));
    expect_line(
        text,
        "relation shop.item id:integer* name:text extra:integer price:decimal added:timestamp state:text note:text "
        "picture:bytes\ninsert shop.item id=11 name=after alter extra=5 ");
    expect_line(text, "truncate shop.item\ncommit ");
    expect_line(text, "insert shop.item id=12 name=after truncate extra=5 ");
}

static void check_statement_gap(const struct cdc_err *err)
{
    cr_expect_eq(err->class, CDC_ERR_GAP, "%s", err->message);
    cr_expect(strstr(err->message, "table shop.other was changed by a statement"), "%s", err->message);
    cr_expect_null(strstr(err->message, "(9"), "a value leaked: %s", err->message);
    cr_expect(strstr(err->hint, "binlog_format=ROW"));
}

static void check_mariadb(const char *name, size_t hold_bytes)
{
    struct cdc_err err;
    struct cdc_buf text = run(load(name), hold_bytes, &err);

    check_common(&text);
    check_transactions(&text);
    cr_expect_null(strstr(text.data, "rolled back"));
    expect_line(&text,
                "insert shop.item id=22 name=compressed extra=5 price=NULL added=NULL state=NULL note=zzzz");
    expect_line(&text, "update shop.item id=22 name=compressed ");
    expect_line(&text, "delete shop.item id=22 name=compressed ");
    expect_line(
        &text,
        "insert shop.item id=23 name=NULL extra=5 price=NULL added=NULL state=NULL note=NULL picture=NULL u=! a=! "
        "j={\"a\": 1}\n"); /* UUID and INET6 need the catalogue, which here knows nothing */
    cr_expect_eq(count(&text, "begin "), count(&text, "commit mariadb:0-"));
    check_statement_gap(&err);
    cdc_buf_fini(&text);
}

Test(mysql_decoder, mariadb_10_11)
{
    check_mariadb("mariadb10", HOLD_ALL);
}

Test(mysql_decoder, mariadb_11_8)
{
    check_mariadb("mariadb11", HOLD_ALL);
}

static void check_mysql(const char *name, size_t hold_bytes, const char *commit)
{
    struct cdc_err err;
    struct cdc_buf text = run(load(name), hold_bytes, &err);

    check_common(&text);
    check_transactions(&text);
    expect_line(
        &text,
        "insert shop.item id=30 name=NULL extra=5 price=NULL added=NULL state=NULL note=NULL picture=NULL "
        "j={\"a\": 1, \"b\": [1, 2, \"three\"], \"c\": {\"d\": null}} v=[1,2.5,-0.1]\n");
    cr_expect(
        strstr(text.data,
               " -> id=30 name=NULL extra=5 price=NULL added=NULL state=NULL note=NULL picture=NULL "
               "j={\"a\": 7, \"b\": [1, \"three\"], \"c\": {\"d\": null, \"e\": true}} v=[1,2.5,-0.1]\n"));
    expect_line(&text, "insert shop.item id=31 name=zstd extra=5 price=NULL added=NULL state=NULL note=zzzz");
    expect_line(&text, "delete shop.item id=31 name=zstd ");
    expect_line(&text, "insert shop.item id=32 name=tagged ");
    cr_expect_eq(count(&text, "begin "), count(&text, commit));
    check_statement_gap(&err);
    cdc_buf_fini(&text);
}

Test(mysql_decoder, mysql_9_by_gtid)
{
    check_mysql("mysql9", HOLD_ALL, "commit mysql:752999ff-e601-11f1-85a2-02fc00000001:");
}

Test(mysql_decoder, mysql_9_by_file)
{
    check_mysql("mysql9_file", HOLD_ALL, "commit file:bin.000008:");
}

/* Hardly anything is kept, so every transaction is read twice; the items are the same. */
Test(mysql_decoder, what_cannot_be_kept_is_read_again)
{
    check_mariadb("mariadb10", 64);
    check_mariadb("mariadb11", 64);
    check_mysql("mysql9", 64, "commit mysql:");
}

static void check_catalogue_names(const char *name, const char *x)
{
    struct cdc_err err;
    struct cdc_buf text = run(load(name), HOLD_ALL, &err);
    char line[200];

    cr_expect_eq(err.class, CDC_ERR_NONE, "%s", err.message);
    snprintf(line, sizeof line,
             "relation shop.other id:integer* x:integer\ninsert shop.other id=50 x=%s\ncommit ", x);
    expect_line(&text, line);
    snprintf(line, sizeof line, "update shop.other id=50 x=%s -> id=50 x=8\n", x);
    expect_line(&text, line);
    cdc_buf_fini(&text);
}

/* The catalogue says that x is unsigned; MySQL's minimal metadata says that it is not. */
Test(mysql_decoder, without_names_in_the_stream_the_catalogue_gives_them)
{
    check_catalogue_names("mariadb10_no_metadata", "4294967289");
    check_catalogue_names("mysql9_minimal_metadata", "-7");
}

Test(mysql_decoder, a_stream_may_end_anywhere)
{
    static const char *const names[] = {"mariadb10_no_metadata", "mysql9_minimal_metadata"};

    for (size_t i = 0; i < 2; i++) {
        struct cdc_slice whole = load(names[i]);

        for (size_t n = 1; n < whole.len; n++) {
            struct cdc_err err;
            struct cdc_buf text = run(cdc_slice(whole.ptr, n), HOLD_ALL, &err);

            cr_expect_eq(err.class, CDC_ERR_NONE);
            cdc_buf_fini(&text);
        }
    }
}

/* Each event, one after the other, cut at every length, with its size and checksum put right: never more than an error. */
static void put_le32(char *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (char)(value >> (8 * i));
}

static uint32_t crc(const char *data, size_t len)
{
    uint32_t c = 0xffffffff;

    for (size_t i = 0; i < len; i++) {
        c ^= (unsigned char)data[i];
        for (int k = 0; k < 8; k++)
            c = c & 1 ? c >> 1 ^ 0xedb88320 : c >> 1;
    }
    return ~c;
}

static void feed_cut(struct cdc_slice whole, size_t which, size_t cut)
{
    struct mysql_record record;
    struct cdc_slice event;
    struct cdc_item item;
    struct cdc_err err;
    char copy[2048];

    cr_assert(mysql_record_open(&record, whole, HOLD_ALL));
    for (size_t i = 0; i <= which && mysql_record_event(&record, &event); i++) {
        if (i == which && cut >= 23 && cut < event.len && event.len <= sizeof copy) {
            memcpy(copy, event.ptr, cut);
            put_le32(copy + 9, (uint32_t)cut);
            put_le32(copy + cut - 4, crc(copy, cut - 4));
            event = cdc_slice(copy, cut);
        }
        my_decoder_feed(record.decoder, event);
        do {
            if (my_decoder_next(record.decoder, &item, &err)) {
                cr_expect(err.message[0]);
                goto done;
            }
        } while (item.type != CDC_ITEM_NONE);
    }
done:
    mysql_record_close(&record);
}

Test(mysql_decoder, events_cut_at_every_length_do_no_harm)
{
    static const char *const names[] = {"mariadb10_no_metadata", "mysql9_minimal_metadata"};

    for (size_t i = 0; i < 2; i++) {
        struct cdc_slice whole = load(names[i]);

        for (size_t which = 0; which < 12; which++)
            for (size_t cut = 23; cut < 160; cut += 3)
                feed_cut(whole, which, cut);
    }
}

/* Streams made here. */

struct made {
    char data[8192];
    size_t len;
};

/* Appends an event with a right size and checksum. */
static void add(struct made *m, uint8_t type, const void *body, size_t len)
{
    char *event = m->data + m->len + 4;
    size_t size = 19 + len + 4;

    cr_assert_leq(m->len + 4 + size, sizeof m->data);
    put_le32(m->data + m->len, (uint32_t)size);
    memset(event, 0, 19);
    event[4] = (char)type;
    event[5] = 101;
    put_le32(event + 9, (uint32_t)size);
    memcpy(event + 19, body, len);
    put_le32(event + size - 4, crc(event, size - 4));
    m->len += 4 + size;
}

static void add_gtid(struct made *m, unsigned sequence, unsigned char flags)
{
    char body[19] = {(char)sequence};

    body[12] = (char)flags;
    add(m, MY_EVENT_MARIADB_GTID, body, sizeof body);
}

static void add_query(struct made *m, const char *text)
{
    char body[600] = {0};
    size_t n = strlen(text);

    body[8] = 4;
    memcpy(body + 13, "shop", 4);
    memcpy(body + 18, text, n);
    add(m, MY_EVENT_QUERY, body, 18 + n);
}

/* shop.other (id, x), without metadata, and an insert of (id, 1). */
static void add_row(struct made *m, char id)
{
    static const char map[] = "\x01\0\0\0\0\0\x01\0\x04shop\0\x05other\0\x02\x03\x03\0\x02";
    char rows[] = "\x01\0\0\0\0\0\x01\0\x02\x03\xfc?\0\0\0\x01\0\0\0";

    rows[11] = id;
    add(m, MY_EVENT_TABLE_MAP, map, sizeof map - 1);
    add(m, MY_EVENT_WRITE_ROWS_V1, rows, sizeof rows - 1);
}

static void add_xid(struct made *m)
{
    add(m, MY_EVENT_XID, "\0\0\0\0\0\0\0\0", 8);
}

static void check_made(const struct made *m, const char *text, enum cdc_err_class class)
{
    struct cdc_err err;
    struct cdc_buf out;

    for (size_t hold = 32; hold <= HOLD_ALL; hold *= 32768) {
        out = run(cdc_slice(m->data, m->len), hold, &err);
        cr_expect_str_eq(out.len ? out.data : "", text);
        cr_expect_eq(err.class, class, "%s", err.message);
        cdc_buf_fini(&out);
    }
}

#define RELATION "relation shop.other id:integer* x:integer\n"

Test(mysql_decoder, rollbacks_to_savepoints_nest)
{
    struct made m = {.data = "A", .len = 1};

    add_gtid(&m, 1, 0x0c);
    add_row(&m, 1);
    add_query(&m, "SAVEPOINT `a`");
    add_row(&m, 2);
    add_query(&m, "SAVEPOINT `b`");
    add_row(&m, 3);
    add_query(&m, "ROLLBACK TO `b`");
    add_row(&m, 4);
    add_query(&m, "ROLLBACK TO `A`");
    add_row(&m, 5);
    add_query(&m, "SAVEPOINT `c`");
    add_row(&m, 6);
    add_query(&m, "ROLLBACK TO `c`");
    add_row(&m, 7);
    add_xid(&m);
    check_made(&m,
               "begin 0-101-1\n" RELATION
               "insert shop.other id=1 x=1\ninsert shop.other id=5 x=1\ninsert shop.other id=7 x=1\n"
               "commit mariadb:0-101-1,9-9-9\n",
               CDC_ERR_NONE);
}

Test(mysql_decoder, a_rollback_to_an_unknown_savepoint_is_a_gap)
{
    struct made m = {.data = "A", .len = 1};

    add_gtid(&m, 1, 0x0c);
    add_row(&m, 1);
    add_query(&m, "ROLLBACK TO `a`");
    add_xid(&m);
    check_made(&m, "", CDC_ERR_GAP);
}

Test(mysql_decoder, a_rollback_gives_nothing)
{
    struct made m = {.data = "A", .len = 1};

    add_gtid(&m, 1, 0x0c);
    add_row(&m, 1);
    add_query(&m, "ROLLBACK");
    add_gtid(&m, 2, 0x0c);
    add_row(&m, 2);
    add_query(&m, "COMMIT");
    check_made(&m, "begin 0-101-2\n" RELATION "insert shop.other id=2 x=1\ncommit mariadb:0-101-2,9-9-9\n",
               CDC_ERR_NONE);
}

Test(mysql_decoder, an_incident_is_a_gap)
{
    struct made m = {.data = "A", .len = 1};

    add(&m, MY_EVENT_INCIDENT, "\x01\0\x04oops", 7);
    check_made(&m, "", CDC_ERR_GAP);
}

Test(mysql_decoder, an_unknown_event_ends_the_stream)
{
    struct made m = {.data = "A", .len = 1};

    add(&m, 99, "", 0);
    check_made(&m, "", CDC_ERR_FATAL);
}

Test(mysql_decoder, rows_of_a_table_that_was_never_announced_end_the_stream)
{
    struct made m = {.data = "A", .len = 1};

    add_gtid(&m, 1, 0x0c);
    add(&m, MY_EVENT_WRITE_ROWS_V1, "\x07\0\0\0\0\0\x01\0\x02\x03\xfc\0\0\0\0\x01\0\0\0", 19);
    check_made(&m, "", CDC_ERR_FATAL);
}

Test(mysql_decoder, another_number_of_columns_than_the_catalogue_has_is_a_gap)
{
    static const char map[] = "\x01\0\0\0\0\0\x01\0\x04shop\0\x05other\0\x03\x03\x03\x03\0\x02";
    struct made m = {.data = "A", .len = 1};
    struct cdc_err err;
    struct cdc_buf out;

    add_gtid(&m, 1, 0x0c);
    add(&m, MY_EVENT_TABLE_MAP, map, sizeof map - 1);
    add(&m, MY_EVENT_WRITE_ROWS_V1, "\x01\0\0\0\0\0\x01\0\x03\x07\xf8\x01\0\0\0\x01\0\0\0\x01\0\0\0", 23);
    add_xid(&m);
    out = run(cdc_slice(m.data, m.len), HOLD_ALL, &err);
    cr_expect_eq(err.class, CDC_ERR_GAP);
    cr_expect(strstr(err.message, "shop.other") && strstr(err.message, "3 columns") &&
                  strstr(err.message, "now has 2"),
              "%s", err.message);
    cr_expect(strstr(err.hint, "binlog_row_metadata=FULL"));
    cdc_buf_fini(&out);
}

Test(mysql_decoder, an_xa_transaction_that_nobody_prepared_is_a_gap_when_it_commits)
{
    struct made m = {.data = "A", .len = 1};

    add_gtid(&m, 1, 0x8d);
    add_query(&m, "XA ROLLBACK X'61',X'',1");
    add_gtid(&m, 2, 0x8d);
    add_query(&m, "XA COMMIT X'61',X'',1");
    check_made(&m, "", CDC_ERR_GAP);
}

static void add_prepared(struct made *m, unsigned sequence, char id)
{
    char xid[] = "\0\x01\0\0\0\x01\0\0\0\0\0\0\0?";

    xid[13] = id;
    add_gtid(m, sequence, 0x4c);
    add_row(m, id);
    add_query(m, "XA END");
    add(m, MY_EVENT_XA_PREPARE, xid, sizeof xid - 1);
}

/* The state that a new start finds in the checkpoint after `m`. */
static void position_after(const struct made *m, struct cdc_buf *text)
{
    struct mysql_record record;
    struct cdc_buf out = {0};
    struct cdc_err err;

    cr_assert(mysql_record_open(&record, cdc_slice(m->data, m->len), HOLD_ALL));
    cr_assert_eq(mysql_record_run(&record, &out, &err), 0);
    my_position_print(my_decoder_position(record.decoder), text);
    mysql_record_close(&record);
    cdc_buf_fini(&out);
}

/* The server begins at `from`, which here is the beginning; what was applied does not come again, what is held does. */
static void check_resumed(const struct cdc_buf *position, const struct made *m, const char *text)
{
    struct my_decoder_server server = {.mariadb = true, .checksums = true, .identity = CDC_IDENTITY_FULL};
    struct my_position from = {0};
    struct mysql_record record;
    struct cdc_buf out = {0};
    struct cdc_err err;

    cr_assert(mysql_record_open(&record, cdc_slice(m->data, m->len), HOLD_ALL));
    cr_assert_eq(my_position_parse(&from, cdc_buf_slice(position), &err), 0);
    cr_assert_eq(my_decoder_start(record.decoder, &from, &server, &err), 0);
    cr_expect_eq(my_decoder_dump_start(record.decoder).list->n, 1);
    cr_assert_eq(mysql_record_run(&record, &out, &err), 0, "%s", err.message);
    cr_expect_str_eq(cdc_buf_str(&out), text);
    my_position_fini(&from);
    mysql_record_close(&record);
    cdc_buf_fini(&out);
}

Test(mysql_decoder, held_xa_transactions_survive_a_restart)
{
    struct made m = {.data = "A", .len = 1};
    struct cdc_buf position = {0};

    add_prepared(&m, 1, 1);
    add_gtid(&m, 2, 0x0c);
    add_row(&m, 2);
    add_xid(&m);
    add_prepared(&m, 3, 3);
    position_after(&m, &position);
    cr_expect_str_eq(cdc_buf_str(&position), "mariadb:0-101-3,9-9-9;held=0-101-1,0-101-3;from=9-9-9");
    add_gtid(&m, 4, 0x8d);
    add_query(&m, "XA COMMIT X'01',X'',1");
    add_gtid(&m, 5, 0x8d);
    add_query(&m, "XA ROLLBACK X'03',X'',1");
    add_gtid(&m, 6, 0x0c);
    add_row(&m, 6);
    add_xid(&m);
    check_resumed(&position, &m,
                  "begin 0-101-4\n" RELATION "insert shop.other id=1 x=1\n"
                  "commit mariadb:0-101-4,9-9-9;held=0-101-3;from=0-101-2,9-9-9\n"
                  "begin 0-101-6\ninsert shop.other id=6 x=1\ncommit mariadb:0-101-6,9-9-9\n");
    cdc_buf_fini(&position);
}
