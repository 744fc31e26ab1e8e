/*
 * `tributary run`, end to end, from MariaDB or MySQL: JSON, geometry, vectors, addresses; columns that are generated, invisible or oddly
 * named.
 */
#include "typed_scene.h"

#include <criterion/criterion.h>

static struct typed_scene scene;

static void done(void)
{
    typed_scene_clean(&scene);
}

TestSuite(run_mysql_documents, .fini = done, .timeout = 300);

#define V TYPED_VALUES

/* What both servers take. MySQL keeps it in its binary form, MariaDB as the text it is. */
static const struct typed_column documents[] = {
    {.field = "scalar",
     .type = "JSON",
     .values = V("'null'", "'true'", "'false'", "'0'", "'-1'", "'32767'", "'-32768'", "'32768'", "'65535'",
                 "'-32769'", "'65536'", "'2147483647'", "'-2147483648'", "'4294967295'", "'4294967296'",
                 "'-2147483649'", "'9223372036854775807'", "'9223372036854775808'", "'-9223372036854775808'",
                 "'18446744073709551615'", "'18446744073709551616'"),
     .rule = TYPED_JSON},
    {.field = "number",
     .type = "JSON",
     .values = V("'0.1'", "'-0.0'", "'1.0'", "'1.5e300'", "'1e100'", "'1E-7'", "'-1.5'", "'1e15'", "'1e16'",
                 "'123456789012345678901234567890'", "'0.30000000000000004'", "'1.7976931348623157e308'",
                 "'5e-324'", "'1e23'", "'100000000000000000000.5'", "'12345678.875'", "'9007199254740993'"),
     .rule = TYPED_JSON},
    {.field = "text",
     .type = "JSON",
     .values = V("'\"\"'", "'\"a b\"'", "'\"\\\\u00fc\\\\ud83c\\\\udfac\"'",
                 "'\"\\\\\"\\\\\\\\\\\\/\\\\b\\\\f\\\\n\\\\r\\\\t\\\\u0001\\\\u001f\\\\u007f\"'",
                 "'\"\xc3\xbc \xe2\x82\xac \xf0\x9f\x8e\xac\"'", "'\"a, b: c {} []\"'",
                 "CONCAT('\"', REPEAT('x', 127), '\"')", "CONCAT('\"', REPEAT('x', 128), '\"')",
                 "CONCAT('\"', REPEAT('x', 16384), '\"')", "CONCAT('\"', REPEAT('x', 100000), '\"')"),
     .rule = TYPED_JSON},
    {.field = "nested",
     .type = "JSON",
     .values = V("'[]'", "'{}'", "'[[], {}, [[]]]'", "' { \"b\" : 1 ,\\n\\t\"a\":[ 1 , null , {} ] } '",
                 "'{\"\": \"\", \"aaa\": 1, \"b\": 2, \"AB\": 3, \"\xc3\xbc\": 4}'",
                 "CONCAT(REPEAT('[', 31), REPEAT(']', 31))",
                 "CONCAT(REPEAT('{\"a\": ', 30), '1', REPEAT('}', 30))"),
     .rule = TYPED_JSON},
    {.field = "large",
     .type = "JSON",
     .values = V(
         "CONCAT('[', REPEAT('1234567, ', 10000), '1]')",
         "CONCAT('{\"x\": \"', REPEAT('a', 70000), '\", \"y\": [', REPEAT('70000, ', 9000), '-1.5], \"z\": null}')",
         "CONCAT('[', REPEAT('{\"k\": \"v\", \"n\": [1, 2.5, true]}, ', 3000), 'null]')",
         "CONCAT('[', REPEAT('\"a\", ', 30000), '\"b\"]')", "CONCAT('[', REPEAT('0, ', 70000), '-5]')"),
     .rule = TYPED_JSON},
};

