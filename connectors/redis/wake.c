/* Waking a waiting thread (wake.h), by an eventfd that is polled together with the socket. */
#include "redis/wake.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

int redis_wake_init(struct redis_wake *wake, struct cdc_err *err)
{
    wake->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake->fd < 0)
        return cdc_err_set(err, CDC_ERR_RETRY, "cannot make an event descriptor: %s", strerror(errno));
    return 0;
}

void redis_wake_fini(struct redis_wake *wake)
{
    if (wake->fd >= 0)
        close(wake->fd);
    wake->fd = -1;
}

void redis_wake_set(const struct redis_wake *wake)
{
    uint64_t one = 1;

    /* fails only when it is set more often than a counter of 64 bits can hold */
    if (write(wake->fd, &one, sizeof one) < 0)
        return;
}

bool redis_wake_take(const struct redis_wake *wake)
{
    uint64_t count;

    return read(wake->fd, &count, sizeof count) == (ssize_t)sizeof count;
}
