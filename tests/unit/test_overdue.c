/* When what the source keeps has become too much: by what Redis takes, and by how the pile grows. */
#include <criterion/criterion.h>

#include "pipeline/overdue.h"

enum { LIMIT = 100, PATIENCE_MS = 60000 };

static struct overdue overdue;
static struct overdue_view view;

static void given(void)
{
    view = (struct overdue_view){
        .now_ms = 1000, .patience_ms = PATIENCE_MS, .limit = LIMIT, .owed = 50, .taken = 7, .waits = true};
}

TestSuite(overdue, .init = given);

/* Looks each second for so long; the last word, or the first that is not NO. */
static enum overdue_word look(int seconds, uint64_t owed)
{
    enum overdue_word word = OVERDUE_NO;

    view.owed = view.left = owed;
    for (int i = 0; i < seconds && word == OVERDUE_NO; i++) {
        word = overdue_look(&overdue, &view);
        view.now_ms += 1000;
    }
    return word;
}

Test(overdue, what_is_within_the_limit_may_wait_for_ever)
{
    cr_expect_eq(look(1000, LIMIT), OVERDUE_NO);
}

Test(overdue, a_store_that_takes_nothing_is_waited_for)
{
    cr_expect_eq(look(60, 150), OVERDUE_NO);
    cr_expect_eq(look(1, 150), OVERDUE_STUCK);
}

Test(overdue, time_within_the_limit_does_not_count)
{
    look(1000, 90);
    cr_expect_eq(look(59, 150), OVERDUE_NO);
    look(1, 90);
    cr_expect_eq(look(59, 150), OVERDUE_NO);
}

Test(overdue, whoever_takes_something_is_not_stuck)
{
    for (int i = 0; i < 10; i++) {
        cr_expect_eq(look(50, 150), OVERDUE_NO);
        view.taken++;
    }
}

Test(overdue, nothing_waits_for_the_store)
{
    view.waits = false;
    cr_expect_eq(look(1000, 150), OVERDUE_NO);
}

Test(overdue, a_process_that_slept_was_not_there_to_wait)
{
    look(10, 150);
    view.now_ms += 24 * 3600 * 1000;
    cr_expect_eq(look(40, 150), OVERDUE_NO);
}

/* A mountain that is worked off, and grows a little now and then. */
Test(overdue, who_catches_up_has_time)
{
    for (uint64_t owed = 100 * LIMIT; owed > LIMIT; owed -= 10) {
        view.taken++;
        cr_expect_eq(look(30, owed), OVERDUE_NO);
        cr_expect_eq(look(1, owed + LIMIT / 2), OVERDUE_NO);
    }
}

Test(overdue, what_grows_by_the_limit_once_more_is_too_much)
{
    enum overdue_word word = OVERDUE_NO;
    uint64_t owed = 150;

    for (; word == OVERDUE_NO && owed < 1000; owed += 10) {
        view.taken++;
        word = look(10, owed);
    }
    cr_expect_eq(word, OVERDUE_SLOW);
    cr_expect_eq(owed, 150 + LIMIT + 20);
}

/* A burst: it is over before anybody lost patience. */
Test(overdue, what_grows_for_a_moment_is_not)
{
    look(1, 150);
    view.taken++;
    cr_expect_eq(look(50, 900), OVERDUE_NO);
    view.taken++;
    cr_expect_eq(look(30, 140), OVERDUE_NO);
    view.taken++;
    cr_expect_eq(look(50, 230), OVERDUE_NO);
}

/* A wide replay window: much is owed, because it is not confirmed on purpose. */
Test(overdue, who_keeps_up_may_owe_much)
{
    view.keeps_up = true;
    for (uint64_t owed = 150; owed < 100 * LIMIT; owed += 90) {
        view.taken++;
        cr_expect_eq(look(1, owed), OVERDUE_NO);
    }
}

/* After a new session nothing is confirmed for a replay window, however fast the store is. */
Test(overdue, who_reads_faster_than_is_confirmed_is_not_slow)
{
    for (uint64_t left = 20 * LIMIT; left > LIMIT; left -= 5) {
        view.taken++;
        view.now_ms += 1000;
        view.owed = 20 * LIMIT + 3 * (20 * LIMIT - left);
        view.left = left;
        cr_expect_eq(overdue_look(&overdue, &view), OVERDUE_NO);
    }
}
