/* Similar names. */
#include <criterion/criterion.h>

#include "map/nearest.h"

static size_t distance(const char *a, const char *b)
{
    return nearest_distance(cdc_slice_str(a), cdc_slice_str(b));
}

Test(nearest, letters_that_differ_are_counted)
{
    cr_assert_eq(distance("state", "state"), 0);
    cr_assert_eq(distance("state", "State"), 0);
    cr_assert_eq(distance("state", "stat"), 1);
    cr_assert_eq(distance("state", "sttae"), 2);
    cr_assert_eq(distance("", "abc"), 3);
    cr_assert_eq(distance("abc", ""), 3);
    cr_assert_eq(distance("kitten", "sitting"), 3);
    cr_assert_eq(distance("member_no", "memberno"), 1);
}

Test(nearest, only_what_is_close_is_offered)
{
    cr_assert(nearest_is_close(cdc_slice_str("id"), 1));
    cr_assert_not(nearest_is_close(cdc_slice_str("id"), 2));
    cr_assert(nearest_is_close(cdc_slice_str("member"), 2));
    cr_assert_not(nearest_is_close(cdc_slice_str("member"), 3));
    cr_assert(nearest_is_close(cdc_slice_str("reservation_status"), 3));
}

Test(nearest, long_names_are_bounded)
{
    char a[500], b[500];

    memset(a, 'a', sizeof a);
    memset(b, 'b', sizeof b);
    cr_assert_eq(nearest_distance(cdc_slice(a, sizeof a), cdc_slice(b, sizeof b)), NEAREST_LEN_MAX);
    cr_assert_eq(nearest_distance(cdc_slice(a, sizeof a), cdc_slice(a, 3)), NEAREST_LEN_MAX - 3);
}
