/* sd_notify (notify.h); the one module that knows libsystemd. What cannot be told is not worth an error. */
#include "core/notify.h"

#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "cdc/clock.h"

#define SIGNS_PER_TIMEOUT 3

void notify_init(struct notify *notify)
{
    uint64_t us = 0;

    *notify = (struct notify){.watchdog_ms = 0};
    if (sd_watchdog_enabled(0, &us) > 0)
        notify->watchdog_ms = (int64_t)(us / 1000 / SIGNS_PER_TIMEOUT) + 1;
}

void notify_ready(void)
{
    sd_notify(0, "READY=1");
}

void notify_status(struct notify *notify, const char *line)
{
    char text[NOTIFY_STATUS];

    snprintf(text, sizeof text, "STATUS=%s", line);
    if (strcmp(text, notify->status) == 0)
        return;
    memcpy(notify->status, text, sizeof text);
    sd_notify(0, text);
}

void notify_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}

void notify_reloading(void)
{
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)cdc_now_us());
}

bool notify_due(const struct notify *notify, int64_t now_ms)
{
    return notify->watchdog_ms && now_ms - notify->fed_ms >= notify->watchdog_ms;
}

void notify_alive(struct notify *notify, int64_t now_ms)
{
    notify->fed_ms = now_ms;
    sd_notify(0, "WATCHDOG=1");
}
