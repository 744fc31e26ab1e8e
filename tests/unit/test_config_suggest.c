/* "did you mean …?" */
#include <criterion/criterion.h>

#include <string.h>

#include "config/config_suggest.h"

TestSuite(config_suggest);

Test(config_suggest, distance_counts_edits)
{
    cr_assert_eq(config_suggest_distance("same", "same", 2), 0);
    cr_assert_eq(config_suggest_distance("feild", "field", 2), 1); /* neighbours swapped */
    cr_assert_eq(config_suggest_distance("fild", "field", 2), 1);
    cr_assert_eq(config_suggest_distance("fieldd", "field", 2), 1);
    cr_assert_eq(config_suggest_distance("fiald", "field", 2), 1);
    cr_assert_eq(config_suggest_distance("", "ab", 2), 2);
    cr_assert_eq(config_suggest_distance("", "", 2), 0);
    cr_assert_eq(config_suggest_distance("reservation_stat", "reservation_status", 2), 2);
}

Test(config_suggest, distance_stops_at_the_limit)
{
    char wide[100];

    memset(wide, 'a', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    cr_assert_eq(config_suggest_distance("abc", "xyz", 2), 3);
    cr_assert_eq(config_suggest_distance("a", "abcdef", 2), 3);
    cr_assert_eq(config_suggest_distance(wide, wide, 2), 3, "longer words get no suggestion");
}

static const char *suggested(const char *word)
{
    static char text[128];
    struct config_suggest suggest = config_suggest_start(word);

    config_suggest_offer(&suggest, "host");
    config_suggest_offer(&suggest, "port");
    config_suggest_offer(&suggest, "password");
    config_suggest_offer(&suggest, "tls");
    return config_suggest_text(&suggest, text, sizeof text);
}

Test(config_suggest, the_nearest_wins)
{
    cr_assert_str_eq(suggested("pasword"), " (did you mean \"password\"?)");
    cr_assert_str_eq(suggested("porr"), " (did you mean \"port\"?)");
    cr_assert_str_eq(suggested("hots"), " (did you mean \"host\"?)");
    cr_assert_str_eq(suggested("tsl"), " (did you mean \"tls\"?)");
}

Test(config_suggest, what_is_far_is_not_offered)
{
    cr_assert_str_eq(suggested("whatever"), "");
    cr_assert_str_eq(suggested("db"), "");
    cr_assert_str_eq(suggested("xyz"), "", "short names allow one edit only");
}
