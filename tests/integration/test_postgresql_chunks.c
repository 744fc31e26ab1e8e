/* Chunks of tables: their rows, order and bounds, and what comes of tables that change. */
#include "integration/pgchunks.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

static struct pgtest t;
static struct pgchunks c;

static void done(void)
{
    pgchunks_fini(&c);
    pgtest_fini(&t);
}

TestSuite(postgresql_chunks, .fini = done, .timeout = 120);

static const struct cdc_source_ops *const ops = &postgresql_source_ops;

static void begin(const char *schema, const char *columns, const char *keys)
{
    pgtest_init(&t, NULL, schema);
    pgtest_map(&t, "t", columns, keys);
    pgchunks_open(&c, &t);
}

Test(postgresql_chunks, a_table_piece_by_piece)
{
    begin("CREATE TABLE t (id int PRIMARY KEY, v text, at timestamptz); CREATE PUBLICATION p FOR TABLE t;"
          "INSERT INTO t SELECT i, repeat('x', i), '2026-11-21 18:30:00+01' FROM generate_series(1, 7) AS i",
          "v at", "id");
    cr_assert_str_eq(pgchunks_next(&c, 3), "INSERT public.t v=x at=2026-11-21 17:30:00\n"
                                           "INSERT public.t v=xx at=2026-11-21 17:30:00\n"
                                           "INSERT public.t v=xxx at=2026-11-21 17:30:00\n");
    cr_assert_eq(c.chunk.rows, 3);
    cr_assert_not(c.chunk.end);
    pgchunks_next(&c, 3);
    cr_assert_not(c.chunk.end);
    cr_assert_str_eq(pgchunks_next(&c, 3), "INSERT public.t v=xxxxxxx at=2026-11-21 17:30:00\n");
    cr_assert(c.chunk.end);
    cr_assert_str_eq(pgchunks_next(&c, 3), "");
    cr_assert(c.chunk.end);
    cr_assert(c.chunk.visibility.len > 0);
    cr_assert(c.chunk.high.len > 0);
}

Test(postgresql_chunks, an_empty_table)
{
    begin("CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE t", "id", "id");
    cr_assert_str_eq(pgchunks_next(&c, 10), "");
    cr_assert(c.chunk.end);
    cr_assert(c.chunk.visibility.len > 0);
    cr_assert(ops->reached(cdc_buf_slice(&c.chunk.high), cdc_buf_slice(&c.chunk.high)));
}

Test(postgresql_chunks, a_key_of_several_columns)
{
    begin(
        "CREATE TABLE t (v text, a int, b text, c date, PRIMARY KEY (b, a, c)); CREATE PUBLICATION p FOR TABLE t;"
        "INSERT INTO t SELECT concat(b, a, c), a, b, date '2026-01-01' + c FROM generate_series(1, 3) AS a, "
        "unnest('{x,y,z}'::text[]) AS b, generate_series(1, 3) AS c",
        "v", "a");
    for (uint64_t rows = 1; rows < 30; rows += 3)
        cr_assert_str_eq(pgchunks_all(&c, rows),
                         "x11 x12 x13 x21 x22 x23 x31 x32 x33 y11 y12 y13 y21 y22 y23 y31 y32 "
                         "y33 z11 z12 z13 z21 z22 z23 z31 z32 z33");
}

Test(postgresql_chunks, bytes_are_bounded_too)
{
    struct cdc_chunk_request request = {.rows = 1000, .bytes = 250};

    begin("CREATE TABLE t (id int PRIMARY KEY, v text); CREATE PUBLICATION p FOR TABLE t;"
          "INSERT INTO t SELECT i, repeat('x', 99) FROM generate_series(1, 1000) AS i",
          "id v", "id");
    request.table = &t.tables[0];
    for (int i = 0; i < 3; i++) { /* the connection is good afterwards */
        cr_assert_eq(pgchunks_try(&c, &request), 0, "%s", c.err.message);
        cr_assert_eq(c.chunk.rows, 3);
        cr_assert_not(c.chunk.end);
    }
    request.bytes = 0;
    cr_assert_eq(pgchunks_try(&c, &request), 0, "%s", c.err.message);
    cr_assert_eq(c.chunk.rows, 1, "one at least");
    request.bytes = 300;
    request.rows = 3;
    cr_assert_eq(pgchunks_try(&c, &request), 0, "%s", c.err.message);
    cr_assert_eq(c.chunk.rows, 3);
    cr_assert_not(c.chunk.end);
    cr_assert_str_eq(
        server_postgresql_query(t.pg, "postgres",
                                "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE "
                                "'tributary%' AND state <> 'idle'"),
        "0", "nothing goes on behind our back");
}

