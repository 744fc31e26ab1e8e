/* Sets of hashes: bounded, in parts, and never with something that was not put in. */
#include <criterion/criterion.h>

#include "snapshot/keyset.h"

#define MOST 3072 /* hashes in the smallest set */

static struct keyset set;

static void fini(void)
{
    keyset_fini(&set);
}

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
        cr_assert_eq(keyset_add(&set, nth(i)), 0);
}

static unsigned held(uint64_t from, uint64_t to)
{
    unsigned n = 0;

    for (uint64_t i = from; i < to; i++)
        n += keyset_has(&set, nth(i));
    return n;
}

Test(keyset, empty_has_nothing, .fini = fini)
{
    cr_assert_not(keyset_has(&set, 1));
    keyset_init(&set, 0);
    cr_assert_not(keyset_has(&set, 1));
    keyset_begin(&set, 0, 1);
    cr_assert_not(keyset_has(&set, 1));
}

Test(keyset, has_what_was_added_and_nothing_else, .fini = fini)
{
    keyset_init(&set, 64 * 1024 * 1024);
    add(0, 100000);
    add(0, 100000);
    cr_assert_eq(set.n, 100000);
    cr_assert_eq(held(0, 100000), 100000);
    cr_assert_eq(held(100000, 200000), 0);
    cr_assert_not(set.full);
}

Test(keyset, what_does_not_fit_is_left_out_and_said, .fini = fini)
{
    keyset_init(&set, 0);
    add(0, MOST);
    cr_assert_not(set.full);
    add(0, MOST);
    cr_assert_not(set.full, "what is there fits");
    add(MOST, MOST + 1);
    cr_assert(set.full);
    cr_assert_eq(held(0, MOST), MOST);
    cr_assert_eq(held(MOST, 2 * MOST), 0);
    keyset_begin(&set, 0, 1);
    cr_assert_not(set.full);
    cr_assert_eq(held(0, MOST), 0);
}

Test(keyset, memory_stays_within_its_bound, .fini = fini)
{
    keyset_init(&set, 1024 * 1024);
    add(0, 200000);
    cr_assert(set.full);
    cr_assert_leq(set.size * sizeof *set.slots, 1024 * 1024);
    cr_assert_gt(set.n, 1024 * 1024 / sizeof *set.slots / 2);
}

Test(keyset, each_hash_concerns_one_part, .fini = fini)
{
    unsigned total = 0;

    keyset_init(&set, 0);
    for (uint32_t part = 0; part < 5; part++) {
        keyset_begin(&set, part, 5);
        add(0, 10000);
        for (uint64_t i = 0; i < 10000; i++)
            cr_assert_eq(keyset_has(&set, nth(i)), keyset_concerns(&set, nth(i)));
        cr_assert_gt(set.n, 1700);
        cr_assert_lt(set.n, 2300);
        total += (unsigned)set.n;
    }
    cr_assert_eq(total, 10000);
}

Test(keyset, so_many_parts_that_a_wrong_estimate_still_fits, .fini = fini)
{
    keyset_init(&set, 0);
    cr_assert_eq(keyset_parts(&set, 0), 1);
    cr_assert_eq(keyset_parts(&set, 2000), 1);
    keyset_begin(&set, 0, keyset_parts(&set, 100000));
    add(0, 120000);
    cr_assert_not(set.full);
}
