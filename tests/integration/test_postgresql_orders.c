/* The order of chunks is the server's own, for keys of every type; and no chunk sorts. */
#include "integration/pgchunks.h"

#include <criterion/criterion.h>

#include <stdlib.h>

static struct pgtest t;
static struct pgchunks c;

static void done(void)
{
    pgchunks_fini(&c);
    pgtest_fini(&t);
}

TestSuite(postgresql_orders, .fini = done, .timeout = 120);

/* A table `t (id, k…)` of this definition and these rows, read row by row, must come in the order of `by`. */
static void expect_order(const char *definition, const char *rows, const char *by)
{
    char *sql = text_print("DROP TABLE IF EXISTS t CASCADE; CREATE TABLE t (id int, %s); INSERT INTO t %s;"
                           "DROP PUBLICATION IF EXISTS p; CREATE PUBLICATION p FOR TABLE t",
                           definition, rows);

    pgtest_sql(&t, sql);
    for (uint64_t n = 1; n <= 4; n += 3) {
        char *got = text_print("%s", pgchunks_all(&c, n));
        const char *want = server_postgresql_queryf(
            t.pg, "postgres",
            "SELECT string_agg(id::text, ' ' ORDER BY %s) FROM ONLY t WHERE (%s) IS NOT NULL", by, by);
        cr_expect_str_eq(got, want, "%s", definition);
        free(got);
    }
    free(sql);
}

static void begin(const char *schema, const char *keys)
{
    pgtest_init(&t, NULL, schema);
    pgtest_map(&t, "t", "id", keys);
    pgchunks_open(&c, &t);
}

Test(postgresql_orders, numbers)
{
    begin(NULL, "k");
    expect_order("k bigint PRIMARY KEY",
                 "SELECT row_number() OVER (), v FROM unnest('{-9223372036854775808,-1,0,1,9,10,"
                 "9223372036854775807}'::bigint[]) AS v",
                 "k");
    expect_order("k numeric PRIMARY KEY",
                 "SELECT row_number() OVER (), v FROM "
                 "unnest('{-1e100,-0.5,0,1.50,9,10,1e-20,NaN,123456789012345678901234567890.5}'::"
                 "numeric[]) AS v",
                 "k");
    expect_order(
        "k float8 PRIMARY KEY",
        "SELECT row_number() OVER (), v FROM unnest('{-Infinity,-1e-300,0,0.1,0.30000000000000004,0.3,1e300,"
        "Infinity,NaN}'::float8[]) AS v",
        "k");
    expect_order(
        "k real PRIMARY KEY",
        "SELECT row_number() OVER (), v FROM unnest('{0.1,0.10000001,16777216,-1,NaN}'::real[]) AS v", "k");
    expect_order("k boolean PRIMARY KEY", "VALUES (1, true), (2, false)", "k");
    expect_order("k money PRIMARY KEY", "VALUES (1, 1234.5::money), (2, '-9'::money), (3, 99::money)", "k");
    expect_order("k oid PRIMARY KEY", "VALUES (1, 4294967295), (2, 7), (3, 70)", "k");
}

