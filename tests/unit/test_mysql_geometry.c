/* Geometry as well-known text. */
#include <criterion/criterion.h>

#include "lib/mysql_hex.h"
#include "mysql/geometry.h"

TestSuite(mysql_geometry);

static void check(const char *hex, const char *text)
{
    struct cdc_buf out = {0};

    cr_expect(my_geometry_print(mysql_hex(hex), &out), "%s", text);
    cr_expect_str_eq(cdc_buf_str(&out), text);
    cdc_buf_fini(&out);
}

#define ONE       "000000000000f03f"
#define TWO       "0000000000000040"
#define POINT_1_2 "01 01000000 " ONE TWO

Test(mysql_geometry, all_kinds)
{
    check("00000000 " POINT_1_2, "POINT(1 2)");
    check("e6100000 " POINT_1_2, "POINT(1 2)");
    check("00000000 01 02000000 02000000 " ONE ONE TWO TWO, "LINESTRING(1 1,2 2)");
    check("00000000 01 03000000 01000000 03000000 " ONE ONE TWO TWO ONE TWO, "POLYGON((1 1,2 2,1 2))");
    check("00000000 01 04000000 02000000 " POINT_1_2 POINT_1_2, "MULTIPOINT((1 2),(1 2))");
    check("00000000 01 05000000 01000000 01 02000000 01000000 " ONE TWO, "MULTILINESTRING((1 2))");
    check("00000000 01 06000000 01000000 01 03000000 01000000 01000000 " ONE TWO, "MULTIPOLYGON(((1 2)))");
    check("00000000 01 07000000 01000000 " POINT_1_2, "GEOMETRYCOLLECTION(POINT(1 2))");
    check("00000000 01 07000000 00000000", "GEOMETRYCOLLECTION EMPTY");
    check("00000000 00 00000001 3ff0000000000000 4000000000000000", "POINT(1 2)");
}

Test(mysql_geometry, malformed_bytes_are_refused)
{
    struct cdc_slice whole = mysql_hex("00000000 01 07000000 01000000 " POINT_1_2);
    struct cdc_buf out = {.limit = 1 << 16};

    for (size_t n = 0; n < whole.len; n++) {
        cdc_buf_reset(&out);
        cr_expect_not(my_geometry_print(cdc_slice(whole.ptr, n), &out), "at %zu", n);
    }
    cr_expect_not(my_geometry_print(mysql_hex("00000000 01 08000000"), &out));
    cr_expect_not(my_geometry_print(mysql_hex("00000000 01 02000000 ffffffff " ONE ONE), &out));
    cdc_buf_fini(&out);
}

Test(mysql_geometry, depth_is_bounded)
{
    char hex[40 * 30 + 16] = "00000000";
    struct cdc_buf out = {.limit = 1 << 16};

    for (int i = 0; i < 40; i++)
        strcat(hex, "010700000001000000");
    cr_expect_not(my_geometry_print(mysql_hex(hex), &out));
    cdc_buf_fini(&out);
}
