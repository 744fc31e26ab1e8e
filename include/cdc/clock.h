/* Time: monotonic for timers, wall clock only for what people and events show. */
#ifndef CDC_CLOCK_H
#define CDC_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* "2026-11-21T18:30:00.000000Z" and the NUL */
#define CDC_TIME_TEXT 28

/* Milliseconds on a clock that never jumps; for timers. */
int64_t cdc_now_ms(void);
/* Microseconds on the same clock; for latencies. */
int64_t cdc_now_us(void);
/* Microseconds since 1970-01-01 UTC; for people. */
int64_t cdc_wall_us(void);
/* Prints microseconds since 1970 as RFC 3339 in UTC. Years outside 0 to 9999 give "" . Returns `out`. */
char *cdc_time_print(int64_t unix_us, char out[CDC_TIME_TEXT]);
/* Days since 1970-01-01 of a proleptic Gregorian date (month 1 to 12, day 1 to 31; not checked). */
int64_t cdc_days_from_civil(int64_t year, unsigned month, unsigned day);

#endif
