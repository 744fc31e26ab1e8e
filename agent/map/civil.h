/*
 * Dates and times of day as people write them: parsing, printing, and counting seconds. Proleptic Gregorian calendar,
 * years 1 to 9999, no leap seconds. Pure; any thread.
 */
#ifndef CIVIL_H
#define CIVIL_H

#include <stdint.h>

#include "cdc/slice.h"

/* A reading of calendar and clock; of which zone, the caller knows (or offset_s tells). */
struct civil {
    int year;
    unsigned month, day, hour, minute, second, us;
    bool has_time;   /* false: a date only, and the clock stands at midnight */
    bool has_offset; /* the text named its distance from UTC */
    int offset_s;    /* seconds east of UTC */
};

#define CIVIL_TIME_TEXT 27 /* bytes of "2026-11-21T18:30:00.000000Z"; no NUL is written */
#define CIVIL_DATE_TEXT 10 /* bytes of "2026-11-21" */

/*
 * Reads `YYYY-MM-DD`, or that with `T` or a space, `HH:MM[:SS[.fraction]]` and, if any, `Z` or `±HH[[:]MM]`. Digits of
 * the fraction behind the sixth are cut off. NULL, or what is wrong with the text, to stand behind a column's name.
 */
const char *civil_parse(struct cdc_slice s, struct civil *out);

/* Seconds since 1970-01-01 00:00 on the same clock; offset and fraction are not counted. */
int64_t civil_seconds(const struct civil *c);
/* Calendar and clock of a count of seconds. The year may lie outside 1 to 9999: the caller checks. */
void civil_from_seconds(int64_t seconds, struct civil *out);

/* Moves a reading; the fraction stays. The year may leave 1 to 9999: the caller checks. */
void civil_shift(struct civil *c, int64_t seconds);

/* RFC 3339 with six decimals and "Z": the reading must be UTC's, the year 1 to 9999. */
void civil_print_time(const struct civil *c, char out[CIVIL_TIME_TEXT]);
void civil_print_date(const struct civil *c, char out[CIVIL_DATE_TEXT]);

/* Days of a month (1 to 12). */
unsigned civil_month_days(int64_t year, unsigned month);

#endif
