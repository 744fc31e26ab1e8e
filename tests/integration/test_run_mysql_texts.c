/*
 * `tributary run`, end to end, from MariaDB or MySQL: text in every character set, with every character it has; padding, binary data,
 * ENUM and SET by name.
 */
#include "typed_scene.h"

#include <criterion/criterion.h>

static struct typed_scene scene;

static void done(void)
{
    typed_scene_clean(&scene);
}

TestSuite(run_mysql_texts, .fini = done, .timeout = 300);

#define V TYPED_VALUES

/*
 * A column for each character set. Row 1 + N has all characters whose first byte is N (of two bytes), or whose code point is N * 256 to
 * N * 256 + 255; characters of one byte are in the first row. A character is what the server converts to one of UTF-32 that
 * is neither its question mark nor the replacement character.
 */
#define SET(name)                                                                                            \
    {                                                                                                        \
        .field = #name, .type = "VARCHAR(256) CHARACTER SET " #name                                          \
    }
#define SET_AS(name, set, servers)                                                                           \
    {                                                                                                        \
        .field = #name, .type = "VARCHAR(256) CHARACTER SET " #set, .only = servers                          \
    }

static const struct typed_column characters[] = {
    SET(ascii),
    SET(latin1),
    SET(latin2),
    SET(latin5),
    SET(latin7),
    SET(cp1250),
    SET(cp1251),
    SET(cp1256),
    SET(cp1257),
    SET(cp850),
    SET(cp852),
    SET(cp866),
    SET(koi8r),
    SET(koi8u),
    SET(greek),
    SET(hebrew),
    SET(tis620),
    SET(armscii8),
    SET(geostd8),
    SET(macroman),
    SET(macce),
    SET(keybcs2),
    SET(dec8),
    SET(hp8),
    SET(swe7),
    SET(big5),
    SET(gbk),
    SET(gb2312),
    SET(sjis),
    SET(cp932),
    SET(ujis),
    SET(eucjpms),
    SET(euckr),
    SET(utf8mb3),
    SET(ucs2),
    SET(utf8mb4),
    SET(utf16),
    SET(utf16le),
    SET(utf32),
    SET_AS(sjis_half, sjis, 0),
    SET_AS(ujis_three, ujis, 0),
    SET_AS(eucjpms_three, eucjpms, 0),
    SET_AS(utf8mb4_high, utf8mb4, 0),
    SET_AS(utf16_high, utf16, 0),
    SET_AS(utf16le_high, utf16le, 0),
    SET_AS(utf32_high, utf32, 0),
};

#define DIGITS                                                                                               \
    "(SELECT '0' h UNION SELECT '1' UNION SELECT '2' UNION SELECT '3' UNION SELECT '4' UNION SELECT '5'"     \
    " UNION SELECT '6' UNION SELECT '7' UNION SELECT '8' UNION SELECT '9' UNION SELECT 'A' UNION SELECT 'B'" \
    " UNION SELECT 'C' UNION SELECT 'D' UNION SELECT 'E' UNION SELECT 'F')"

/* All bytes, and a row for each. */
#define FILL_START                                                                                           \
    "CREATE TABLE bytes (n int PRIMARY KEY, h char(2));"                                                     \
    "INSERT INTO bytes SELECT CONV(CONCAT(a.h, b.h), 16, 10), CONCAT(a.h, b.h) FROM " DIGITS " a, " DIGITS   \
    " b;"                                                                                                    \
    "INSERT INTO characters_source (id) SELECT n + 1 FROM bytes;"

/* `key` are a character's bytes in hexadecimal digits, `where` which they are. */
#define FILL(column, set, key, from, where) FILL_IN("characters", column, set, key, from, where)
#define FILL_IN(table, column, set, key, from, where)                                                        \
    "UPDATE " table "_source s SET " #column " = (SELECT CONVERT(UNHEX(GROUP_CONCAT(" key                    \
    " ORDER BY b.n SEPARATOR '')) USING " #set ") FROM " from " WHERE " where                                \
    " AND LENGTH(CONVERT(CONVERT(UNHEX(" key ") USING " #set ") USING utf32)) = 4"                           \
    " AND (HEX(CONVERT(CONVERT(UNHEX(" key ") USING " #set                                                   \
    ") USING utf32)) NOT IN ('0000003F', '0000FFFD') OR b.n = 63));"

