/*
 * The rule at the end of a TZif file, which holds for all years behind its last entry: a POSIX TZ string such as
 * "GMT0BST,M3.5.0/1,M10.5.0" (RFC 8536 section 3.3). Pure; any thread.
 */
#ifndef POSIX_TZ_H
#define POSIX_TZ_H

#include <stdint.h>

#include "cdc/slice.h"

enum posix_tz_form {
    POSIX_TZ_JULIAN,  /* "J60": day 1 to 365, 29 February never counted */
    POSIX_TZ_DAY,     /* "59": day 0 to 365 */
    POSIX_TZ_WEEKDAY, /* "M3.5.0": month, week (5: last), day of the week (0: Sunday) */
};

struct posix_tz_date {
    enum posix_tz_form form;
    unsigned month, week, day;
    int32_t time_s; /* on the clock that is then in use; -167 to 167 hours */
};

struct posix_tz {
    int32_t standard_s, summer_s; /* seconds east of UTC */
    bool has_summer;
    struct posix_tz_date start, end; /* of summer time */
};

/* 0, or -1 when the text is no such rule. */
int posix_tz_parse(struct cdc_slice text, struct posix_tz *out);
/* When, in seconds since 1970 on the local clock that is in use until then, the change of a year takes place. */
int64_t posix_tz_change(const struct posix_tz_date *date, int64_t year);

#endif
