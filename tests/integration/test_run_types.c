/*
 * `tributary run`, end to end: every type that PostgreSQL has built in, and those that people make, as a canonical value;
 * the same whatever the server's own settings for dates, floats and bytes are, and the same bytes from the stream and from a snapshot.
 */
#include "integration/snapshot_watch.h"
#include "lib/fail.h"
#include "lib/scene.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct scene scene;

static void done(void)
{
    scene_clean(&scene);
}

TestSuite(run_types, .fini = done, .timeout = 180);

/* What a literal of a type becomes in a field of type string. */
static const struct sample {
    const char *type, *literal, *canonical;
} built_in[] = {
    {"smallint", "-32768", "-32768"},
    {"integer", "2147483647", "2147483647"},
    {"bigint", "-9223372036854775808", "-9223372036854775808"},
    {"oid", "4294967295", "4294967295"},
    {"numeric", "0.000001230", "0.000001230"},
    {"numeric", "1e20", "100000000000000000000"},
    {"numeric(30, 4)", "12345678901234567890.5", "12345678901234567890.5000"},
    {"real", "0.1", "0.1"},
    {"real", "1e20", "1e+20"},
    {"double precision", "-0", "0"},
    {"double precision", "0.1", "0.1"},
    {"double precision", "0.30000000000000004", "0.30000000000000004"},
    {"double precision", "-1.5e-300", "-1.5e-300"},
    {"boolean", "yes", "true"},
    {"boolean", "no", "false"},
    {"text", "Zo\u00eb\t\"\\\u20ac\U0001F3AC", "Zo\u00eb\t\"\\\u20ac\U0001F3AC"},
    {"text", "line\r\nnext \x01\x7f", "line\r\nnext \x01\x7f"},
    {"varchar(5)", "abc  ", "abc  "},
    {"char(5)", "abc", "abc"},
    {"char(5)", "     ", ""},
    {"char(3)[]", "{ab,abc}", "[\"ab\",\"abc\"]"},
    {"short", "ab", "ab"},
    {"name", "abc", "abc"},
    {"\"char\"", "x", "x"},
    {"bytea", "\\xdeadbeef", "3q2+7w=="},
    {"bytea", "", ""},
    {"uuid", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {"json", "{\"b\": 1,  \"a\": null}", "{\"b\":1,\"a\":null}"},
    {"jsonb", "{\"b\": 1,  \"a\": null}", "{\"a\":null,\"b\":1}"},
    {"xml", "<a>b</a>", "<a>b</a>"},
    {"inet", "10.1.2.3/8", "10.1.2.3/8"},
    {"inet", "::1", "::1"},
    {"cidr", "10.0.0.0/8", "10.0.0.0/8"},
    {"macaddr", "08:00:2b:01:02:03", "08:00:2b:01:02:03"},
    {"macaddr8", "08:00:2b:01:02:03:04:05", "08:00:2b:01:02:03:04:05"},
    {"bit(4)", "1010", "1010"},
    {"bit varying", "101", "101"},
    {"money", "12.50", "12.50"},
    {"point", "(1,2)", "(1,2)"},
    {"line", "{1,2,3}", "{1,2,3}"},
    {"lseg", "[(1,2),(3,4)]", "[(1,2),(3,4)]"},
    {"box", "(3,4),(1,2)", "(3,4),(1,2)"},
    {"path", "[(1,2),(3,4)]", "[(1,2),(3,4)]"},
    {"polygon", "((1,2),(3,4))", "((1,2),(3,4))"},
    {"circle", "<(1,2),3>", "<(1,2),3>"},
    {"tsvector", "fat cat", "'cat' 'fat'"},
    {"tsquery", "fat & cat", "'fat' & 'cat'"},
    {"pg_lsn", "0/16B3740", "0/16B3740"},
    {"int4range", "[1,4]", "[1,5)"},
    {"numrange", "(1.5,)", "(1.5,)"},
    {"int4multirange", "{[1,2],[5,8)}", "{[1,3),[5,8)}"},
    {"date", "2026-11-21", "2026-11-21"},
    {"time", "18:30", "18:30:00"},
    {"time", "18:30:00.5", "18:30:00.5"},
    {"interval", "1 year 2 months 3 days 04:05:06.5", "P1Y2M3DT4H5M6.5S"},
    {"interval", "-1 day", "P-1D"},
    {"integer[]", "{1,NULL,-3}", "[1,null,-3]"},
    {"integer[]", "{}", "[]"},
    {"integer[]", "{{1,2},{3,4}}", "[[1,2],[3,4]]"},
    {"text[]", "{a,\"b \\\"c\\\"\",NULL,\"NULL\",\"\"}", "[\"a\",\"b \\\"c\\\"\",null,\"NULL\",\"\"]"},
    {"boolean[]", "{t,f}", "[true,false]"},
    {"date[]", "{2026-11-21}", "[\"2026-11-21\"]"},
    {"uuid[]", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "[\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"]"},
    {"bytea[]", "{\"\\\\xdeadbeef\"}", "[\"3q2+7w==\"]"},
    {"jsonb[]", "{\"{\\\"a\\\": 1}\"}", "[{\"a\":1}]"},
    {"mood", "good", "good"},
    {"mood[]", "{good,bad}", "[\"good\",\"bad\"]"},
    {"pounds", "3.5", "3.50"},
    {"pounds[]", "{3.5,4}", "[3.50,4.00]"},
    {"place", "(3,\"a b\")", "(3,\"a b\")"},
};

/* The same of types that come with extensions. */
static const struct sample of_extensions[] = {
    {"ext.citext", "Zo\u00eb", "Zo\u00eb"},
    {"ext.citext", "  ", "  "},
    {"mail", "A@Example.org", "A@Example.org"},
    {"ext.citext[]", "{Ab,\"c d\",NULL}", "[\"Ab\",\"c d\",null]"},
    {"ext.hstore", "b=>1, \"a b\"=>\"x \\\" y\", n=>NULL",
     "\"b\"=>\"1\", \"n\"=>NULL, \"a b\"=>\"x \\\" y\""},
    {"ext.hstore", "", ""},
    {"uuid DEFAULT ext.uuid_generate_v4()", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
     "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {"ext.ltree", "Top.Science.Astronomy", "Top.Science.Astronomy"},
    {"ext.lquery", "Top.*{1,2}.a|b", "Top.*{1,2}.a|b"},
    {"ext.ltree[]", "{Top.A,Top.B}", "[\"Top.A\",\"Top.B\"]"},
    {"ext.query_int", "1&(2|3)", "1 & ( 2 | 3 )"},
    {"integer[] CHECK (ext.icount(v) < 9)", "{3,1,2}", "[3,1,2]"},
    {"ext.cube", "(1,2),(3,4)", "(1, 2),(3, 4)"},
    {"ext.seg", "1.5 .. 2", "1.5 .. 2"},
    {"ext.isbn", "978-0-393-04002-9", "0-393-04002-X"},
};

static const struct sample *samples = built_in;
static size_t nsamples = sizeof built_in / sizeof *built_in;

static char *joined(const char *first, void (*each)(FILE *out, size_t i))
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        fail("out of memory");
    fputs(first, out);
    for (size_t i = 0; i < nsamples; i++)
        each(out, i);
    fclose(out);
    return text;
}

static void print_table(FILE *out, size_t i)
{
    fprintf(out, "CREATE TABLE t%zu (id integer PRIMARY KEY, v %s);", i, samples[i].type);
}

static void print_mapping(FILE *out, size_t i)
{
    fprintf(out, "  public.t%zu: {entity: product, key: {sku: \"t%zu-${id}\"}, fields: {description: v}}\n",
            i, i);
}

static void print_insert(FILE *out, size_t i)
{
    fprintf(out, "INSERT INTO t%zu VALUES (1, E'", i);
    for (const char *c = samples[i].literal; *c; c++)
        fprintf(out, *c == '\\' || *c == '\'' ? "\\%c" : "%c", *c);
    fprintf(out, "');");
}

static void expect_samples(const char *from)
{
    for (size_t i = 0; i < nsamples; i++) {
        char *key = text_print("cdc:state:{product}:t%zu-1", i);
        const char *found = server_redis_hget(scene.redis, key, "description");

        cr_expect(found && strcmp(found, samples[i].canonical) == 0, "%s '%s' from the %s is %s, not %s",
                  samples[i].type, samples[i].literal, from, found ? found : "absent", samples[i].canonical);
        free(key);
    }
}

/* What a snapshot reads is what the stream brought, and is loaded as it was. */
static void load_anew(void)
{
    struct snapshot_watch watch = {scene.redis, &scene.agent, "cdc:checkpoint:cinema"};

    snapshot_watch_load_anew(&watch, "cdc");
}

static void samples_come_through(const char *types, const char *const *settings)
{
    char *schema = joined(types, print_table), *tables = joined("", print_mapping),
         *inserts = joined("", print_insert);

    scene_set(&scene,
              &(struct scene_options){.schema = schema, .tables = tables, .postgresql_settings = settings});
    scene_start(&scene);
    scene_sql(&scene, inserts);
    scene_settle(&scene);
    expect_samples("stream");
    load_anew();
    expect_samples("snapshot");
    cr_expect_eq(scene_rejects(&scene).n, 0);
    free(schema);
    free(tables);
    free(inserts);
    scene_end(&scene);
}

static const char types[] = "CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE DOMAIN pounds AS numeric(8, 2);"
                            "CREATE DOMAIN short AS char(9);"
                            "CREATE TYPE place AS (id integer, name text);";

Test(run_types, every_type_as_a_string)
{
    samples_come_through(types, NULL);
}

/* In a schema that is on nobody's search path. */
Test(run_types, types_of_extensions)
{
    samples = of_extensions;
    nsamples = sizeof of_extensions / sizeof *of_extensions;
    samples_come_through(
        "CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext; CREATE EXTENSION hstore SCHEMA ext;"
        "CREATE EXTENSION \"uuid-ossp\" SCHEMA ext; CREATE EXTENSION ltree SCHEMA ext;"
        "CREATE EXTENSION intarray SCHEMA ext; CREATE EXTENSION cube SCHEMA ext;"
        "CREATE EXTENSION seg SCHEMA ext; CREATE EXTENSION isn SCHEMA ext;"
        "CREATE DOMAIN mail AS ext.citext;",
        NULL);
}

Test(run_types, the_servers_settings_do_not_matter)
{
    samples_come_through(
        types, (const char *const[]){"datestyle=German, DMY", "intervalstyle=postgres_verbose",
                                     "timezone=Asia/Tokyo", "extra_float_digits=0", "bytea_output=escape",
                                     "standard_conforming_strings=on", "xmlbinary=hex", NULL});
}

static void expect_times(void)
{
    scene_expect_state(&scene, "{booking}:1",
                       "booking_time=2026-11-21T09:30:00.123456Z modified_time=2026-07-01T16:00:00.000000Z"
                       " reservation_id=1");
    scene_expect_state(&scene, "{service}:1", "service_id=1 start_time=2026-07-01T11:00:00.500000Z");
    scene_expect_state(&scene, "{customer}:booking-site:1",
                       "birth_date=1999-12-31 customer_id=booking-site:1");
}

Test(run_types, times_become_utc)
{
    scene_set(
        &scene,
        &(struct scene_options){
            .schema = "CREATE TABLE t (id integer PRIMARY KEY, zoned timestamptz, plain timestamp,"
                      " local timestamp, d date)",
            .source = "  timezone: America/New_York\n",
            .postgresql_settings = (const char *const[]){"datestyle=SQL, DMY", "timezone=Asia/Tokyo", NULL},
            .tables = "  public.t:\n"
                      "    - entity: booking\n"
                      "      key: {reservation_id: id}\n"
                      "      fields:\n"
                      "        booking_time: zoned\n"
                      "        modified_time: plain\n"
                      "    - entity: service\n"
                      "      key: {service_id: id}\n"
                      "      fields: {start_time: {column: local, timezone: Europe/London}}\n"
                      "    - entity: customer\n"
                      "      key: {customer_id: id}\n"
                      "      fields: {birth_date: d}\n"});
    scene_start(&scene);
    scene_sql(&scene, "INSERT INTO t VALUES (1, '2026-11-21 18:30:00.123456+09', '2026-07-01 12:00',"
                      " '2026-07-01 12:00:00.5', '1999-12-31')");
    scene_settle(&scene);
    expect_times();
    load_anew();
    expect_times();
    scene_end(&scene);
}

Test(run_types, what_the_canonical_type_cannot_hold_is_rejected)
{
    struct stored_stream rejects;

    scene_set(
        &scene,
        &(struct scene_options){
            .schema = "CREATE TABLE t (id integer PRIMARY KEY, at timestamptz, price numeric, n float8)",
            .tables = "  public.t:\n"
                      "    entity: booking\n"
                      "    key: {reservation_id: id}\n"
                      "    fields: {booking_time: at, total_price: price, party_size: n}\n"});
    scene_start(&scene);
    scene_sql(&scene,
              "INSERT INTO t VALUES (1, 'infinity', 1, 1), (2, '0044-03-15 BC', 1, 1), (3, now(), 'NaN', 1),"
              " (4, now(), 'Infinity', 1), (5, now(), 1, 1.5), (6, now(), 1, 'NaN'), (7, NULL, 1.10, 3)");
    scene_settle(&scene);
    rejects = scene_rejects(&scene);
    cr_assert_eq(rejects.n, 6, "%zu dead letters", rejects.n);
    for (size_t i = 0; i < rejects.n; i++) {
        scene_expect(&rejects.entries[i], "table", "public.t");
        cr_assert(stored_record_get(&rejects.entries[i], "reason"));
    }
    scene_expect_state(&scene, "{booking}:7", "party_size=3 reservation_id=7 total_price=1.10");
    for (char key[] = "{booking}:1"; key[10] < '7'; key[10]++)
        scene_expect_state(&scene, key, NULL);
    stored_stream_fini(&rejects);
    load_anew();
    scene_expect_state(&scene, "{booking}:7", "party_size=3 reservation_id=7 total_price=1.10");
    for (char key[] = "{booking}:1"; key[10] < '7'; key[10]++)
        scene_expect_state(&scene, key, NULL);
    scene_end(&scene);
}

static void expect_texts(void)
{
    scene_expect_state(&scene, "{booking}:1", "reservation_id=1 seats=[\"F7\",\"F8\"] total_price=1.500");
    scene_expect_state(&scene, "{basket}:1", "basket_id=1 items=[1,{\"a\":\"\u00fc\"}] value=0.1");
    scene_expect_state(&scene, "{price}:1:-:-:EUR:-",
                       "price=-0.05 price_currency=EUR sku=1 vat_included=true");
}

Test(run_types, decimals_and_json_keep_their_text)
{
    scene_set(&scene,
              &(struct scene_options){
                  .schema = "CREATE TABLE t (id integer PRIMARY KEY, a numeric(12, 3), b double precision,"
                            " c pg_catalog.int8, j json, l text[], f boolean)",
                  .tables = "  public.t:\n"
                            "    - entity: booking\n"
                            "      key: {reservation_id: id}\n"
                            "      fields: {total_price: a, seats: l}\n"
                            "    - entity: basket\n"
                            "      key: {basket_id: id}\n"
                            "      fields: {value: b, items: j}\n"
                            "    - entity: price\n"
                            "      key: {sku: id, price_currency: {const: EUR}}\n"
                            "      fields: {price: {column: c, scale: -2}, vat_included: f}\n"});
    scene_start(&scene);
    scene_sql(&scene, "INSERT INTO t VALUES (1, 1.5, 0.1, -5, '[1, {\"a\": \"\u00fc\"}]', '{F7,F8}', true)");
    scene_settle(&scene);
    expect_texts();
    load_anew();
    expect_texts();
    scene_end(&scene);
}

static void given_documents(void)
{
    scene_set(&scene, &(struct scene_options){
                          .schema = "CREATE TABLE document (id integer PRIMARY KEY, title text, body text);"
                                    "ALTER TABLE document ALTER body SET STORAGE EXTERNAL",
                          .tables = "  public.document:\n"
                                    "    entity: product\n"
                                    "    key: {sku: id}\n"
                                    "    fields: {name: title, description: body}\n"});
    scene_start(&scene);
}

Test(run_types, a_value_of_20_megabytes)
{
    enum { BYTES = 20000000 };
    struct stored_stream events;

    given_documents();
    scene_sql(&scene, "INSERT INTO document VALUES (1, 'big', repeat('0123456789', 2000000))");
    scene_sql(&scene, "UPDATE document SET title = 'still big'");
    scene_settle(&scene);
    cr_assert_eq(server_redis_integer(scene.redis, "HSTRLEN cdc:state:{product}:1 description"), BYTES);
    cr_assert_str_eq(server_redis_hget(scene.redis, "cdc:state:{product}:1", "name"), "still big");
    events = scene_events(&scene, "product");
    cr_assert_eq(events.n, 2);
    cr_assert_gt(strlen(stored_record_get(&events.entries[0], "data")), (size_t)BYTES);
    stored_stream_fini(&events);
    scene_end(&scene);
}

Test(run_types, an_unchanged_toasted_column_is_unavailable_and_stays)
{
    struct stored_stream events;
    const char *unavailable;

    given_documents();
    scene_sql(&scene,
              "INSERT INTO document VALUES (1, 'a', repeat('x', 10000)), (2, 'a', repeat('x', 10000))");
    scene_sql(&scene, "UPDATE document SET title = 'b' WHERE id = 1");
    scene_sql(&scene, "UPDATE document SET body = NULL WHERE id = 2");
    scene_settle(&scene);
    cr_assert_eq(server_redis_integer(scene.redis, "HSTRLEN cdc:state:{product}:1 description"), 10000);
    cr_assert_eq(server_redis_integer(scene.redis, "HEXISTS cdc:state:{product}:2 description"), 0);
    events = scene_events(&scene, "product");
    unavailable = stored_record_get(stored_stream_about(&events, "1", 1), "unavailable");
    cr_assert(unavailable && strstr(unavailable, "description") && !strstr(unavailable, "name"));
    scene_expect(stored_stream_about(&events, "1", 1), "previous", "{\"name\":\"a\"}");
    cr_assert(!strstr(stored_record_get(stored_stream_about(&events, "1", 1), "data"), "description"));
    scene_expect(stored_stream_about(&events, "2", 1), "unavailable", NULL);
    stored_stream_fini(&events);
    scene_end(&scene);
}
