/* Waiting for a condition by asking every 5 ms. Fails the test when time is up. */
#include "lib/wait.h"

#include "cdc/clock.h"

#include "lib/fail.h"

#include <time.h>

void wait_step(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

bool wait_for(bool (*condition)(void *ctx), void *ctx, int timeout_ms)
{
    int64_t end = cdc_now_ms() + timeout_ms;

    for (;;) {
        if (condition(ctx))
            return true;
        if (cdc_now_ms() >= end)
            return false;
        wait_step();
    }
}

void wait_until(const char *what, bool (*condition)(void *ctx), void *ctx, int timeout_ms)
{
    if (!wait_for(condition, ctx, timeout_ms))
        fail("waited %d ms in vain for: %s", timeout_ms, what);
}
