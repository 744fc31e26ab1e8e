/* Sums of keys: what two sets do not have in common is always among the odd places, and little else is. */
#include <criterion/criterion.h>

#include "snapshot/keysums.h"

static struct keysums sums;

static void init(void)
{
    keysums_init(&sums, 64 * 1024);
    cr_assert_eq(keysums_begin(&sums), 0);
}

static void fini(void)
{
    keysums_fini(&sums);
}

TestSuite(keysums, .init = init, .fini = fini);

/* As a hash function gives them: all over the place, and never the same for two. */
static uint64_t nth(uint64_t i)
{
    i = (i + 1) * 0x9e3779b97f4a7c15u;
    i = (i ^ i >> 30) * 0xbf58476d1ce4e5b9u;
    i = (i ^ i >> 27) * 0x94d049bb133111ebu;
    return i ^ i >> 31;
}

static void add(uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i < to; i++)
        keysums_add(&sums, nth(i));
}

static void take(uint64_t from, uint64_t to)
{
    for (uint64_t i = to; i-- > from;)
        keysums_take(&sums, nth(i));
}

static unsigned concern(uint64_t from, uint64_t to)
{
    unsigned n = 0;

    for (uint64_t i = from; i < to; i++)
        n += keysums_concern(&sums, nth(i));
    return n;
}

Test(keysums, the_same_keys_leave_nothing)
{
    cr_assert_eq(concern(0, 1000), 1000, "nothing is known yet");
    add(0, 100000);
    take(0, 100000);
    cr_assert_eq(keysums_end(&sums), 0);
    cr_assert_eq(concern(0, 100000), 0);
}

Test(keysums, what_only_one_has_is_odd_and_little_else)
{
    uint64_t left;

    add(20, 100000);
    take(0, 99980);
    left = keysums_end(&sums);
    cr_assert_eq(concern(0, 20), 20);
    cr_assert_eq(concern(99980, 100000), 20);
    cr_assert(left >= 40 && left < 1000, "%llu", (unsigned long long)left);
    cr_assert_lt(concern(0, 100000), 1000);
}

Test(keysums, what_is_met_twice_hides_nothing)
{
    add(0, 1000);
    take(0, 1000);
    take(990, 1010);
    cr_assert_neq(keysums_end(&sums), 0);
    cr_assert_eq(concern(990, 1010), 20);
}

Test(keysums, begins_anew)
{
    add(0, 1000);
    cr_assert_neq(keysums_end(&sums), 0);
    cr_assert_eq(keysums_begin(&sums), 0);
    cr_assert_eq(concern(0, 2000), 2000);
    add(0, 10);
    take(0, 10);
    cr_assert_eq(keysums_end(&sums), 0);
}

Test(keysums, memory_stays_within_its_bound)
{
    struct keysums large;

    keysums_init(&large, 8 * 1024 * 1024);
    cr_assert_eq(large.bits, 20);
    keysums_init(&large, 8 * 1024 * 1024 - 1);
    cr_assert_eq(large.bits, 19);
    keysums_init(&large, SIZE_MAX);
    cr_assert_leq(large.bits, 32);
}