Test(postgresql_orders, times_and_bytes)
{
    begin(NULL, "k");
    expect_order("k timestamptz PRIMARY KEY",
                 "SELECT i, '2026-01-01'::timestamptz + i * interval '37 days 1 us' FROM "
                 "generate_series(-3, 5) AS i UNION ALL VALUES (90, 'infinity'::timestamptz), (91, "
                 "'-infinity'), (92, '0044-03-15 BC')",
                 "k");
    expect_order("k timestamp PRIMARY KEY",
                 "SELECT i, '2026-01-01'::timestamp + i * interval '9 hours' FROM "
                 "generate_series(-3, 5) AS i",
                 "k");
    expect_order("k date PRIMARY KEY",
                 "SELECT i, '2026-01-01'::date + i * 40 FROM generate_series(-3, 5) AS i", "k");
    expect_order("k interval PRIMARY KEY",
                 "VALUES (1, '1 mon'::interval), (2, '29 days'), (3, '-1 hour'), (4, '1 mon 1 us')", "k");
    expect_order("k timetz PRIMARY KEY", "VALUES (1, '12:00+02'::timetz), (2, '11:00+00'), (3, '10:30+00')",
                 "k");
    expect_order("k bytea PRIMARY KEY",
                 "VALUES (1, '\\x00'::bytea), (2, ''), (3, '\\xff'), (4, '\\x0001'), (5, '\\x5c27')", "k");
    expect_order("k uuid PRIMARY KEY", "SELECT i, md5(i::text)::uuid FROM generate_series(1, 9) AS i", "k");
    expect_order("k inet PRIMARY KEY",
                 "VALUES (1, '10.0.0.9'::inet), (2, '10.0.0.10'), (3, '::1'), (4, '10.0.0.0/8')", "k");
    expect_order("k bit varying(9) PRIMARY KEY", "VALUES (1, B'1'), (2, B'01'), (3, B'001'), (4, B'')", "k");
    expect_order("k pg_lsn PRIMARY KEY", "VALUES (1, 'A/0'::pg_lsn), (2, '9/FF'), (3, '10/0')", "k");
}

static const char words[] =
    "SELECT row_number() OVER (), v FROM unnest(ARRAY['zebra', 'Zebra', 'apple', 'Apple', 'äpfel', 'o', "
    "'ö', 'œ', '', ' a', 'a b', 'a-b', 'ab', 'it''s', 'a\\b', 'a\"b', '10', '9', 'x''); DROP TABLE t; "
    "--']) AS v";

