/* Why a row fails, and whose fault the want of memory is. */
#include <criterion/criterion.h>
#include <stdint.h>

#include "map/work.h"

Test(work, every_reason_has_a_word)
{
    for (int r = WORK_OK; r <= WORK_MEMORY; r++) {
        const char *name = work_reason_name((enum work_reason)r);
        cr_assert_str_neq(name, "?");
        cr_assert_eq(strspn(name, "abcdefghijklmnopqrstuvwxyz_8"), strlen(name));
        for (int other = WORK_OK; other < r; other++)
            cr_assert_str_neq(name, work_reason_name((enum work_reason)other));
    }
}

Test(work, failing_says_why)
{
    struct work work = {.reason = WORK_OK};

    cr_assert_eq(work_fail(&work, WORK_TIME, "is infinite"), -1);
    cr_assert_eq(work.reason, WORK_TIME);
    cr_assert(cdc_slice_is(work.why, "is infinite"));
}

Test(work, a_row_beyond_its_share_is_to_blame_itself)
{
    struct work work = {.reason = WORK_OK};

    cdc_arena_init(&work.arena, 256 * 1024);
    cr_assert_not_null(work_alloc(&work, 100 * 1024));
    cr_assert_null(work_alloc(&work, 200 * 1024));
    cr_assert_eq(work.reason, WORK_TOO_LARGE);
    cr_assert_null(work_alloc(&work, SIZE_MAX / 2));
    cr_assert_eq(work.reason, WORK_TOO_LARGE);
    cdc_arena_fini(&work.arena);
}

Test(work, the_same_when_it_takes_many_small_pieces)
{
    struct work work = {.reason = WORK_OK};

    cdc_arena_init(&work.arena, 1024 * 1024);
    while (work_alloc(&work, 100))
        cr_assert_leq(work.arena.held, 1024 * 1024);
    cr_assert_eq(work.reason, WORK_TOO_LARGE);
    cdc_arena_fini(&work.arena);
}

Test(work, without_a_limit_the_machine_is)
{
    struct work work = {.reason = WORK_OK};

    cdc_arena_init(&work.arena, 0);
    cr_assert_null(work_alloc(&work, SIZE_MAX - 4));
    cr_assert_eq(work.reason, WORK_MEMORY);
    cdc_arena_fini(&work.arena);
}
