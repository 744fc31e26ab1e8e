/*
 * Calendar and clock readings (civil.h). The text is read once, left to right; nothing is allocated.
 *
 *   2026-11-21T18:30:00.123456+01:00
 *   date      |time    |fraction|offset      ISO 8601 extended format, RFC 3339, and SQL's with a space for the T
 */
#include "map/civil.h"

#include "cdc/clock.h"

#define DAY_S 86400

#define NOT_A_TIME  "is not a date or time of the years 1 to 9999"
#define NO_SUCH_DAY "is not a date of the calendar"
#define NO_SUCH_HMS "is not a time of day"
#define INFINITE    "is infinite"

struct cursor {
    const char *at, *end;
};

/* Two decimal digits, or -1. */
static int two(const char *p)
{
    unsigned tens = (unsigned char)p[0] - (unsigned)'0', ones = (unsigned char)p[1] - (unsigned)'0';

    return tens > 9 || ones > 9 ? -1 : (int)(tens * 10 + ones);
}

static bool take(struct cursor *in, char c)
{
    if (in->at == in->end || *in->at != c)
        return false;
    in->at++;
    return true;
}

static int take_two(struct cursor *in)
{
    int value = in->end - in->at < 2 ? -1 : two(in->at);

    if (value >= 0)
        in->at += 2;
    return value;
}

static bool leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

