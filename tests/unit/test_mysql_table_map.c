/* TABLE_MAP events: types, sizes and metadata. Captured ones are in test_mysql_decoder.c. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mysql_hex.h"
#include "mysql/table_map.h"

TestSuite(mysql_table_map);

static struct cdc_arena arena;

static int parse(const char *hex, bool mariadb, struct my_definition *d)
{
    static char copy[4096];
    struct cdc_slice bytes = mysql_hex(hex);
    struct cdc_err err;

    memcpy(copy, bytes.ptr, bytes.len);
    cdc_arena_fini(&arena);
    cdc_arena_init(&arena, 1 << 20);
    return my_definition_parse(cdc_slice(copy, bytes.len), mariadb, &arena, d, &err);
}

/* ty.a of test servers: 18 columns of 16 types, as MariaDB 10.11 sent it. */
#define TYPES "12 0d0303 0204 f610 fe0f fefffcfcfefe0ffe12 17 0405020301fe0a3c00f701040202f801fe102c01cefc03"
#define NULLS "ffffff"
#define SIGNS "01 01 dc"
#define NAMES                                                                                                \
    "04 2b 0179 0175 0169 0173 0166 0164 0162 0178 017a 0165 0167 02626c 027478 027365 026269 027662 026368 026474"
#define LABELS "05 05 02 0178 0179 06 05 02 0161 0162"
#define KEY    "08 02 01 02"

Test(mysql_table_map, full_metadata)
{
    struct my_definition d;

    cr_assert_eq(
        parse(TYPES NULLS SIGNS "03 08 08 21 3f 3f 33 3f 3f 2d" NAMES "0b 02 08 2d" LABELS KEY, true, &d), 0);
    cr_assert_eq(d.ncolumns, 18);
    cr_expect(d.has_names && d.has_signs && d.has_charsets && d.has_labels && d.has_label_charsets &&
              d.has_key);
    cr_expect(cdc_slice_is(d.columns[17].name, "dt"));
    cr_expect(d.columns[0].is_unsigned && d.columns[1].is_unsigned && !d.columns[2].is_unsigned &&
              d.columns[5].is_unsigned);
    cr_expect(!d.columns[0].key && d.columns[1].key && d.columns[2].key && !d.columns[3].key);
    cr_expect_eq(d.columns[5].type, MY_TYPE_DECIMAL);
    cr_expect(d.columns[5].precision == 5 && d.columns[5].scale == 2 && d.columns[5].width == 3);
    cr_expect(d.columns[6].bits == 11 && d.columns[6].width == 2);
    cr_expect(d.columns[9].type == MY_TYPE_ENUM && d.columns[9].width == 1 && d.columns[9].collation == 8);
    cr_expect(d.columns[13].type == MY_TYPE_SET && d.columns[13].collation == 45);
    cr_expect(d.columns[9].labels.n == 2 && cdc_slice_is(d.columns[9].labels.text[1], "b"));
    cr_expect(d.columns[13].labels.n == 2 && cdc_slice_is(d.columns[13].labels.text[0], "x"));
    cr_expect(d.columns[14].type == MY_TYPE_STRING && d.columns[14].size == 16 && d.columns[14].width == 1);
    cr_expect(d.columns[16].type == MY_TYPE_STRING && d.columns[16].size == 1020 &&
              d.columns[16].width == 2); /* 255 of utf8mb4 */
    cr_expect(d.columns[17].type == MY_TYPE_DATETIME2 && d.columns[17].scale == 3 &&
              d.columns[17].width == 7);
}

/* MariaDB counts a geometry among the columns with a collation, MySQL does not. */
Test(mysql_table_map, collations_by_dialect)
{
    struct my_definition d;

    cr_assert_eq(parse(TYPES NULLS "03 08 08 21 3f 3f 33 3f 3f 2d", true, &d), 0);
    cr_expect(d.columns[7].collation == 8 && d.columns[11].collation == 63 && d.columns[12].collation == 51 &&
              d.columns[16].collation == 45);
    cr_assert_eq(parse(TYPES NULLS "03 09 08 21 3f 33 3f 3f fcff00", false, &d), 0);
    cr_expect(d.columns[7].collation == 8 && d.columns[11].collation == 63 && d.columns[12].collation == 51 &&
              d.columns[16].collation == 255);
    cr_expect_eq(parse(TYPES NULLS "03 09 08 21 3f 33 3f 3f fcff00", true, &d), -1); /* one too few */
}

Test(mysql_table_map, a_default_collation_with_exceptions)
{
    struct my_definition d;

    cr_assert_eq(parse(TYPES NULLS "02 05 2d 02 3f 04 08", false, &d), 0);
    cr_expect(d.columns[7].collation == 45 && d.columns[8].collation == 45 && d.columns[11].collation == 63 &&
              d.columns[12].collation == 45 && d.columns[14].collation == 8 && d.columns[15].collation == 45);
}

Test(mysql_table_map, no_metadata)
{
    struct my_definition d;

    cr_assert_eq(parse(TYPES NULLS, true, &d), 0);
    cr_expect_not(d.has_names || d.has_signs || d.has_charsets || d.has_labels || d.has_key);
}

Test(mysql_table_map, malformed_definitions_are_refused)
{
    static const char *const bad[] = {
        "00",                          /* no columns */
        "01 63 00 00",                 /* an unknown type */
        "01 f6 02 4200 00",            /* DECIMAL(66) */
        "01 f6 01 05 00",              /* half a meta data */
        "01 10 02 0900 00",            /* nine bits beside the bytes */
        "01 12 01 07 00",              /* seven decimals */
        "01 fc 01 05 00",              /* a length of five bytes */
        "01 fe 02 f703 00",            /* an ENUM of three bytes */
        "02 0303 00 00 01 05 80",      /* a field that is cut off */
        "02 0303 00 00 04 03 02 6964", /* one name of two */
        "02 0303 00 00 08 01 02",      /* a key column beyond the end */
        "fd ffff0f",                   /* too many columns */
    };
    struct my_definition d;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(parse(bad[i], true, &d), -1, "%s", bad[i]);
}

Test(mysql_table_map, cut_at_every_length_it_is_refused_or_has_less_metadata)
{
    struct my_definition d;
    struct cdc_err err;
    struct cdc_slice bytes = mysql_hex(TYPES NULLS SIGNS NAMES KEY);

    cdc_arena_init(&arena, 1 << 20);
    for (size_t n = 0; n < bytes.len; n++) {
        char *copy =
            malloc(n ? n : 1); /* of its own, so that a read past the cut is seen by the address sanitizer */

        memcpy(copy, bytes.ptr, n);
        if (my_definition_parse(cdc_slice(copy, n), true, &arena, &d, &err) == 0)
            cr_expect_not(d.has_names && d.has_key, "cut at %zu", n);
        free(copy);
    }
    cdc_arena_fini(&arena);
}