/* Values that only MySQL's JSON has: of SQL's own types. */
static const struct typed_column opaque[] = {
    {.field = "value",
     .type = "JSON",
     .values =
         V("CAST(1.50 AS JSON)", "CAST(-0.000000000000000000000000000001 AS JSON)",
           "CAST(99999999999999999999999999999999999.999999999999999999999999999999 AS JSON)",
           "CAST(DATE '2026-11-21' AS JSON)", "CAST(TIME '18:30:00.5' AS JSON)",
           "CAST(TIME '-838:59:59' AS JSON)", "CAST(TIMESTAMP '2026-11-21 18:30:00.123456' AS JSON)",
           "CAST(CAST('2026-11-21 18:30:00' AS DATETIME) AS JSON)", "CAST(2026 AS JSON)",
           "CAST(CAST('2026' AS YEAR) AS JSON)", "JSON_ARRAY(1.5, DATE '2026-11-21', x'00ff', b'101')",
           "JSON_OBJECT('bin', x'', 'blob', REPEAT(x'ff00', 100))",
           "JSON_ARRAY(1e0, 1e20, 1.5e-10, true, NULL)", "CAST(ST_GeomFromText('POINT(1 2.5)') AS JSON)",
           "JSON_OBJECT('d', 1.10, 'e', 1.10e0)", "CONCAT(REPEAT('[', 100), REPEAT(']', 100))"),
     .rule = TYPED_JSON,
     .only = TYPED_MYSQL},
};

#define SHAPE(name, ...)                                                                                     \
    {                                                                                                        \
        .field = #name, .type = #name, .values = V(__VA_ARGS__), .shows = "ST_AsText(@)", .rule = TYPED_WKT  \
    }
#define WKT(text) "ST_GeomFromText('" text "')"

static const struct typed_column shapes[] = {
    SHAPE(geometry, WKT("POINT(0 0)"), WKT("LINESTRING(0 0,1 1)"), WKT("POLYGON((0 0,1 0,1 1,0 0))"),
          WKT("MULTIPOINT(1 2,3 4)"), WKT("MULTILINESTRING((0 0,1 1),(2 2,3 3,4 4))"),
          WKT("MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,9 5,9 9,5 5),(6 5.5,7 5.5,7 6,6 5.5)))"),
          WKT("GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))"), WKT("GEOMETRYCOLLECTION EMPTY")),
    SHAPE(point, WKT("POINT(-0.1 51.5)"), WKT("POINT(1e20 1e-7)"), WKT("POINT(0.30000000000000004 -1e-300)"),
          WKT("POINT(123456789.123456789 1.7976931348623157e308)"), WKT("POINT(0 100000)")),
    SHAPE(linestring, WKT("LINESTRING(0 0,0.5 -0.25)")),
    SHAPE(polygon, WKT("POLYGON((0 0,9 0,9 9,0 9,0 0),(1 1,2 1,2 2,1 1))")),
    SHAPE(multipoint, WKT("MULTIPOINT(1 2)"), WKT("MULTIPOINT(1 2,-3.5 4,5 6)")),
    SHAPE(multilinestring, WKT("MULTILINESTRING((0 0,1 1))")),
    SHAPE(multipolygon, WKT("MULTIPOLYGON(((0 0,1 0,1 1,0 0)))")),
    SHAPE(geometrycollection, WKT("GEOMETRYCOLLECTION(MULTIPOINT(1 2,3 4),GEOMETRYCOLLECTION(POINT(1 2)))")),
    {.field = "uuid",
     .type = "UUID",
     .values = V("'00000000-0000-0000-0000-000000000000'", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'",
                 "'ffffffff-ffff-ffff-ffff-ffffffffffff'", "'018f3a5c-7b1e-7000-8000-000000000000'"),
     .only = TYPED_MARIADB},
    {.field = "inet4",
     .type = "INET4",
     .values = V("'0.0.0.0'", "'255.255.255.255'", "'10.0.0.0'", "'1.2.3.4'"),
     .only = TYPED_MARIADB},
    {.field = "inet6",
     .type = "INET6",
     .values = V("'::'", "'::1'", "'fe80::'", "'2001:db8:0:1:0:0:0:1'", "'::ffff:1.2.3.4'", "'::1.2.3.4'",
                 "'1:0:0:2::'", "'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'", "'1:0:2:3:4:5:6:7'", "'::ffff'",
                 "'0:0:1::'"),
     .shows = "REPLACE(@, '1::2:3:4:5:6:7', '1:0:2:3:4:5:6:7')", /* RFC 5952, as PostgreSQL */
     .only = TYPED_MARIADB},
    {.field = "embedding",
     .type = "VECTOR(3)",
     .values =
         V("VEC_FromText('[1,2,3]')", "VEC_FromText('[0.1,-0.25,30000.5]')", "VEC_FromText('[0,-0,1e-30]')"),
     .shows = "VEC_ToText(@)",
     .rule = TYPED_VECTOR,
     .only = TYPED_MARIADB_VECTOR},
    {.field = "vector",
     .type = "VECTOR(3)",
     .values = V("STRING_TO_VECTOR('[1,2,3]')", "STRING_TO_VECTOR('[0.1,-0.25,30000.5]')",
                 "STRING_TO_VECTOR('[1.5]')", "STRING_TO_VECTOR('[0,-0,1e-30]')"),
     .shows = "VECTOR_TO_STRING(@)",
     .rule = TYPED_VECTOR,
     .only = TYPED_MYSQL},
};

