/*
 * `tributary run`, end to end, from MariaDB or MySQL: numbers and times at their limits, as the server itself shows them, in every form
 * that the binlog can take.
 */
#include "typed_scene.h"

#include "lib/fail.h"

#include <criterion/criterion.h>

#include <stdlib.h>

static struct typed_scene scene;

static void done(void)
{
    typed_scene_clean(&scene);
}

TestSuite(run_mysql_types, .fini = done, .timeout = 300);

#define V TYPED_VALUES

#define INTEGER(name, sql, low, high)                                                                        \
    {.field = name, .type = sql, .values = V(low, low " + 1", "-1", "0", "1", high " - 1", high)},           \
        {.field = name "_u",                                                                                 \
         .type = sql " UNSIGNED",                                                                            \
         .values = V("0", "1", high, high " + 1", high " * 2", high " * 2 + 1")},                            \
    {                                                                                                        \
        .field = name "_z", .type = sql " ZEROFILL", .values = V("0", "7", high " * 2 + 1"),                 \
        .shows = "@ + 0"                                                                                     \
    }

#define DECIMAL(name, precision, scale, ...)                                                                 \
    {                                                                                                        \
        .field = name, .type = "DECIMAL(" #precision "," #scale ")", .values = V(__VA_ARGS__)                \
    }