Test(postgresql_chunks, whoever_takes_the_rows_may_stop)
{
    struct cdc_chunk_request request = {.rows = 1000, .bytes = UINT64_MAX};

    begin("CREATE TABLE t (id int PRIMARY KEY, v text); CREATE PUBLICATION p FOR TABLE t;"
          "INSERT INTO t SELECT i, repeat('x', 10000) FROM generate_series(1, 1000) AS i",
          "id", "id");
    request.table = &t.tables[0];
    c.stop_after = 2;
    cr_assert_eq(pgchunks_try(&c, &request), -1);
    cr_assert_str_eq(c.err.message, "stopped");
    cr_assert_str_eq(pgchunks_next(&c, 2), "INSERT public.t id=3\nINSERT public.t id=4\n");
}

Test(postgresql_chunks, one_row_alone)
{
    struct cdc_chunk_request request = {.rows = 10, .bytes = UINT64_MAX, .exact = true};
    char place[64];

    begin("CREATE TABLE t (a int, b text, v text, PRIMARY KEY (a, b)); CREATE PUBLICATION p FOR TABLE t;"
          "INSERT INTO t VALUES (1, 'x', 'one'), (1, 'y', 'two'), (2, 'x', 'three')",
          "v", "a b");
    pgchunks_next(&c, 2);
    request.table = &t.tables[0];
    snprintf(place, sizeof place, "%s", cdc_buf_str(&c.place));
    request.after = cdc_slice_str(place);
    cr_assert_eq(pgchunks_try(&c, &request), 0, "%s", c.err.message);
    cr_assert_str_eq(cdc_buf_str(&c.log), "INSERT public.t v=two\n");
    cr_assert(c.chunk.end);
    pgtest_sql(&t, "DELETE FROM t WHERE v = 'two'");
    cr_assert_eq(pgchunks_try(&c, &request), 0, "%s", c.err.message);
    cr_assert_str_eq(cdc_buf_str(&c.log), "");
    cr_assert(c.chunk.end);
}

/* A place that is not of this table's key is refused, and does no harm. */
static void expect_refused(const char *place)
{
    struct cdc_chunk_request request = {
        .table = &t.tables[0], .rows = 10, .bytes = UINT64_MAX, .after = cdc_slice_str(place)};

    cr_expect_eq(pgchunks_try(&c, &request), -1, "%s", place);
    cr_expect_eq(c.err.class, CDC_ERR_DATA, "%s: %s", place, c.err.message);
    cr_expect_eq(c.chunk.rows, 0);
}

Test(postgresql_chunks, places_come_back_from_a_place_where_anything_may_happen_to_them)
{
    char place[128], order[17];

    begin("CREATE TABLE t (id int PRIMARY KEY, v text); CREATE PUBLICATION p FOR TABLE t;"
          "INSERT INTO t VALUES (1, 'a'), (2, 'b')",
          "id v", "id");
    pgchunks_next(&c, 1);
    snprintf(order, sizeof order, "%.16s", cdc_buf_str(&c.place));
    expect_refused("1");
    expect_refused("0000000000000000:1:1");
    snprintf(place, sizeof place, "%s:1:1:1:1", order);
    expect_refused(place);
    snprintf(place, sizeof place, "%s:8:1 OR 1=1", order);
    expect_refused(place);
    snprintf(place, sizeof place, "%s:11:99999999999", order);
    expect_refused(place);
    snprintf(place, sizeof place, "%s:2:\xC3\x28", order);
    expect_refused(place);
    cr_assert_str_eq(pgchunks_next(&c, 5), "INSERT public.t id=2 v=b\n");
    pgtest_sql(&t, "ALTER TABLE t ALTER id TYPE bigint");
    expect_refused(cdc_buf_str(&c.place));
    cdc_buf_reset(&c.place);
    cr_assert_str_eq(pgchunks_next(&c, 1), "INSERT public.t id=1 v=a\n");
}