static const struct typed_column odd[] = {
    {.field = "base", .type = "int", .values = V("1", "-7", "0")},
    {.field = "twice",
     .type = "bigint GENERATED ALWAYS AS (`base` * 2) VIRTUAL",
     .generated = true,
     .only = TYPED_MYSQL}, /* see computed_columns_may_not_be_logged */
    {.field = "kept",
     .type = "varchar(20) GENERATED ALWAYS AS (CONCAT('n', `base`)) STORED",
     .generated = true,
     .only = TYPED_MYSQL | TYPED_MARIADB_10}, /* see computed_columns_may_not_be_logged */
    {.field = "hidden", .type = "int INVISIBLE", .values = V("5", "6")},
    {.field = "hidden_text", .type = "varchar(10) INVISIBLE DEFAULT 'x'", .values = V("'a'", "''")},
    {.field = "word", .name = "select", .type = "int", .values = V("1", "2")},
    {.field = "blank", .name = "a b", .type = "int", .values = V("1", "3")},
    {.field = "accents", .name = "\xc3\x85ngstr\xc3\xb6m \xe2\x82\xac", .type = "int", .values = V("1", "4")},
    {.field = "back_quote", .name = "a`b", .type = "int", .values = V("1", "5")},
    {.field = "quotes", .name = "it's \"this\"", .type = "int", .values = V("1", "6")},
    {.field = "back_slash", .name = "a\\b", .type = "int", .values = V("1", "7")},
    {.field = "dotted", .name = "a.b", .type = "int", .values = V("1", "8")},
    {.field = "template", .name = "${id}", .type = "int", .values = V("1", "9")},
    {.field = "digit", .name = "1e5", .type = "int", .values = V("1", "10")},
    {.field = "case_kept", .name = "CaMeL", .type = "int", .values = V("1", "11")},
    {.field = "marks", .name = "#;--/*%", .type = "int", .values = V("1", "12")},
    {.field = "longest",
     .name = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     .type = "int",
     .values = V("1", "13")},
};

Test(run_mysql_documents, documents_and_oddities)
{
    static const struct typed_table tables[] = {
        {.name = "documents", .columns = documents, .ncolumns = sizeof documents / sizeof *documents},
        {.name = "shapes", .columns = shapes, .ncolumns = sizeof shapes / sizeof *shapes},
        {.name = "odd", .columns = odd, .ncolumns = sizeof odd / sizeof *odd},
        {.name = "opaque", .columns = opaque, .ncolumns = 1},
    };

    typed_scene_set(&scene, tables, server_mariadb_is_mysql() ? 4 : 3);
    typed_scene_rounds(&scene);
    typed_scene_end(&scene);
}
