/* Telling systemd how the service is (sd_notify(3)); without systemd nothing happens. Main thread. */
#ifndef NOTIFY_H
#define NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

enum { NOTIFY_STATUS = 256 };

struct notify {
    int64_t watchdog_ms; /* between two signs of life; 0: none are wanted */
    int64_t fed_ms;
    char status[NOTIFY_STATUS]; /* what was told last */
};

void notify_init(struct notify *notify);
/* The configuration is valid and the threads run. */
void notify_ready(void);
/* A line for `systemctl status`. */
void notify_status(struct notify *notify, const char *line);
void notify_stopping(void);
/* Around a reload of the configuration: notify_reloading(), then notify_ready(). */
void notify_reloading(void);
/* Whether a sign of life is due; then, if the process is alive, give it. */
bool notify_due(const struct notify *notify, int64_t now_ms);
void notify_alive(struct notify *notify, int64_t now_ms);

#endif