Test(postgresql_chunks, a_table_is_altered_between_chunks)
{
    begin("CREATE TABLE t (id int PRIMARY KEY, v text, w int); CREATE PUBLICATION p FOR TABLE t;"
          "INSERT INTO t SELECT i, 'v' || i, 100 + i FROM generate_series(1, 9) AS i",
          "id v", "id");
    cr_assert_str_eq(pgchunks_next(&c, 1), "INSERT public.t id=1 v=v1\n");
    pgtest_sql(&t, "ALTER TABLE t DROP v, ADD v text DEFAULT 'new'");
    cr_assert_str_eq(pgchunks_next(&c, 1), "INSERT public.t id=2 v=new\n");
    pgtest_sql(&t,
               "ALTER TABLE t ALTER v DROP DEFAULT, ALTER v TYPE timestamptz USING '2026-11-21 18:30:00+00'");
    cr_assert_str_eq(pgchunks_next(&c, 1), "INSERT public.t id=3 v=2026-11-21 18:30:00\n");
    pgtest_sql(&t, "ALTER TABLE t RENAME v TO old; ALTER TABLE t RENAME w TO v");
    cr_assert_str_eq(pgchunks_next(&c, 1), "INSERT public.t id=4 v=104\n");
    pgtest_sql(&t, "CREATE TABLE n (LIKE t INCLUDING ALL); INSERT INTO n VALUES (5, 7, NULL); DROP TABLE t;"
                   "ALTER TABLE n RENAME TO t; ALTER PUBLICATION p ADD TABLE t");
    cr_assert_str_eq(pgchunks_next(&c, 5), "INSERT public.t id=5 v=7\n");
}

Test(postgresql_chunks, a_column_that_is_gone)
{
    struct cdc_chunk_request request = {.rows = 10, .bytes = UINT64_MAX};

    begin(
        "CREATE TABLE t (id int PRIMARY KEY, v text, vv text); CREATE PUBLICATION p FOR TABLE t; INSERT INTO t VALUES (1)",
        "id v", "id");
    pgchunks_next(&c, 1);
    request.table = &t.tables[0];
    pgtest_sql(&t, "ALTER TABLE t DROP v");
    cr_assert_eq(pgchunks_try(&c, &request), -1);
    cr_assert_eq(c.err.class, CDC_ERR_CONFIG);
    cr_assert(strstr(c.err.message, "public.t has no column \"v\" (did you mean \"vv\"?)"), "%s",
              c.err.message);
    cr_assert(strstr(c.err.hint, "correct the mapping"));
    pgtest_sql(&t, "DROP TABLE t");
    cr_assert_eq(pgchunks_try(&c, &request), -1);
    cr_assert_eq(c.err.class, CDC_ERR_CONFIG);
    cr_assert(strstr(c.err.message, "public.t does not exist"), "%s", c.err.message);
    pgtest_sql(&t, "CREATE TABLE t (id int PRIMARY KEY, v text)");
    cr_assert_eq(pgchunks_try(&c, &request), -1);
    cr_assert(strstr(c.err.message, "is not in publication p"), "%s", c.err.message);
    pgtest_sql(&t, "ALTER PUBLICATION p ADD TABLE t");
    cr_assert_eq(pgchunks_try(&c, &request), 0);
}

Test(postgresql_chunks, a_row_filter_and_a_list_of_columns)
{
    begin("CREATE TABLE t (id int PRIMARY KEY, v text, w int);"
          "INSERT INTO t SELECT i, 'v' || i, i % 3 FROM generate_series(1, 9) AS i",
          "id v", "id");
    if (pgtest_version(&t) < 15)
        return; /* it knows neither */
    pgtest_sql(
        &t,
        "ALTER TABLE t REPLICA IDENTITY FULL; CREATE PUBLICATION p FOR TABLE t WHERE (w = 1 AND v <> 'v4')");
    cr_assert_str_eq(pgchunks_all(&c, 1), "1 7");
    pgtest_sql(
        &t, "ALTER TABLE t REPLICA IDENTITY DEFAULT; ALTER PUBLICATION p SET TABLE t (id, v) WHERE (id > 7)");
    cr_assert_str_eq(pgchunks_all(&c, 2), "8 9");
    pgtest_sql(&t, "ALTER PUBLICATION p SET TABLE t");
    cr_assert_str_eq(pgchunks_all(&c, 4), "1 2 3 4 5 6 7 8 9");
}

