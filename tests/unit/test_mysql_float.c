/* Floating point in PostgreSQL's form: what PostgreSQL 15 prints for these numbers. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdlib.h>

#include "mysql/number.h"

TestSuite(mysql_float);

static void check_double(double value, const char *text)
{
    char out[MY_FLOAT_TEXT + 1];

    out[my_double_print(value, out)] = '\0';
    cr_expect_str_eq(out, text);
}

static void check_float(float value, const char *text)
{
    char out[MY_FLOAT_TEXT + 1];

    out[my_float_print(value, out)] = '\0';
    cr_expect_str_eq(out, text);
}

Test(mysql_float, doubles)
{
    check_double(0, "0");
    check_double(-0.0, "-0");
    check_double(1, "1");
    check_double(0.1, "0.1");
    check_double(-12.5, "-12.5");
    check_double(0.0001, "0.0001");
    check_double(0.00001, "1e-05");
    check_double(1e14, "100000000000000");
    check_double(1e15, "1e+15");
    check_double(1e20, "1e+20");
    check_double(123456789012345680, "1.2345678901234568e+17");
    check_double(1.0 / 3, "0.3333333333333333");
    check_double(1.7976931348623157e308, "1.7976931348623157e+308");
    check_double(5e-324, "5e-324");
    check_double(2.2250738585072014e-308, "2.2250738585072014e-308");
    check_double(NAN, "NaN");
    check_double(INFINITY, "Infinity");
    check_double(-INFINITY, "-Infinity");
}

Test(mysql_float, doubles_whose_shortest_digits_are_a_trap)
{
    check_double(5.684341886080801486968994140625e-14, "5.684341886080802e-14"); /* 2^-44 */
    check_double(1e23, "9.999999999999999e+22"); /* "1e+23" lies exactly between two neighbours */
    check_double(9007199254740992.0, "9.007199254740992e+15");
    check_double(0.3, "0.3");
    check_double(0.1 + 0.2, "0.30000000000000004");
}

Test(mysql_float, singles)
{
    check_float(0.1f, "0.1");
    check_float(123456, "123456");
    check_float(1e6f, "1e+06");
    check_float(1234567, "1.234567e+06");
    check_float(16777216, "1.6777216e+07");
    check_float(3.4028234e38f, "3.4028235e+38");
    check_float(1e-45f, "1e-45");
    check_float(0.0001f, "0.0001");
    check_float(1e-5f, "1e-05");
    check_float(65.19f, "65.19");
}

Test(mysql_float, what_is_printed_reads_back)
{
    uint64_t bits = 88172645463325252u;
    char out[MY_FLOAT_TEXT + 1];

    for (int i = 0; i < 20000; i++) {
        double value;
        float single;

        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        memcpy(&value, &bits, sizeof value);
        single = (float)(bits % 1000000) / 1000;
        if (!isfinite(value))
            continue;
        out[my_double_print(value, out)] = '\0';
        cr_assert_eq(strtod(out, NULL), value, "%s", out);
        out[my_float_print(single, out)] = '\0';
        cr_assert_eq(strtof(out, NULL), single, "%s", out);
    }
}
