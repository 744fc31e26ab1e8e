/*
 * Memory that runs out: the program's own calls of malloc() and its like are led through here by the linker (--wrap), and one of
 * them gets nothing.
 *
 *     cr_assert_gt(alloc_each(scenario, ctx), 0);
 */
#ifndef TESTS_ALLOC_H
#define TESTS_ALLOC_H

#include "cdc/err.h"

/*
 * Runs the scenario again and again, with its first allocation failing, its second, … until it runs with none failing, and then it
 * must succeed. Each time before it must return -1 with an error of class RETRY, or have done without. Returns how many failed.
 */
unsigned alloc_each(int (*scenario)(void *ctx, struct cdc_err *err), void *ctx);

#endif
