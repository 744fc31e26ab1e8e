/* "did you mean …?" */
#include <criterion/criterion.h>

#include <string.h>

#include "cdc/suggest.h"

TestSuite(suggest);

Test(suggest, distance_counts_edits)
{
    cr_assert_eq(cdc_suggest_distance("same", "same", 2), 0);
    cr_assert_eq(cdc_suggest_distance("feild", "field", 2), 1); /* neighbours swapped */
    cr_assert_eq(cdc_suggest_distance("fild", "field", 2), 1);
    cr_assert_eq(cdc_suggest_distance("fieldd", "field", 2), 1);
    cr_assert_eq(cdc_suggest_distance("fiald", "field", 2), 1);
    cr_assert_eq(cdc_suggest_distance("", "ab", 2), 2);
    cr_assert_eq(cdc_suggest_distance("", "", 2), 0);
    cr_assert_eq(cdc_suggest_distance("reservation_stat", "reservation_status", 2), 2);
}

Test(suggest, distance_stops_at_the_limit)
{
    char wide[100];

    memset(wide, 'a', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    cr_assert_eq(cdc_suggest_distance("abc", "xyz", 2), 3);
    cr_assert_eq(cdc_suggest_distance("a", "abcdef", 2), 3);
    cr_assert_eq(cdc_suggest_distance(wide, wide, 2), 3, "longer words get no suggestion");
}

static const char *suggested(const char *word)
{
    static char text[128];
    struct cdc_suggest suggest = cdc_suggest_start(word);

    cdc_suggest_offer(&suggest, "host");
    cdc_suggest_offer(&suggest, "port");
    cdc_suggest_offer(&suggest, "password");
    cdc_suggest_offer(&suggest, "tls");
    return cdc_suggest_text(&suggest, text, sizeof text);
}

Test(suggest, the_nearest_wins)
{
    cr_assert_str_eq(suggested("pasword"), " (did you mean \"password\"?)");
    cr_assert_str_eq(suggested("porr"), " (did you mean \"port\"?)");
    cr_assert_str_eq(suggested("hots"), " (did you mean \"host\"?)");
    cr_assert_str_eq(suggested("tsl"), " (did you mean \"tls\"?)");
}

Test(suggest, what_is_far_is_not_offered)
{
    cr_assert_str_eq(suggested("whatever"), "");
    cr_assert_str_eq(suggested("db"), "");
    cr_assert_str_eq(suggested("xyz"), "", "short names allow one edit only");
}