Test(postgresql_chunks, partitions)
{
    begin(
        "CREATE TABLE t (a int, id int, PRIMARY KEY (a, id)) PARTITION BY LIST (a);"
        "CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1, 3); CREATE TABLE t2 PARTITION OF t FOR VALUES IN (2);"
        "CREATE PUBLICATION p FOR TABLE t WITH (publish_via_partition_root = true);"
        "INSERT INTO t SELECT 1 + i % 3, i FROM generate_series(1, 9) AS i",
        "id", "id");
    for (uint64_t rows = 1; rows < 10; rows++)
        cr_assert_str_eq(pgchunks_all(&c, rows), "3 6 9 1 4 7 2 5 8");
    pgtest_sql(&t, "ALTER TABLE t DETACH PARTITION t2");
    cr_assert_str_eq(pgchunks_all(&c, 2), "3 6 9 2 5 8");
}

Test(postgresql_chunks, a_table_that_others_inherit_from)
{
    begin("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE child () INHERITS (t); INSERT INTO t VALUES (1);"
          "INSERT INTO child VALUES (2); CREATE PUBLICATION p FOR TABLE t",
          "id", "id");
    cr_assert_str_eq(pgchunks_all(&c, 5), "1");
}

Test(postgresql_chunks, the_connection_is_lost)
{
    struct cdc_chunk_request request = {.rows = 10, .bytes = UINT64_MAX};
    int rc;

    begin(
        "CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE t; INSERT INTO t VALUES (1), (2)",
        "id", "id");
    pgchunks_next(&c, 1);
    request.table = &t.tables[0];
    server_postgresql_restart(t.pg, SERVER_POSTGRESQL_FAST);
    rc = pgchunks_try(&c, &request);
    cr_assert_eq(rc, -1);
    cr_assert_eq(c.err.class, CDC_ERR_RETRY, "%s", c.err.message);
    cr_assert_str_eq(pgchunks_next(&c, 5), "INSERT public.t id=2\n");
}

Test(postgresql_chunks, a_standby_cannot_tell)
{
    struct cdc_chunk_request request = {.rows = 10, .bytes = UINT64_MAX};
    char *signal;
    FILE *file;

    begin("CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE t", "id", "id");
    request.table = &t.tables[0];
    server_postgresql_down(t.pg, SERVER_POSTGRESQL_FAST);
    signal = text_print("%s/standby.signal", t.pg->server.data);
    file = fopen(signal, "w");
    cr_assert(file && fclose(file) == 0);
    free(signal);
    server_postgresql_up(t.pg);
    cr_assert_eq(pgchunks_try(&c, &request), -1);
    cr_assert_eq(c.err.class, CDC_ERR_CONFIG, "%s", c.err.message);
    cr_assert(strstr(c.err.message, "standby"));
    cr_assert(strstr(c.err.hint, "connect to the primary"));
}

static uint64_t estimate(void)
{
    uint64_t rows = UINT64_MAX;

    cr_assert_eq(ops->estimate(c.source, &t.tables[0], &rows, &c.err), 0, "%s", c.err.message);
    return rows;
}

Test(postgresql_chunks, about_how_many_rows_there_are)
{
    uint64_t rows;

    begin(
        "CREATE TABLE t (a int, id int, v text) PARTITION BY LIST (a);"
        "CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1); CREATE TABLE t2 PARTITION OF t FOR VALUES IN (2)",
        "id", "id");
    cr_assert_eq(estimate(), 0);
    pgtest_sql(&t, "INSERT INTO t SELECT 1 + i % 2, i, repeat('x', 30) FROM generate_series(1, 20000) AS i");
    rows = estimate();
    cr_assert(rows > 10000 && rows < 40000, "%lu", (unsigned long)rows);
    pgtest_sql(&t, "ANALYZE t");
    cr_assert_eq(estimate(), 20000);
    pgtest_sql(&t, "DROP TABLE t");
    rows = 0;
    cr_assert_eq(ops->estimate(c.source, &t.tables[0], &rows, &c.err), -1);
    cr_assert_eq(c.err.class, CDC_ERR_CONFIG);
}
