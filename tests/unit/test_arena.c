/* The arena: alignment, limit, what a reset keeps. */
#include <criterion/criterion.h>
#include <stdint.h>

#include "cdc/arena.h"

static struct cdc_arena arena;

static void fini(void)
{
    cdc_arena_fini(&arena);
}

Test(arena, aligned_and_apart, .fini = fini)
{
    char *last = NULL;

    for (size_t n = 0; n < 3000; n++) {
        char *p = cdc_arena_alloc(&arena, n);
        cr_assert_not_null(p);
        cr_assert_eq((uintptr_t)p % 16, 0);
        cr_assert(n == 0 || p != last);
        memset(p, 0x5a, n);
        last = p;
    }
}

Test(arena, a_reset_keeps_one_ordinary_block, .fini = fini)
{
    void *first = cdc_arena_alloc(&arena, 100);

    cr_assert_not_null(cdc_arena_alloc(&arena, 1 << 20));
    cr_assert_geq(arena.held, 1u << 20);
    cdc_arena_reset(&arena);
    cr_assert_leq(arena.held, 64u * 1024);
    cr_assert_eq(cdc_arena_alloc(&arena, 100), first);
}

Test(arena, the_limit_is_kept, .fini = fini)
{
    cdc_arena_init(&arena, 128 * 1024);
    cr_assert_not_null(cdc_arena_alloc(&arena, 60000));
    cr_assert_null(cdc_arena_alloc(&arena, 100000));
    cr_assert_not_null(cdc_arena_alloc(&arena, 60000));
    cr_assert_null(cdc_arena_alloc(&arena, SIZE_MAX - 3));
}

Test(arena, strings_end, .fini = fini)
{
    cr_assert_str_eq(cdc_arena_str(&arena, cdc_slice("abcdef", 3)), "abc");
    cr_assert_str_eq(cdc_arena_str(&arena, cdc_slice(NULL, 0)), "");
}
