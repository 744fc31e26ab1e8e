/* What may change of the sentinels while the program runs. */
#include <criterion/criterion.h>

#include "config/config_sentinel.h"

TestSuite(config_sentinel);

Test(config_sentinel, the_same_are_the_same_in_the_same_order)
{
    static const struct cdc_redis_node some[] = {{"a", 1}, {"b", 2}}, turned[] = {{"b", 2}, {"a", 1}};
    const struct cdc_redis_sentinel none = {.nnodes = 0}, two = {.nodes = some, .nnodes = 2},
                                    other = {.nodes = turned, .nnodes = 2};

    cr_assert(config_sentinel_same(&none, &none));
    cr_assert(config_sentinel_same(&two, &two));
    cr_assert_not(config_sentinel_same(&two, &none));
    cr_assert_not(config_sentinel_same(&two, &other));
}
