/* Numbers, durations, sizes and names of the configuration. */
#include <criterion/criterion.h>

#include <string.h>

#include "config/config_scalar.h"

TestSuite(config_scalar);

Test(config_scalar, integers)
{
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"0", 0}, {"42", 42}, {"-2", -2}, {"9223372036854775799", 9223372036854775799}};
    static const char *const bad[] = {"",
                                      "-",
                                      "010",
                                      "00",
                                      "1e3",
                                      "1.0",
                                      " 1",
                                      "1 ",
                                      "+1",
                                      "0x10",
                                      "one",
                                      "9223372036854775808",
                                      "99999999999999999999"};
    int64_t value;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cr_expect_null(config_scalar_integer(good[i].text, &value), "%s", good[i].text);
        cr_expect_eq(value, good[i].value, "%s", good[i].text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not_null(config_scalar_integer(bad[i], &value), "%s", bad[i]);
}

Test(config_scalar, durations)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"500ms", 500},    {"5s", 5000}, {"10m", 600000}, {"2h", 7200000},
                {"7d", 604800000}, {"0s", 0},    {"0ms", 0}};
    static const char *const bad[] = {"",    "5",   "s",    "5 s",   "5S",   "5sec", "1w",
                                      "-5s", "05s", "1.5s", "1h30m", "5sms", "5µs",  "99999999999999999s"};
    int64_t ms;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cr_expect_null(config_scalar_duration(good[i].text, &ms), "%s", good[i].text);
        cr_expect_eq(ms, good[i].ms, "%s", good[i].text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not_null(config_scalar_duration(bad[i], &ms), "%s", bad[i]);
}

Test(config_scalar, sizes)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {{"0B", 0},           {"512B", 512},           {"1KiB", 1024},
                {"64MiB", 67108864}, {"10GiB", 10737418240u}, {"1TiB", UINT64_C(1) << 40}};
    static const char *const bad[] = {"",    "64",  "64MB",   "64M",        "64 MiB", "64mib",
                                      "MiB", "-1B", "1.5GiB", "9999999TiB", "08B"};
    uint64_t bytes;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cr_expect_null(config_scalar_size(good[i].text, &bytes), "%s", good[i].text);
        cr_expect_eq(bytes, good[i].bytes, "%s", good[i].text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not_null(config_scalar_size(bad[i], &bytes), "%s", bad[i]);
}

Test(config_scalar, printed_in_the_largest_unit_that_fits)
{
    static const int64_t durations[] = {0,     1,       500,      1000,      1500,     60000,
                                        90000, 3600000, 86400000, 604800000, 604800001};
    static const uint64_t sizes[] = {0, 1, 1024, 1025, 67108864, 1610612736, UINT64_C(3) << 40};
    char text[CONFIG_SCALAR_TEXT];
    uint64_t bytes;
    int64_t ms;

    cr_assert_str_eq(config_scalar_print_duration(90000, text), "90s");
    cr_assert_str_eq(config_scalar_print_duration(604800000, text), "7d");
    cr_assert_str_eq(config_scalar_print_size(67108864, text), "64MiB");
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        cr_expect_null(config_scalar_duration(config_scalar_print_duration(durations[i], text), &ms), "%s",
                       text);
        cr_expect_eq(ms, durations[i], "%s", text);
    }
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        cr_expect_null(config_scalar_size(config_scalar_print_size(sizes[i], text), &bytes), "%s", text);
        cr_expect_eq(bytes, sizes[i], "%s", text);
    }
}

static void check_names(const char *(*check)(const char *), const char *const *good, const char *const *bad)
{
    for (; *good; good++)
        cr_expect_null(check(*good), "\"%s\"", *good);
    for (; *bad; bad++)
        cr_expect_not_null(check(*bad), "\"%s\"", *bad);
}

#define LONG_63    "a23456789012345678901234567890123456789012345678901234567890123"
#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

Test(config_scalar, names)
{
    check_names(config_scalar_connector, NAMES("a", "7", "cinema-bookings", LONG_63),
                NAMES("", "-a", "A", "a_b", "a.b", "a b", "ä", LONG_63 "x"));
    check_names(config_scalar_system, NAMES("crm", "Booking.Site_2", "7-eleven", LONG_63),
                NAMES("", "a:b", "a%b", "-a", ".a", "a b", LONG_63 "x"));
    check_names(config_scalar_prefix, NAMES("cdc", "prod:cdc", "a.b-c_d"),
                NAMES("", "{cdc}", "a b", "a*", "%"));
    check_names(config_scalar_slot, NAMES("tributary_shop", "_1"), NAMES("", "Shop", "a-b", LONG_63 "x"));
    check_names(config_scalar_identifier, NAMES("tributary", "Shop \"x\""), NAMES("", "a\nb", LONG_63 "x"));
    check_names(config_scalar_word, NAMES("x", "a b", "ä"), NAMES("", "a\tb", "\x7f"));
}

Test(config_scalar, time_zones)
{
    check_names(
        config_scalar_timezone,
        NAMES("UTC", "Europe/London", "America/Argentina/Buenos_Aires", "Etc/GMT+5",
              "America/Port-au-Prince"),
        NAMES("", "/etc/passwd", "../x", "Europe//London", "Europe/", "Europe London", "+02:00", "Ü"));
}

Test(config_scalar, addresses_to_listen_on)
{
    check_names(config_scalar_listen,
                NAMES("127.0.0.1:9187", "[::1]:9187", "localhost:1", "0.0.0.0:65535", "[::]:80"),
                NAMES("", "9187", ":9187", "::1:9187", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536",
                      "host:http", "[::1]", "[]:1", "[::1:80", "a b:80", "127.0.0.1:080"));
}