#define FILL_ONE(set) FILL(set, set, "b.h", "bytes b", "s.id = 1")
#define FILL_TWO(set)                                                                                        \
    FILL(set, set, "CONCAT(a.h, b.h)", "bytes a, bytes b", "a.n = s.id - 1 AND a.n > 127 AND b.n > 48")
#define FILL_THREE(set)                                                                                      \
    FILL(set##_three, set, "CONCAT('8F', a.h, b.h)", "bytes a, bytes b",                                     \
         "a.n = s.id - 1 AND a.n > 160 AND b.n > 160")

/* Code points without those of surrogates. */
#define FILL_UNICODE(column, set, plane)                                                                     \
    "UPDATE characters_source s SET " #column " = (SELECT CONVERT(CONVERT(UNHEX(GROUP_CONCAT(CONCAT('" plane \
    "', a.h, b.h) ORDER BY b.n SEPARATOR '')) USING utf32) USING " #set ") FROM bytes a, bytes b"            \
    " WHERE a.n = s.id - 1 AND ('" plane "' <> '0000' OR a.n NOT BETWEEN 216 AND 223));"

static const char fill_characters[] =
    FILL_START FILL_ONE(ascii) FILL_ONE(latin1) FILL_ONE(latin2) FILL_ONE(latin5) FILL_ONE(latin7)
        FILL_ONE(cp1250) FILL_ONE(cp1251) FILL_ONE(cp1256) FILL_ONE(cp1257) FILL_ONE(cp850) FILL_ONE(cp852)
            FILL_ONE(cp866) FILL_ONE(koi8r) FILL_ONE(koi8u) FILL_ONE(greek) FILL_ONE(hebrew) FILL_ONE(tis620)
                FILL_ONE(armscii8) FILL_ONE(geostd8) FILL_ONE(macroman) FILL_ONE(macce) FILL_ONE(keybcs2)
                    FILL_ONE(dec8) FILL_ONE(hp8) FILL_ONE(swe7) FILL_TWO(big5) FILL_TWO(gbk) FILL_TWO(gb2312)
                        FILL_TWO(sjis) FILL_TWO(cp932) FILL_TWO(ujis) FILL_TWO(eucjpms) FILL_TWO(euckr)
                            FILL_UNICODE(utf8mb3, utf8mb3, "0000") FILL_UNICODE(ucs2, ucs2, "0000")
                                FILL_UNICODE(utf8mb4, utf8mb4, "0000") FILL_UNICODE(utf16, utf16, "0000")
                                    FILL_UNICODE(utf16le, utf16le, "0000") FILL_UNICODE(utf32, utf32, "0000")
                                        FILL(sjis_half, sjis, "b.h", "bytes b", "s.id = 1") FILL_THREE(ujis)
                                            FILL_THREE(eucjpms) FILL_UNICODE(utf8mb4_high, utf8mb4, "0001")
                                                FILL_UNICODE(utf16_high, utf16, "0010")
                                                    FILL_UNICODE(utf16le_high, utf16le, "0001")
                                                        FILL_UNICODE(utf32_high, utf32, "0010");

#define PADDED(set)                                                                                          \
    {.field = "char_" #set,                                                                                  \
     .type = "CHAR(10) CHARACTER SET " #set,                                                                 \
     .values = V("''", "'a'", "'a  '", "'  a'", "'   '", "REPEAT('z', 10)")},                                \
    {                                                                                                        \
        .field = "varchar_" #set, .type = "VARCHAR(300) CHARACTER SET " #set,                                \
        .values = V("''", "'a'", "'a  '", "' '", "REPEAT('y', 255)", "REPEAT('x', 256)", "REPEAT('w', 300)") \
    }

#define BINARY64(field_, type_, ...)                                                                         \
    {                                                                                                        \
        .field = field_, .type = type_,                                                                      \
        .values = V("''", "x'00'", "'a'", "x'6100'", "x'0000ff00'", __VA_ARGS__),                            \
        .shows = "REPLACE(TO_BASE64(@), '\\n', '')"                                                          \
    }

#define LONG_TEXT(field_, type_, ...)                                                                        \
    {                                                                                                        \
        .field = field_, .type = type_, .values = V("''", "'a '", __VA_ARGS__)                               \
    }

