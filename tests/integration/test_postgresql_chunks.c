/* Chunks of tables: their rows, order and bounds, and what comes of tables that change. */
#include "integration/pgchunks.h"

#include <criterion/criterion.h>

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
