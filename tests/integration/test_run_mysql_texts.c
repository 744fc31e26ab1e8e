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
    SET_AS(gb18030, gb18030, TYPED_MYSQL),
    SET_AS(gb18030_four, gb18030, TYPED_MYSQL),
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
#define FILL(column, set, key, from, where)                                                                  \
    "UPDATE characters_source s SET " #column " = (SELECT CONVERT(UNHEX(GROUP_CONCAT(" key                   \
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

Test(run_mysql_texts, every_character_of_every_set)
{
    static const struct typed_table tables[] = {
        {.name = "characters",
         .columns = characters,
         .ncolumns = sizeof characters / sizeof *characters,
         .fill = fill_characters},
    };

    typed_scene_set(&scene, tables, 1);
    typed_scene_round(&scene, "SET GLOBAL binlog_row_image = FULL");
    typed_scene_end(&scene);
}
