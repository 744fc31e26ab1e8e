/*
 * POSIX TZ rules (posix_tz.h). The text comes from a file and is read through a bounded cursor; anything unexpected
 * makes the whole rule invalid.
 *
 *   std offset [dst [offset] , start [/time] , end [/time]]     offsets count westwards, as in POSIX
 */
#include "map/posix_tz.h"

#include "cdc/clock.h"
#include "map/civil.h"

#define HOUR_S 3600
#define DAY_S  86400

struct cursor {
    const char *at, *end;
};

static bool more(const struct cursor *in)
{
    return in->at < in->end;
}

static bool take(struct cursor *in, char c)
{
    if (!more(in) || *in->at != c)
        return false;
    in->at++;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A number of at most `max`, or -1. */
static int take_number(struct cursor *in, int max)
{
    int value = 0;
    const char *start = in->at;

    for (; more(in) && is_digit(*in->at) && value <= max; in->at++)
        value = value * 10 + (*in->at - '0');
    return in->at == start || value > max ? -1 : value;
}

/* "GMT" or "<+01>". */
static bool skip_name(struct cursor *in)
{
    const char *start = in->at;

    if (take(in, '<')) {
        while (more(in) && *in->at != '>')
            in->at++;
        return take(in, '>');
    }
    while (more(in) && is_alpha(*in->at))
        in->at++;
    return in->at - start >= 3;
}

/* [+-]hh[:mm[:ss]] as seconds. */
static bool take_clock(struct cursor *in, int max_hours, int32_t *seconds)
{
    bool negative = take(in, '-');
    int hours, minutes = 0, rest = 0;

    if (!negative)
        take(in, '+');
    hours = take_number(in, max_hours);
    if (take(in, ':')) {
        minutes = take_number(in, 59);
        if (take(in, ':'))
            rest = take_number(in, 59);
    }
    if (hours < 0 || minutes < 0 || rest < 0)
        return false;
    *seconds = hours * HOUR_S + minutes * 60 + rest;
    if (negative)
        *seconds = -*seconds;
    return true;
}

static bool take_weekday(struct cursor *in, struct posix_tz_date *out)
{
    int month = take_number(in, 12), week, day;

    week = take(in, '.') ? take_number(in, 5) : -1;
    day = take(in, '.') ? take_number(in, 6) : -1;
    if (month < 1 || week < 1 || day < 0)
        return false;
    out->form = POSIX_TZ_WEEKDAY;
    out->month = (unsigned)month;
    out->week = (unsigned)week;
    out->day = (unsigned)day;
    return true;
}

static bool take_day(struct cursor *in, struct posix_tz_date *out)
{
    bool julian = take(in, 'J');
    int day = take_number(in, 365);

    if (day < (julian ? 1 : 0))
        return false;
    out->form = julian ? POSIX_TZ_JULIAN : POSIX_TZ_DAY;
    out->day = (unsigned)day;
    return true;
}

static bool take_date(struct cursor *in, struct posix_tz_date *out)
{
    out->time_s = 2 * HOUR_S;
    if (!take(in, ','))
        return false;
    if (!(take(in, 'M') ? take_weekday(in, out) : take_day(in, out)))
        return false;
    return !take(in, '/') || take_clock(in, 167, &out->time_s);
}

int posix_tz_parse(struct cdc_slice text, struct posix_tz *out)
{
    struct cursor in = {text.ptr, text.ptr + text.len};

    *out = (struct posix_tz){0};
    if (!skip_name(&in) || !take_clock(&in, 24, &out->standard_s))
        return -1;
    out->standard_s = -out->standard_s;
    if (!more(&in))
        return 0;
    if (!skip_name(&in))
        return -1;
    out->has_summer = true;
    out->summer_s = out->standard_s + HOUR_S;
    if (more(&in) && *in.at != ',') {
        if (!take_clock(&in, 24, &out->summer_s))
            return -1;
        out->summer_s = -out->summer_s;
    }
    return take_date(&in, &out->start) && take_date(&in, &out->end) && !more(&in) ? 0 : -1;
}

static int64_t weekday_date(const struct posix_tz_date *date, int64_t year)
{
    int64_t first = cdc_days_from_civil(year, date->month, 1);
    int64_t weekday = ((first + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
    int64_t day = (date->day - weekday + 7) % 7 + (int64_t)(date->week - 1) * 7;

    if (day >= civil_month_days(year, date->month))
        day -= 7;
    return first + day;
}

int64_t posix_tz_change(const struct posix_tz_date *date, int64_t year)
{
    int64_t days = 0;

    switch (date->form) {
    case POSIX_TZ_WEEKDAY:
        days = weekday_date(date, year);
        break;
    case POSIX_TZ_JULIAN:
        days = cdc_days_from_civil(year, 1, 1) + date->day - 1;
        if (date->day >= 60 && civil_month_days(year, 2) == 29)
            days++;
        break;
    case POSIX_TZ_DAY:
        days = cdc_days_from_civil(year, 1, 1) + date->day;
        break;
    }
    return days * DAY_S + date->time_s;
}