#define BITS(n)                                                                                              \
    {                                                                                                        \
        .field = "bit_" #n, .type = "BIT(" #n ")",                                                           \
        .values = V("b'0'", "b'1'", "~0 >> (64 - " #n ")", "(~0 >> (64 - " #n ")) & 0xAAAAAAAAAAAAAAAA"),    \
        .shows = "LPAD(BIN(@ + 0), " #n ", '0')"                                                             \
    }

#define NINES_30 "999999999999999999999999999999"
#define NINES_35 "99999999999999999999999999999999999"

static const struct typed_column numbers[] = {
    INTEGER("tiny", "TINYINT", "-128", "127"),
    INTEGER("small", "SMALLINT", "-32768", "32767"),
    INTEGER("medium", "MEDIUMINT", "-8388608", "8388607"),
    INTEGER("plain", "INT", "-2147483648", "2147483647"),
    INTEGER("big", "BIGINT", "-9223372036854775808", "9223372036854775807.0"),
    {.field = "flag", .type = "BOOLEAN", .values = V("TRUE", "FALSE")},
    DECIMAL("decimal_1_0", 1, 0, "-9", "0", "9"),
    DECIMAL("decimal_5_2", 5, 2, "-999.99", "-0.01", "0", "0.10", "999.99"),
    DECIMAL("decimal_9_9", 9, 9, "-0.999999999", "0.000000001", "0.1"),
    DECIMAL("decimal_10_9", 10, 9, "-9.999999999", "1", "9.000000001"),
    DECIMAL("decimal_18_9", 18, 9, "-999999999.999999999", "100000000.000000001", "0"),
    DECIMAL("decimal_19_10", 19, 10, "-999999999.9999999999", "1e-10", "123456789.0123456789"),
    DECIMAL("decimal_65_0", 65, 0, NINES_35 NINES_30, "-" NINES_35 NINES_30, "1e64", "0"),
    DECIMAL("decimal_65_30", 65, 30, NINES_35 "." NINES_30, "-" NINES_35 "." NINES_30, "1e-30", "-1e-30", "0",
            "1000000000.000000001"),
    {.field = "decimal_u", .type = "DECIMAL(20,6) UNSIGNED", .values = V("0", "99999999999999.999999")},
    {.field = "decimal_z",
     .type = "DECIMAL(12,3) ZEROFILL",
     .values = V("0", "1.5", "999999999.999"),
     .shows = "@ + 0"},
    {.field = "single",
     .type = "FLOAT",
     .values = V("0", "-0e0", "0.1", "-1.5", "16777216", "16777217", "1e20", "3.4028234663852886e38",
                 "-3.4028234663852886e38", "1.1754943508222875e-38", "1.401298464324817e-45", "123456.789",
                 "1e-5", "0.0001", "999999", "1000000", "3.14159274"),
     .shows = "@ * 1E0",
     .rule = TYPED_SINGLE},
    {.field = "single_7_3",
     .type = "FLOAT(7,3)",
     .values = V("1.5", "-9999.999"),
     .shows = "@ * 1E0",
     .rule = TYPED_SINGLE},
    {.field = "twice",
     .type = "DOUBLE",
     .values = V("0", "-0e0", "0.1", "0.1e0 + 0.2e0", "1e0 / 3e0", "1.7976931348623157e308",
                 "-1.7976931348623157e308", "2.2250738585072014e-308", "4.9406564584124654e-324",
                 "-4.9406564584124654e-324", "9007199254740993e0", "1e15", "999999999999999e0", "1e16",
                 "123456789012345680e0", "1e22", "1e-4", "1e-5", "5e-324", "1.5e-300"),
     .rule = TYPED_DOUBLE},
    {.field = "twice_u", .type = "DOUBLE UNSIGNED", .values = V("0", "1e100"), .rule = TYPED_DOUBLE},
    BITS(1),
    BITS(7),
    BITS(8),
    BITS(9),
    BITS(16),
    BITS(17),
    BITS(31),
    BITS(33),
    BITS(63),
    BITS(64),
    {.field = "year", .type = "YEAR", .values = V("1901", "2155", "2026", "0"), .shows = "@ + 0"},
};

#define TIME_OF(n)                                                                                           \
    {                                                                                                        \
        .field = "time_" #n, .type = "TIME(" #n ")",                                                         \
        .values = V("'00:00:00'", "'00:00:00.000001'", "'-00:00:00.5'", "'23:59:59.999999'", "'24:00:00'",   \
                    "'838:59:59'", "'-838:59:59'", "'-838:59:58.9'", "'-00:00:01'", "'100:00:00.120000'",    \
                    "'-12:34:56.789'"),                                                                      \
        .rule = TYPED_FRACTION                                                                               \
    }

#define UTC "DATE_FORMAT(@, '%Y-%m-%dT%H:%i:%s.%fZ')"

#define DATETIME_OF(n)                                                                                       \
    {                                                                                                        \
        .field = "datetime_" #n, .type = "DATETIME(" #n ")",                                                 \
        .values = V("'0001-01-01 00:00:00'", "'9999-12-31 23:59:59'", "'9999-12-31 23:59:59.4'",             \
                    "'2026-02-28 23:59:59.999999'", "'2024-02-29 00:00:00.000001'", "'1970-01-01 00:00:00'", \
                    "'1969-12-31 23:59:59.5'", "'2026-11-21 18:30:00.120000'"),                              \
        .shows = UTC                                                                                         \
    }

#define TIMESTAMP_OF(n)                                                                                      \
    {                                                                                                        \
        .field = "timestamp_" #n, .type = "TIMESTAMP(" #n ") NULL",                                          \
        .values = V("'1970-01-01 00:00:01'", "'2038-01-19 03:14:07'", "'2038-01-19 03:14:06.5'",             \
                    "'2000-02-29 12:00:00.000001'", "'2026-11-21 18:30:00.999999'"),                         \
        .shows = UTC                                                                                         \
    }

static const struct typed_column times[] = {
    {.field = "day",
     .type = "DATE",
     .values = V("'0001-01-01'", "'9999-12-31'", "'2024-02-29'", "'1970-01-01'", "'2026-11-21'")},
    TIME_OF(0),
    TIME_OF(1),
    TIME_OF(2),
    TIME_OF(3),
    TIME_OF(4),
    TIME_OF(5),
    TIME_OF(6),
    DATETIME_OF(0),
    DATETIME_OF(1),
    DATETIME_OF(2),
    DATETIME_OF(3),
    DATETIME_OF(4),
    DATETIME_OF(5),
    DATETIME_OF(6),
    TIMESTAMP_OF(0),
    TIMESTAMP_OF(1),
    TIMESTAMP_OF(2),
    TIMESTAMP_OF(3),
    TIMESTAMP_OF(4),
    TIMESTAMP_OF(5),
    TIMESTAMP_OF(6),
};

/* Columns that no INSERT names: with the row image MINIMAL the binlog does not have them. */
#define DEFAULT_OF(name, sql)                                                                                \
    {                                                                                                        \
        .field = name, .type = sql, .generated = true                                                        \
    }
#define DEFAULT_SHOWN(name, sql, as)                                                                         \
    {                                                                                                        \
        .field = name, .type = sql, .generated = true, .shows = as                                           \
    }

static const struct typed_column defaults[] = {
    {.field = "given", .type = "int", .values = V("1", "2")},
    DEFAULT_OF("nothing", "int"),
    DEFAULT_OF("number", "int DEFAULT -7"),
    DEFAULT_SHOWN("filled", "int(6) ZEROFILL DEFAULT 42", "@ + 0"),
    DEFAULT_OF("price", "decimal(10,2) NOT NULL DEFAULT 1.5"),
    {.field = "ratio", .type = "double DEFAULT 1e-7", .generated = true, .rule = TYPED_DOUBLE},
    DEFAULT_OF("words", "varchar(40) NOT NULL DEFAULT 'it''s \xe2\x82\xac \\\\ \\n'"),
    DEFAULT_OF("empty", "varchar(10) NOT NULL DEFAULT ''"),
    DEFAULT_OF("word_null", "varchar(10) DEFAULT 'NULL'"),
    DEFAULT_OF("other_set", "varchar(10) CHARACTER SET latin2 DEFAULT '\xc5\xaf'"),
    DEFAULT_OF("label", "enum('x','y') DEFAULT 'y'"),
    DEFAULT_OF("labels", "set('x','y','z') DEFAULT 'x,z'"),
    DEFAULT_OF("day", "date DEFAULT '2026-01-02'"),
    DEFAULT_OF("long_ago", "time DEFAULT '-100:00:00'"),
    DEFAULT_SHOWN("moment", "datetime(3) DEFAULT '2026-01-01 10:00:00.5'", UTC),
    DEFAULT_OF("year", "year DEFAULT 2026"),
    DEFAULT_OF("flag", "boolean DEFAULT TRUE"),
    DEFAULT_SHOWN("now", "timestamp(6) NULL DEFAULT CURRENT_TIMESTAMP(6)", UTC),
};

Test(run_mysql_types, numbers_and_times)
{
    static const struct typed_table tables[] = {
        {.name = "numbers", .columns = numbers, .ncolumns = sizeof numbers / sizeof *numbers},
        {.name = "times", .columns = times, .ncolumns = sizeof times / sizeof *times},
        {.name = "defaults", .columns = defaults, .ncolumns = sizeof defaults / sizeof *defaults},
    };

    typed_scene_set(&scene, tables, 3);
    typed_scene_rounds(&scene);
    typed_scene_end(&scene);
}