static const struct typed_column lengths[] = {
    PADDED(utf8mb4),
    PADDED(utf8mb3),
    PADDED(latin1),
    PADDED(ucs2),
    PADDED(utf16),
    PADDED(utf16le),
    PADDED(utf32),
    PADDED(sjis),
    PADDED(gbk),
    {.field = "char_255",
     .type = "CHAR(255)",
     .values = V("''", "REPEAT('\xf0\x9f\x8e\xac', 255)", "REPEAT('a', 255)",
                 "CONCAT('e', x'cc81', '\xe2\x80\x8d')")},
    {.field = "char_0", .type = "CHAR(0)", .values = V("''")},
    {.field = "control",
     .type = "VARCHAR(40)",
     .values = V("x'00010203070809'", "x'0a0d1b7f'", "'\\\"\\\\/'", "x'0061'", "'NULL'", "'null'")},
    BINARY64("binary_1", "BINARY(1)", "x'ff'"),
    BINARY64("binary_8", "BINARY(8)", "x'0102030405060708'", "x'0102030405060700'", "x'2020'"),
    BINARY64("binary_16", "BINARY(16)", "REPEAT(x'00', 16)", "x'a0eebc999c0b4ef8bb6d6bb9bd380a00'"),
    BINARY64("binary_4", "BINARY(4)", "x'01000000'"),
    BINARY64("binary_255", "BINARY(255)", "REPEAT(x'ff', 255)"),
    BINARY64("varbinary_255", "VARBINARY(255)", "REPEAT(x'00', 255)", "'a '"),
    BINARY64("varbinary_256", "VARBINARY(256)", "REPEAT(x'fe', 256)"),
    BINARY64("tiny_blob", "TINYBLOB", "REPEAT(x'80', 255)"),
    BINARY64("blob_", "BLOB", "REPEAT(x'80', 65535)"),
    BINARY64("medium_blob", "MEDIUMBLOB", "REPEAT(x'00ff', 40000)"),
    BINARY64("long_blob", "LONGBLOB", "REPEAT(x'7f', 100001)"),
    LONG_TEXT("tiny_text", "TINYTEXT", "REPEAT('a', 255)"),
    LONG_TEXT("text_", "TEXT", "REPEAT('a', 65535)"),
    LONG_TEXT("medium_text", "MEDIUMTEXT", "REPEAT('\xc3\xa9', 40000)"),
    LONG_TEXT("long_text", "LONGTEXT", "REPEAT('\xe2\x82\xac', 30000)"),
    LONG_TEXT("long_latin1", "LONGTEXT CHARACTER SET latin1", "REPEAT('\xc3\xa9', 70000)"),
    LONG_TEXT("long_ucs2", "LONGTEXT CHARACTER SET ucs2", "REPEAT('\xc3\xa9', 40000)"),
    {.field = "packed_text",
     .type = "TEXT COMPRESSED",
     .values = V("''", "'a'", "REPEAT('ab', 5000)"),
     .only = TYPED_MARIADB},
    {.field = "packed_varchar",
     .type = "VARCHAR(1000) COMPRESSED CHARACTER SET latin2",
     .values = V("''", "'a'", "REPEAT('\xc5\xaf', 1000)"),
     .only = TYPED_MARIADB},
    {.field = "packed_blob",
     .type = "LONGBLOB COMPRESSED",
     .values = V("''", "x'00'", "REPEAT(x'00', 100000)"),
     .shows = "REPLACE(TO_BASE64(@), '\\n', '')",
     .only = TYPED_MARIADB},
};

#define TEN(of, p)                                                                                           \
    of(p "0") "," of(p "1") "," of(p "2") "," of(p "3") "," of(p "4") "," of(p "5") "," of(p "6") "," of(    \
        p "7") "," of(p "8") "," of(p "9")
#define WORD(p) "'" p "'"
#define TENS(p) TEN(WORD, p)
#define HUNDRED(p)                                                                                           \
    TENS(p "0")                                                                                              \
    "," TENS(p "1") "," TENS(p "2") "," TENS(p "3") "," TENS(p "4") "," TENS(p "5") "," TENS(                \
        p "6") "," TENS(p "7") "," TENS(p "8") "," TENS(p "9")
#define ODD_WORDS                                                                                            \
    "'','a,b','it''s','say \"x\"','back\\\\slash','tab\\tnew\\nline',' lead','\xc3\xbc \xe2\x82\xac \xe6\x97\xa5','(a)','`','%','NULL','0'"

