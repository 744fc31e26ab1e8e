#include "postgresql/pgvisible.h"

#include <criterion/criterion.h>

static bool sees(const char *snapshot, const char *xid)
{
    struct cdc_tx tx = {.xid = cdc_slice_str(xid)};

    return pgvisible_sees(cdc_slice_str(snapshot), &tx);
}

Test(pgvisible, before_between_and_after)
{
    cr_assert(sees("100:100:", "99"));
    cr_assert_not(sees("100:100:", "100"));
    cr_assert_not(sees("100:100:", "101"));
    cr_assert(sees("100:105:100,103", "99"));
    cr_assert_not(sees("100:105:100,103", "100"));
    cr_assert(sees("100:105:100,103", "101"));
    cr_assert_not(sees("100:105:100,103", "103"));
    cr_assert(sees("100:105:100,103", "104"));
    cr_assert_not(sees("100:105:100,103", "105"));
}

Test(pgvisible, the_stream_has_the_lower_half_of_the_number)
{
    /* 3 * 2^32 = 12884901888 */
    cr_assert(sees("12884901988:12884901988:", "99"));
    cr_assert_not(sees("12884901988:12884901988:", "100"));
    cr_assert(sees("12884901893:12884901988:12884901893", "4294967295"),
              "from before the numbers wrapped around");
    cr_assert(sees("12884901885:12884901988:12884901885,12884901890", "3"));
    cr_assert_not(sees("12884901885:12884901988:12884901885,12884901890", "4294967293"));
    cr_assert_not(sees("12884901885:12884901988:12884901885,12884901890", "2"));
    cr_assert_not(sees("12884901886:12884901886:", "3"), "from after the numbers will have wrapped around");
    cr_assert(sees("18446744073709551615:18446744073709551615:", "4294967294"));
}

Test(pgvisible, sees_nothing_when_in_doubt)
{
    static const char *const snapshots[] = {"",          "100",          "100:",
                                            "100:100",   ":100:",        "100::",
                                            "100:100:,", "100:105:101,", "100:105:,101",
                                            "100:105:x", "100:105:101 ", " 100:100:",
                                            "+100:100:", "100:99:",      "0100:100:",
                                            "-1:100:",   "100:100:\n",   "100:18446744073709551616:"};
    static const char *const xids[] = {"",   "0",  "x",  "5x",         " 5",
                                       "+5", "-5", "05", "4294967296", "18446744073709551617"};

    for (size_t i = 0; i < sizeof snapshots / sizeof *snapshots; i++)
        cr_expect_not(sees(snapshots[i], "5"), "\"%s\"", snapshots[i]);
    for (size_t i = 0; i < sizeof xids / sizeof *xids; i++)
        cr_expect_not(sees("100:100:", xids[i]), "\"%s\"", xids[i]);
    cr_expect_not(sees("100:100:", "4294967290"), "from before there was anything");
    cr_assert(sees("100:100:", "5"));
}
