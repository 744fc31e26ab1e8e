/* A chunk holds what the stream would bring of the same rows, byte for byte; and what becomes of a read that is refused or ended. */
#include "integration/pgchunks.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

static struct pgtest t;
static struct pgchunks c;
static struct server_postgresql *other;

static void done(void)
{
    if (other)
        server_postgresql_leave(other);
    other = NULL;
    pgchunks_fini(&c);
    pgtest_fini(&t);
}

TestSuite(postgresql_same, .fini = done, .timeout = 120);

static const char wide[] =
    "CREATE TYPE mood AS ENUM ('sad', 'Happy'); CREATE DOMAIN price AS numeric(9, 2); CREATE TYPE pair AS (a int, b text);"
    "CREATE TABLE t (id int PRIMARY KEY, a smallint, b bigint, c numeric(20, 5), d real, e float8, f money, g boolean, h bytea,"
    "i char(5), j varchar(5), k text, l date, m time, n timestamp, o timestamptz, p interval, q timetz, r uuid, s json, t jsonb,"
    "u int[], v text[], w bit(3), x varbit, y inet, z mood, aa price, ab pair, ac point, ad int4range, ae bytea[], af price[],"
    "ag \"char\", ah name, ai timestamptz[], aj boolean[], ak oid, al mood[], am tsvector, an xml)";

#define COLUMNS                                                                                              \
    "id a b c d e f g h i j k l m n o p q r s t u v w x y z aa ab ac ad ae af ag ah ai aj ak al am an"

static const char rows[] =
    "INSERT INTO t VALUES (1, -1, 9223372036854775807, 1.5, 0.1, 1e300, 1234.5, true, '\\x00ff', 'ab', 'cd', E'e\\\\\\t\\'', "
    "'2026-11-21', '18:30:00.5', '2026-11-21 18:30:00', '2026-11-21 18:30:00+01', '1 mon 2 days 03:04:05.6', '12:00+02', "
    "'00000000-0000-0000-0000-000000000001', '{\"a\":  1}', '{\"b\":  [1, 2]}', '{1,NULL,3}', '{\"a b\",NULL,\"c\\\"d\"}', B'101', "
    "B'1', '10.0.0.1/8', 'Happy', 1.5, '(1,\"x y\")', '(1,2)', '[1,5)', '{\"\\\\x00ff\"}', '{1.5,2}', 'x', 'name', "
    "'{2026-11-21 18:30:00+01}', '{t,f,NULL}', 7, '{sad,Happy}', 'a fat cat', '<a>1</a>');"
    "INSERT INTO t (id) VALUES (2)";

Test(postgresql_same, every_type)
{
    char *streamed;

    pgtest_init(&t,
                (const char *const[]){"timezone=Asia/Tokyo", "datestyle=German", "bytea_output=escape",
                                      "extra_float_digits=0", "intervalstyle=sql_standard", NULL},
                wide);
    pgtest_sql(&t, "CREATE PUBLICATION p FOR TABLE t");
    pgtest_map(&t, "t", COLUMNS, "id");
    pgtest_start(&t);
    pgchunks_open(&c, &t);
    pgtest_sql(&t, rows);
    pgtest_sql(
        &t,
        "INSERT INTO t (id, k, e, d, c, n, o, l) VALUES (3, repeat('long ', 100000), 'NaN', '-Infinity', 'NaN', "
        "'infinity', '-infinity', '0044-03-15 BC')");
    pgtest_read(&t, "INSERT public.t id=1");
    streamed = text_print("%s", strstr(cdc_buf_str(&t.log), "INSERT"));
    pgtest_read(&t, "INSERT public.t id=2");
    cr_assert_str_eq(pgchunks_next(&c, 1), streamed);
    cr_assert_str_eq(pgchunks_next(&c, 1), cdc_buf_str(&t.log));
    pgtest_read(&t, "INSERT public.t id=3");
    cr_assert_str_eq(pgchunks_next(&c, 1), strstr(cdc_buf_str(&t.log), "INSERT"));
    free(streamed);
}