static const struct typed_column labels[] = {
    {.field = "colour",
     .type = "ENUM('red','green','blue')",
     .values = V("'red'", "'blue'", "'RED'", "2", "'no such'")},
    {.field = "odd_enum",
     .type = "ENUM(" ODD_WORDS ")",
     .values = V("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "'no such'")},
    {.field = "enum_255",
     .type = "ENUM(" HUNDRED("a") "," HUNDRED("b") "," TENS("c0") "," TENS("c1") "," TENS("c2") "," TENS(
         "c3") "," TENS("c4") ",'x0','x1','x2','x3','x4')",
     .values = V("1", "127", "128", "254", "255")},
    {.field = "enum_300",
     .type = "ENUM(" HUNDRED("a") "," HUNDRED("b") "," HUNDRED("c") ")",
     .values = V("1", "255", "256", "257", "300", "0")},
    {.field = "enum_latin1",
     .type = "ENUM('caf\xc3\xa9','\xe2\x82\xac') CHARACTER SET latin1",
     .values = V("1", "2")},
    {.field = "enum_cp1251",
     .type = "ENUM('\xd0\xb4\xd0\xb0','\xd0\xbd\xd0\xb5\xd1\x82') CHARACTER SET cp1251",
     .values = V("1", "2")},
    {.field = "enum_ucs2", .type = "ENUM('\xc3\xa9','b') CHARACTER SET ucs2", .values = V("1", "2")},
    {.field = "enum_sjis", .type = "ENUM('\xe6\x97\xa5','b') CHARACTER SET sjis", .values = V("1", "2")},
    {.field = "enum_binary", .type = "ENUM('a','b') CHARACTER SET binary", .values = V("1", "2")},
    {.field = "few", .type = "SET('a','b','c')", .values = V("''", "'a'", "'c,a'", "'a,b,c'", "'b'")},
    {.field = "odd_set",
     .type = "SET('it''s','say \"x\"','back\\\\slash','\xc3\xbc','(a)',' lead','','NULL','0')",
     .values = V("1", "3", "127", "255", "511", "64", "0", "65")},
    {.field = "set_8", .type = "SET('1','2','3','4','5','6','7','8')", .values = V("255", "128", "0")},
    {.field = "set_9", .type = "SET('1','2','3','4','5','6','7','8','9')", .values = V("511", "256", "1")},
    {.field = "set_64",
     .type = "SET(" TENS("a") "," TENS("b") "," TENS("c") "," TENS("d") "," TENS("e") "," TENS(
         "f") ",'w','x','y','z')",
     .values = V("1", "9223372036854775808", "18446744073709551615", "0", "12297829382473034410")},
    {.field = "set_koi8r",
     .type = "SET('\xd0\xb4\xd0\xb0','\xd0\xbd\xd0\xb5\xd1\x82') CHARACTER SET koi8r",
     .values = V("1", "3")},
};

Test(run_mysql_texts, lengths_padding_and_labels)
{
    static const struct typed_table tables[] = {
        {.name = "lengths", .columns = lengths, .ncolumns = sizeof lengths / sizeof *lengths},
        {.name = "labels", .columns = labels, .ncolumns = sizeof labels / sizeof *labels},
    };

    typed_scene_set(&scene, tables, 2);
    typed_scene_rounds(&scene);
    typed_scene_end(&scene);
}

/* MySQL alone has it: characters of two bytes, and some of each block of those of four. */
static const struct typed_column chinese[] = {
    SET_AS(two, gb18030, TYPED_MYSQL),
    SET_AS(four, gb18030, TYPED_MYSQL),
};

static const char fill_chinese[] = "INSERT INTO chinese_source (id) SELECT n + 1 FROM bytes;" FILL_IN(
    "chinese", two, gb18030, "CONCAT(a.h, b.h)", "bytes a, bytes b",
    "a.n = s.id - 1 AND a.n > 127 AND b.n > 63")
    FILL_IN("chinese", four, gb18030, "CONCAT(a.h, '31', b.h, '35')", "bytes a, bytes b",
            "a.n = s.id - 1 AND a.n > 128 AND b.n > 128");

Test(run_mysql_texts, every_character_of_every_set)
{
    static const struct typed_table tables[] = {
        {.name = "characters",
         .columns = characters,
         .ncolumns = sizeof characters / sizeof *characters,
         .fill = fill_characters},
        {.name = "chinese", .columns = chinese, .ncolumns = 2, .fill = fill_chinese},
    };

    typed_scene_set(&scene, tables, server_mariadb_is_mysql() ? 2 : 1);
    typed_scene_round(&scene, "SET GLOBAL binlog_row_image = FULL");
    typed_scene_end(&scene);
}