Test(postgresql_orders, texts)
{
    begin(NULL, "k");
    expect_order("k text COLLATE \"C\" PRIMARY KEY", words, "k");
    expect_order("k varchar(40) COLLATE \"C\" PRIMARY KEY", words, "k");
    expect_order("k char(40) COLLATE \"C\" PRIMARY KEY", words, "k");
    expect_order("k name PRIMARY KEY", words, "k");
    if (atoi(server_postgresql_query(t.pg, "postgres",
                                     "SELECT count(*) FROM pg_collation WHERE collname = 'de-x-icu'"))) {
        expect_order("k text COLLATE \"de-x-icu\" PRIMARY KEY", words, "k");
        expect_order("k varchar COLLATE \"und-x-icu\" PRIMARY KEY", words, "k");
        pgtest_sql(&t,
                   "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
        expect_order("k text COLLATE ci PRIMARY KEY",
                     "VALUES (1, 'zebra'), (2, 'Apple'), (3, 'apples'), (4, 'ZEBRAS'), (5, 'b')", "k");
    }
    if (atoi(server_postgresql_query(t.pg, "postgres",
                                     "SELECT count(*) FROM pg_collation WHERE collname = 'en_US.utf8'")))
        expect_order("k text COLLATE \"en_US.utf8\" PRIMARY KEY", words, "k");
}

Test(postgresql_orders, types_of_ones_own)
{
    begin(
        "CREATE TYPE size AS ENUM ('small', 'big', 'BIG one'); CREATE DOMAIN code AS text CHECK (value <> '');"
        "CREATE DOMAIN code2 AS code; CREATE TYPE pair AS (a int, b text)",
        "k");
    expect_order("k size PRIMARY KEY", "VALUES (1, 'big'::size), (2, 'small'), (3, 'BIG one')", "k");
    expect_order("k code PRIMARY KEY", "VALUES (1, 'b'), (2, 'a'), (3, 'c')", "k");
    expect_order("k code2 PRIMARY KEY", "VALUES (1, 'b'), (2, 'a'), (3, 'c')", "k");
    expect_order("k int[] PRIMARY KEY", "VALUES (1, '{10}'::int[]), (2, '{9,1}'), (3, '{}'), (4, '{9}')",
                 "k");
    expect_order("k int4range PRIMARY KEY", "VALUES (1, '[1,5)'::int4range), (2, '[1,3)'), (3, 'empty')",
                 "k");
    expect_order("k pair PRIMARY KEY", "VALUES (1, '(2,x)'::pair), (2, '(1,\"y \"\"z\")'), (3, '(1,y)')",
                 "k");
    expect_order("k jsonb PRIMARY KEY", "VALUES (1, '{\"a\": 1}'::jsonb), (2, '[1]'), (3, '\"x\"')", "k");
}

Test(postgresql_orders, operators_of_an_extension)
{
    begin("CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext; CREATE DOMAIN mail AS ext.citext", "k");
    expect_order("k ext.citext PRIMARY KEY",
                 "VALUES (1, 'zebra'), (2, 'Apple'), (3, 'apples'), (4, 'ZEBRAS'), (5, 'b')", "k");
    expect_order(
        "a int, k mail, PRIMARY KEY (a, k)",
        "VALUES (1, 2, 'b'), (2, 2, 'A'), (3, 2, 'C'), (4, 1, 'z'), (5, 3, 'Z'), (6, 3, 'a'), (7, 3, 'B')",
        "a, k");
}

Test(postgresql_orders, without_a_primary_key)
{
    begin(NULL, "k l");
    expect_order("k int, l text COLLATE \"C\"",
                 "VALUES (1, 2, 'b'), (2, 2, 'A'), (3, 1, NULL), (4, NULL, 'x'), (5, 1, 'z'), (6, 1, 'y')",
                 "k, l");
    expect_order("k int, l text NOT NULL, u int NOT NULL UNIQUE",
                 "VALUES (1, 2, 'b', 5), (2, 2, 'A', 3), (3, NULL, 'a', 1), (4, 0, 'x', 9)", "k, l");
    pgtest_sql(&t, "ALTER TABLE t REPLICA IDENTITY USING INDEX t_u_key");
    cr_assert_str_eq(pgchunks_all(&c, 1), "3 2 1 4");
    pgtest_sql(&t, "ALTER TABLE t ADD PRIMARY KEY (l) INCLUDE (k)");
    cr_assert_str_eq(
        pgchunks_all(&c, 1),
        server_postgresql_query(t.pg, "postgres", "SELECT string_agg(id::text, ' ' ORDER BY l) FROM t"));
}

Test(postgresql_orders, columns_without_an_order)
{
    struct cdc_chunk_request request = {.rows = 10, .bytes = UINT64_MAX};

    begin("CREATE TABLE t (id int, k json); CREATE PUBLICATION p FOR TABLE t", "k");
    request.table = &t.tables[0];
    cr_assert_eq(pgchunks_try(&c, &request), -1);
    cr_assert_eq(c.err.class, CDC_ERR_CONFIG, "%s", c.err.message);
    cr_assert(strstr(c.err.hint, "primary key"), "%s", c.err.hint);
}

/* What the server did is in its log. */
Test(postgresql_orders, a_chunk_is_a_range_of_an_index)
{
    char *log;

    pgtest_init(
        &t,
        (const char *const[]){"session_preload_libraries=auto_explain", "auto_explain.log_min_duration=0",
                              "auto_explain.log_analyze=on", NULL},
        "CREATE TABLE t (id int, a int, b text, v text, PRIMARY KEY (a, b)) PARTITION BY HASH (a);"
        "CREATE TABLE t1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0);"
        "CREATE TABLE t2 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1);"
        "INSERT INTO t SELECT i, i % 5, md5(i::text), repeat('x', 100) FROM generate_series(1, 5000) AS i;"
        "CREATE PUBLICATION p FOR TABLE t WITH (publish_via_partition_root = true); ANALYZE t");
    pgtest_map(&t, "t", "id", "id");
    pgchunks_open(&c, &t);
    pgchunks_next(&c, 2000);
    pgchunks_next(&c, 2000);
    log = process_read_file(t.pg->server.log);
    cr_assert(strstr(log, "Index Cond: ((a = "), "%s", log);
    for (char *at = log; (at = strstr(at, "Query Text: SELECT concat_ws")); at++) {
        cr_assert_not(strstr(at, "Seq Scan on t"), "%s", at);
        cr_assert_not(strstr(at, "->  Sort"), "%s", at);
    }
    free(log);
}