Test(postgresql_same, columns_that_the_server_computes)
{
    pgtest_init(&t, NULL,
                "CREATE TABLE t (id int PRIMARY KEY, v int, w int GENERATED ALWAYS AS (v * 2) STORED)");
    pgtest_map(&t, "t", "id w", "id");
    pgchunks_open(&c, &t);
    pgtest_sql(&t, "CREATE PUBLICATION p FOR TABLE t; INSERT INTO t (id, v) VALUES (1, 21)");
    cr_assert_eq(pgchunks_try(&c, &(struct cdc_chunk_request){.table = &t.tables[0], .rows = 1, .bytes = 1}),
                 -1);
    cr_assert_eq(c.err.class, CDC_ERR_CONFIG);
    cr_assert(strstr(c.err.message, "GENERATED"), "%s", c.err.message);
    if (pgtest_version(&t) < 18)
        return;
    pgtest_sql(&t, "ALTER PUBLICATION p SET (publish_generated_columns = stored)");
    cr_assert_str_eq(pgchunks_next(&c, 1), "INSERT public.t id=1 w=42\n");
}

Test(postgresql_same, hidden_rows_are_not_left_out_silently)
{
    struct cdc_chunk_request request = {.rows = 1, .bytes = UINT64_MAX};

    pgtest_init(
        &t, NULL,
        "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1); CREATE PUBLICATION p FOR TABLE t;"
        "CREATE ROLE reader LOGIN; GRANT SELECT ON t TO reader; ALTER TABLE t ENABLE ROW LEVEL SECURITY");
    pgtest_map(&t, "t", "id", "id");
    t.config.user = "reader";
    pgchunks_open(&c, &t);
    request.table = &t.tables[0];
    cr_assert_eq(pgchunks_try(&c, &request), -1);
    cr_assert_eq(c.err.class, CDC_ERR_DENIED, "%s", c.err.message);
    pgtest_sql(&t, "ALTER ROLE reader BYPASSRLS");
    cr_assert_str_eq(pgchunks_next(&c, 1), "INSERT public.t id=1\n");
    pgtest_sql(&t, "REVOKE SELECT ON t FROM reader");
    cr_assert_eq(pgchunks_try(&c, &request), -1);
    cr_assert_eq(c.err.class, CDC_ERR_DENIED, "%s", c.err.message);
}

/* Cancels the first statement of ours that waits for a lock, from a session of its own. */
static pid_t cancel_what_waits(void)
{
    char *psql = server_postgresql_program(t.pg, "psql"), *port = text_print("%u", t.pg->port);
    const char *const argv[] = {
        psql,
        "-h",
        t.pg->host,
        "-p",
        port,
        "-U",
        "postgres",
        "-d",
        "postgres",
        "-qc",
        "DO $$ BEGIN LOOP PERFORM pg_stat_clear_snapshot(); PERFORM pg_cancel_backend(pid) FROM pg_stat_activity WHERE "
        "application_name LIKE 'tributary%' AND wait_event_type = 'Lock'; EXIT WHEN FOUND; PERFORM pg_sleep(0.01); END "
        "LOOP; END $$",
        NULL};
    pid_t pid = process_start(argv, NULL);

    free(psql);
    free(port);
    return pid;
}

static void expect_cancelled(enum cdc_err_class class)
{
    struct cdc_chunk_request request = {.table = &t.tables[0], .rows = 100, .bytes = UINT64_MAX};
    pid_t pid = cancel_what_waits();

    server_postgresql_sql(other, "postgres", "BEGIN; LOCK TABLE t");
    cr_assert_eq(pgchunks_try(&c, &request), -1);
    cr_assert_eq(c.err.class, class, "%s", c.err.message);
    cr_assert_eq(process_wait(pid, 30000), 0);
    server_postgresql_sql(other, "postgres", "COMMIT");
}

Test(postgresql_same, what_takes_too_long_is_read_in_smaller_pieces)
{
    pgtest_init(&t, NULL,
                "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 300);"
                "CREATE PUBLICATION p FOR TABLE t");
    pgtest_map(&t, "t", "id", "id");
    pgchunks_open(&c, &t);
    other = server_postgresql_join(t.pg);
    pgchunks_next(&c, 100);
    expect_cancelled(CDC_ERR_RETRY);
    pgchunks_next(&c, 100);
    cr_assert_eq(c.chunk.rows, 25);
    cr_assert_not(c.chunk.end);
    pgchunks_next(&c, 100);
    cr_assert_eq(c.chunk.rows, 50);
    pgchunks_next(&c, 100);
    cr_assert_eq(c.chunk.rows, 100);
    pgtest_sql(&t, "ALTER TABLE t DROP CONSTRAINT t_pkey");
    cdc_buf_reset(&c.place);
    pgchunks_next(&c, 100);
    cr_assert_eq(c.chunk.rows, 100);
    expect_cancelled(CDC_ERR_CONFIG);
    cr_assert(strstr(c.err.hint, "an index on its key columns"), "%s", c.err.hint);
}