unsigned civil_month_days(int64_t year, unsigned month)
{
    static const unsigned char days[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && leap(year) ? 29 : days[month];
}

static const char *parse_date(struct cursor *in, struct civil *out)
{
    const char *p = in->at;
    int century, year, month, day;

    if (in->end - p < CIVIL_DATE_TEXT || p[4] != '-' || p[7] != '-')
        return NOT_A_TIME;
    century = two(p);
    year = two(p + 2);
    month = two(p + 5);
    day = two(p + 8);
    if (century < 0 || year < 0 || month < 0 || day < 0)
        return NOT_A_TIME;
    out->year = century * 100 + year;
    out->month = (unsigned)month;
    out->day = (unsigned)day;
    in->at += CIVIL_DATE_TEXT;
    if (out->year < 1 || month < 1 || month > 12 || day < 1 ||
        out->day > civil_month_days(out->year, out->month))
        return NO_SUCH_DAY;
    return NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Behind the point: at least one digit; microseconds are kept. */
static bool parse_fraction(struct cursor *in, unsigned *us)
{
    static const unsigned unit[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    const char *p = in->at, *sixth = in->end - p < 6 ? in->end : p + 6;
    unsigned value = 0;

    for (; p < sixth && is_digit(*p); p++)
        value = value * 10 + (unsigned)(*p - '0');
    if (p == in->at)
        return false;
    *us = value * unit[p - in->at];
    while (p < in->end && is_digit(*p))
        p++;
    in->at = p;
    return true;
}

static const char *parse_clock(struct cursor *in, struct civil *out)
{
    const char *p = in->at;
    int hour, minute, second = 0;

    if (in->end - p < 5 || p[2] != ':')
        return NOT_A_TIME;
    hour = two(p);
    minute = two(p + 3);
    in->at = p + 5;
    if (in->end - p >= 8 && p[5] == ':') {
        second = two(p + 6);
        in->at = p + 8;
        if (take(in, '.') && !parse_fraction(in, &out->us))
            return NOT_A_TIME;
    }
    if (hour < 0 || minute < 0 || second < 0)
        return NOT_A_TIME;
    if (hour > 23 || minute > 59 || second > 59)
        return NO_SUCH_HMS;
    out->hour = (unsigned)hour;
    out->minute = (unsigned)minute;
    out->second = (unsigned)second;
    out->has_time = true;
    return NULL;
}

static const char *parse_offset(struct cursor *in, struct civil *out)
{
    bool west = *in->at == '-';
    int hours, minutes = 0;

    out->has_offset = true;
    if (take(in, 'Z') || take(in, 'z'))
        return NULL;
    if (!take(in, '+') && !take(in, '-'))
        return NOT_A_TIME;
    hours = take_two(in);
    if (in->at < in->end) {
        take(in, ':');
        minutes = take_two(in);
    }
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return NOT_A_TIME;
    out->offset_s = (hours * 60 + minutes) * (west ? -60 : 60);
    return NULL;
}

static const char *parse_rest(struct cursor *in, struct civil *out)
{
    const char *wrong;

    if (*in->at != 'T' && *in->at != ' ' && *in->at != 't')
        return NOT_A_TIME;
    in->at++;
    wrong = parse_clock(in, out);
    if (!wrong && in->at < in->end)
        wrong = parse_offset(in, out);
    return wrong ? wrong : in->at < in->end ? NOT_A_TIME : NULL;
}

static bool is_infinite(struct cdc_slice s)
{
    return cdc_slice_is(s, "infinity") || cdc_slice_is(s, "-infinity");
}

const char *civil_parse(struct cdc_slice s, struct civil *out)
{
    struct cursor in;
    const char *wrong;

    *out = (struct civil){0};
    if (s.len < CIVIL_DATE_TEXT)
        return is_infinite(s) ? INFINITE : NOT_A_TIME;
    in = (struct cursor){s.ptr, s.ptr + s.len};
    wrong = parse_date(&in, out);
    if (wrong || in.at == in.end)
        return wrong;
    return parse_rest(&in, out);
}

int64_t civil_seconds(const struct civil *c)
{
    return cdc_days_from_civil(c->year, c->month, c->day) * DAY_S +
           (int64_t)((c->hour * 60 + c->minute) * 60 + c->second);
}

/* Years are counted from March, so that the leap day is the last of its year; an era is 400 years. */
static void date_from_days(int64_t days, struct civil *out)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    unsigned of_era = (unsigned)(z - era * 146097);
    unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
    unsigned month = (5 * of_year + 2) / 153;

    out->day = of_year - (153 * month + 2) / 5 + 1;
    out->month = month < 10 ? month + 3 : month - 9;
    out->year = (int)(year + era * 400 + (out->month <= 2));
}

static void set_clock(struct civil *c, unsigned of_day)
{
    c->has_time = true;
    c->hour = of_day / 3600;
    c->minute = of_day / 60 % 60;
    c->second = of_day % 60;
}

void civil_from_seconds(int64_t seconds, struct civil *out)
{
    int64_t days = seconds / DAY_S, of_day = seconds % DAY_S;

    if (of_day < 0) {
        of_day += DAY_S;
        days--;
    }
    *out = (struct civil){0};
    date_from_days(days, out);
    set_clock(out, (unsigned)of_day);
}

void civil_shift(struct civil *c, int64_t seconds)
{
    int64_t of_day = (int64_t)((c->hour * 60 + c->minute) * 60 + c->second) + seconds;
    unsigned us = c->us;

    if (of_day < 0 || of_day >= DAY_S) {
        civil_from_seconds(civil_seconds(c) + seconds, c);
        c->us = us;
        return;
    }
    set_clock(c, (unsigned)of_day);
}

/* "00", "01", … "99" */
static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                            "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                            "8081828384858687888990919293949596979899";

static void put_two(char *at, unsigned value)
{
    memcpy(at, pairs + 2 * value, 2);
}

void civil_print_date(const struct civil *c, char out[CIVIL_DATE_TEXT])
{
    put_two(out, (unsigned)c->year / 100);
    put_two(out + 2, (unsigned)c->year % 100);
    out[4] = '-';
    put_two(out + 5, c->month);
    out[7] = '-';
    put_two(out + 8, c->day);
}

void civil_print_time(const struct civil *c, char out[CIVIL_TIME_TEXT])
{
    civil_print_date(c, out);
    out[10] = 'T';
    put_two(out + 11, c->hour);
    out[13] = ':';
    put_two(out + 14, c->minute);
    out[16] = ':';
    put_two(out + 17, c->second);
    out[19] = '.';
    put_two(out + 20, c->us / 10000);
    put_two(out + 22, c->us / 100 % 100);
    put_two(out + 24, c->us % 100);
    out[26] = 'Z';
}
