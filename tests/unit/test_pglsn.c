#include "postgresql/pglsn.h"

#include <criterion/criterion.h>

static uint64_t parsed(const char *text)
{
    uint64_t lsn = 1;

    return pglsn_parse(cdc_slice_str(text), &lsn) ? UINT64_MAX : lsn;
}

Test(pglsn, parses_what_postgresql_prints)
{
    cr_assert_eq(parsed("0/0"), 0);
    cr_assert_eq(parsed("0/16B3740"), 0x16B3740);
    cr_assert_eq(parsed("16/b374d848"), UINT64_C(0x16B374D848));
    cr_assert_eq(parsed("FFFFFFFF/FFFFFFFE"), UINT64_MAX - 1);
}

Test(pglsn, refuses_everything_else)
{
    static const char *const bad[] = {"",     "/",    "0/",          "/0",          "0",   "0/0/0", "0-1-2",
                                      " 0/0", "0/0 ", "123456789/0", "0/123456789", "g/0", "0/-1"};
    uint64_t lsn;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lsn = 1;
        cr_expect_eq(pglsn_parse(cdc_slice_str(bad[i]), &lsn), -1, "\"%s\"", bad[i]);
        cr_expect_eq(lsn, 0);
    }
    cr_assert_eq(pglsn_parse(cdc_slice(NULL, 0), &lsn), -1);
}

Test(pglsn, prints_what_it_parses)
{
    static const char *const texts[] = {"0/0", "0/16B3740", "16/B374D848", "1/0", "A/F", "FFFFFFFF/FFFFFFFF"};
    char out[PGLSN_TEXT];
    uint64_t lsn;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cr_assert_eq(pglsn_parse(cdc_slice_str(texts[i]), &lsn), 0);
        cr_expect_eq(pglsn_print(lsn, out), strlen(texts[i]));
        cr_expect_str_eq(out, texts[i]);
    }
}

Test(pglsn, compares_numbers_not_texts)
{
    cr_assert_lt(pglsn_compare(cdc_slice_str("0/9"), cdc_slice_str("0/10")), 0);
    cr_assert_gt(pglsn_compare(cdc_slice_str("1/0"), cdc_slice_str("0/FFFFFFFF")), 0);
    cr_assert_eq(pglsn_compare(cdc_slice_str("0/a"), cdc_slice_str("0/A")), 0);
    cr_assert_lt(pglsn_compare(cdc_slice_str("nonsense"), cdc_slice_str("0/1")), 0);
}

static bool reached(const char *position, const char *high)
{
    return pglsn_reached(cdc_slice_str(position), cdc_slice_str(high));
}

Test(pglsn, a_stream_reaches_a_position)
{
    cr_assert(reached("0/20", "0/20"));
    cr_assert(reached("1/0", "0/FFFFFFFF"));
    cr_assert_not(reached("0/1F", "0/20"));
    cr_assert_not(reached("", "0/20"));
    cr_assert_not(reached("0/20", ""));
    cr_assert_not(reached("", ""));
    cr_assert_not(reached("0/20", "x"));
}

Test(pglsn, the_header_of_an_empty_page_is_not_part_of_what_was_written)
{
    cr_assert_eq(pglsn_record_end(0x2000018, 8192, 1 << 24), 0x2000018, "a segment begins with a longer one");
    cr_assert_eq(pglsn_record_end(0x2000028, 8192, 1 << 24), 0x2000000);
    cr_assert_eq(pglsn_record_end(0x2002018, 8192, 1 << 24), 0x2002000);
    cr_assert_eq(pglsn_record_end(0x2002028, 8192, 1 << 24), 0x2002028);
    cr_assert_eq(pglsn_record_end(0x2002000, 8192, 1 << 24), 0x2002000);
    cr_assert_eq(pglsn_record_end(0x2002018, 0, 0), 0x2002018);
}
