/* The guard over retained log: one word each time that the limit is crossed. */
#include <criterion/criterion.h>
#include <string.h>

#include "pipeline/guard.h"

#define MIB (UINT64_C(1) << 20)

static struct guard guard;
static struct cdc_err err;

static enum guard_word look(uint64_t mib, int64_t safe)
{
    return guard_look(&guard, mib * MIB, safe, 100 * MIB, &err);
}

Test(guard, speaks_once_when_there_is_too_much)
{
    cr_expect_eq(look(100, -1), GUARD_QUIET);
    cr_expect_eq(look(150, -1), GUARD_OVER);
    cr_expect(strstr(err.message, "keeps 150 MiB of log for us, limits.wal_retained is 100 MiB"), "%s",
              err.message);
    cr_expect(strlen(err.hint) > 0);
    cr_expect_eq(look(900, -1), GUARD_QUIET);
}

Test(guard, and_once_when_it_is_well_below_again)
{
    cr_expect_eq(look(150, -1), GUARD_OVER);
    cr_expect_eq(look(95, -1), GUARD_QUIET);
    cr_expect_eq(look(150, -1), GUARD_QUIET);
    cr_expect_eq(look(90, -1), GUARD_BACK);
    cr_expect_eq(look(0, -1), GUARD_QUIET);
    cr_expect_eq(look(101, 20 * (int64_t)MIB), GUARD_OVER);
    cr_expect(strstr(err.message, "after 20 MiB more it drops what we need"), "%s", err.message);
}

Test(guard, no_limit)
{
    cr_expect_eq(guard_look(&guard, UINT64_MAX, 0, 0, &err), GUARD_QUIET);
}
