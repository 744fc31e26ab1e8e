/* Waiting times: bounded, growing, spread. */
#include <criterion/criterion.h>

#include "pipeline/backoff.h"

Test(backoff, grows_to_its_cap_within_the_jitter)
{
    struct backoff b = {.seed = 1};
    int64_t base = 10;

    for (int i = 0; i < 20; i++) {
        int64_t ms = backoff_next(&b);
        cr_assert_geq(ms, base * 3 / 4);
        cr_assert_leq(ms, base * 5 / 4);
        base = base * 2 < 1000 ? base * 2 : 1000;
    }
}

Test(backoff, a_success_starts_it_anew)
{
    struct backoff b = {.seed = 1};

    for (int i = 0; i < 8; i++)
        backoff_next(&b);
    backoff_reset(&b);
    cr_assert_leq(backoff_next(&b), 12);
}

Test(backoff, seeds_spread)
{
    struct backoff a = {.seed = 1}, b = {.seed = 2};
    int differ = 0;

    for (int i = 0; i < 10; i++)
        differ += backoff_next(&a) != backoff_next(&b);
    cr_assert_gt(differ, 5);
}
