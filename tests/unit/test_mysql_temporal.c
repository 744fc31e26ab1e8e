/* Dates and times: bytes as MariaDB 10.11 and MySQL 9.7 wrote them. */
#include <criterion/criterion.h>

#include "lib/mysql_hex.h"
#include "mysql/temporal.h"

TestSuite(mysql_temporal);

static const unsigned char *bytes(const char *hex)
{
    return (const unsigned char *)mysql_hex(hex).ptr;
}

static void check(struct my_time t, size_t (*print)(const struct my_time *, unsigned, char *),
                  unsigned decimals, const char *text)
{
    char out[MY_TEMPORAL_TEXT + 1] = "";

    out[print(&t, decimals, out)] = '\0';
    cr_expect_str_eq(out, text);
}

Test(mysql_temporal, dates)
{
    struct my_time t = my_date_decode(bytes("75d50f"));
    char out[MY_TEMPORAL_TEXT + 1];

    out[my_date_print(&t, out)] = '\0';
    cr_expect_str_eq(out, "2026-11-21");
    t = my_date_decode(bytes("000000"));
    out[my_date_print(&t, out)] = '\0';
    cr_expect_str_eq(out, "0000-00-00");
}

Test(mysql_temporal, date_and_time)
{
    check(my_datetime2_decode(bytes("99bb6b2780 04ce"), 3), my_datetime_print, MY_DECIMALS_TRIM,
          "2026-11-21 18:30:00.123");
    check(my_datetime2_decode(bytes("99bb6b2780"), 0), my_datetime_print, MY_DECIMALS_TRIM,
          "2026-11-21 18:30:00");
    check(my_datetime2_decode(bytes("99bb6b2780 01e240"), 6), my_datetime_print, 6,
          "2026-11-21 18:30:00.123456");
    check(my_datetime2_decode(bytes("8000000000"), 0), my_datetime_print, MY_DECIMALS_TRIM,
          "0000-00-00 00:00:00");
}

Test(mysql_temporal, times)
{
    check(my_time2_decode(bytes("812780"), 0), my_time_print, MY_DECIMALS_TRIM, "18:30:00");
    check(my_time2_decode(bytes("812780 0c"), 1), my_time_print, MY_DECIMALS_TRIM, "18:30:00.12");
    check(my_time2_decode(bytes("b46efb"), 0), my_time_print, MY_DECIMALS_TRIM, "838:59:59");
    check(my_time2_decode(bytes("4b9105"), 0), my_time_print, MY_DECIMALS_TRIM, "-838:59:59");
    check(my_time2_decode(bytes("7fffff ffffff"), 6), my_time_print, 6, "-00:00:00.000001");
    check(my_time2_decode(bytes("7ffffe f6"), 2), my_time_print, MY_DECIMALS_TRIM, "-00:00:01.1");
}

Test(mysql_temporal, instants)
{
    check(my_timestamp2_decode(bytes("00000001"), 0), my_datetime_print, MY_DECIMALS_TRIM,
          "1970-01-01 00:00:01");
    check(my_timestamp2_decode(bytes("7fffffff"), 0), my_datetime_print, MY_DECIMALS_TRIM,
          "2038-01-19 03:14:07");
    check(my_timestamp2_decode(bytes("ffffffff"), 0), my_datetime_print, MY_DECIMALS_TRIM,
          "2106-02-07 06:28:15");
    check(my_timestamp2_decode(bytes("38bc5d7f 0f423f"), 6), my_datetime_print, MY_DECIMALS_TRIM,
          "2000-02-29 23:59:59.999999");
    check(my_timestamp2_decode(bytes("00000000"), 0), my_datetime_print, MY_DECIMALS_TRIM,
          "0000-00-00 00:00:00");
}

Test(mysql_temporal, forms_of_before_mysql_5_6)
{
    check(my_old_time_decode(bytes("d4d302")), my_time_print, MY_DECIMALS_TRIM, "18:53:00");
    check(my_old_time_decode(bytes("282cfd")), my_time_print, MY_DECIMALS_TRIM, "-18:53:04");
    check(my_old_datetime_decode(bytes("184dee686d120000")), my_datetime_print, MY_DECIMALS_TRIM,
          "2026-11-21 18:30:00");
    check(my_old_timestamp_decode(bytes("01000000")), my_datetime_print, MY_DECIMALS_TRIM,
          "1970-01-01 00:00:01");
}
