/* Decimals, bits, base64 and integers as text. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "lib/mysql_hex.h"
#include "mysql/digits.h"
#include "mysql/number.h"

TestSuite(mysql_number);

static void check_decimal(unsigned precision, unsigned scale, const char *hex, const char *text)
{
    struct cdc_slice bytes = mysql_hex(hex);
    char out[MY_DECIMAL_TEXT + 1] = "";

    cr_assert_eq(my_decimal_bytes(precision, scale), bytes.len, "%s", text);
    out[my_decimal_print((const unsigned char *)bytes.ptr, precision, scale, out)] = '\0';
    cr_expect_str_eq(out, text);
}

Test(mysql_number, decimals)
{
    check_decimal(10, 2, "80000000 00", "0.00");
    check_decimal(10, 2, "80000002 32", "2.50");
    check_decimal(10, 2, "7ffffffd cd", "-2.50");
    check_decimal(5, 2, "8006 46", "6.70");
    check_decimal(1, 0, "89", "9");
    check_decimal(1, 0, "76", "-9");
    check_decimal(5, 5, "81869f", "0.99999");
    check_decimal(14, 4, "810dfb38d204d2", "1234567890.1234");
    check_decimal(14, 4, "7ef204c72dfb2d", "-1234567890.1234");
}

Test(mysql_number, the_longest_decimals)
{
    check_decimal(65, 0, "e3 3b9ac9ff 3b9ac9ff 3b9ac9ff 3b9ac9ff 3b9ac9ff 3b9ac9ff 3b9ac9ff",
                  "99999999999999999999999999999999999999999999999999999999999999999");
    check_decimal(38, 38, "8dfb38d2 0dfb38d2 0dfb38d2 0dfb38d2 0c",
                  "0.23456789023456789023456789023456789012");
}

Test(mysql_number, digits_out_of_range_are_no_decimal)
{
    char out[MY_DECIMAL_TEXT];

    cr_expect_eq(my_decimal_print((const unsigned char *)"\xff\xff\xff\xff\x00", 10, 2, out), 0);
    cr_expect_eq(my_decimal_print((const unsigned char *)"\x80\x00\x00\x00\x64", 10, 2, out), 0);
    cr_expect_eq(my_decimal_bytes(0, 0), 0);
    cr_expect_eq(my_decimal_bytes(66, 0), 0);
    cr_expect_eq(my_decimal_bytes(5, 6), 0);
    cr_expect_eq(my_decimal_bytes(50, 39), 0);
}

static void check_signed(int64_t value, const char *text)
{
    char out[MY_INTEGER_TEXT + 1];

    out[my_number_signed(value, out)] = '\0';
    cr_expect_str_eq(out, text);
}

Test(mysql_number, integers)
{
    char out[MY_DIGITS_U64 + 1];

    check_signed(0, "0");
    check_signed(-1, "-1");
    check_signed(INT64_MAX, "9223372036854775807");
    check_signed(INT64_MIN, "-9223372036854775808");
    out[my_digits_u64(UINT64_MAX, out)] = '\0';
    cr_expect_str_eq(out, "18446744073709551615");
    for (uint64_t n = 1, digits = 1; digits < 20; n *= 10, digits++) {
        cr_expect_eq(my_digits_u64(n, out), digits);
        cr_expect_eq(my_digits_u64(n * 10 - 1, out), digits);
    }
    for (uint64_t i = 0, n = 1; i < 2000; i++, n = n * 6364136223846793005u + 1442695040888963407u) {
        uint64_t value = n >> i % 64;
        char want[MY_DIGITS_U64 + 1];

        snprintf(want, sizeof want, "%llu", (unsigned long long)value);
        out[my_digits_u64(value, out)] = '\0';
        cr_assert_str_eq(out, want);
    }
    my_digits_fixed(42, 5, out);
    cr_expect_arr_eq(out, "00042", 5);
}

Test(mysql_number, bits)
{
    char out[65] = "";

    out[my_bits_print((const unsigned char *)"\x05", 1, 3, out)] = '\0';
    cr_expect_str_eq(out, "101");
    out[my_bits_print((const unsigned char *)"\x04\x01", 2, 11, out)] = '\0';
    cr_expect_str_eq(out, "10000000001");
    out[my_bits_print((const unsigned char *)"\xff\xff\xff\xff\xff\xff\xff\xff", 8, 64, out)] = '\0';
    cr_expect_eq(strspn(out, "1"), 64);
}

static void check_base64(const char *bytes, size_t n, const char *text)
{
    char out[32] = "";

    cr_assert_eq(my_base64_size(n), strlen(text));
    out[my_base64_print((const unsigned char *)bytes, n, out)] = '\0';
    cr_expect_str_eq(out, text);
}

Test(mysql_number, base64)
{
    check_base64("", 0, "");
    check_base64("a", 1, "YQ==");
    check_base64("ab", 2, "YWI=");
    check_base64("abc", 3, "YWJj");
    check_base64("\x00\xff\xfe\xfb", 4, "AP/++w==");
}
