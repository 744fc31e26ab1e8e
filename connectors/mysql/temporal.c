/*
 * Dates and times of rows (temporal.h): the servers' packed forms to text. Called by the value decoder for each wanted value, on the
 * source thread; no state, no allocation, and every pattern of bits gives some text.
 */
#include "temporal.h"

#include "digits.h"

#define DAY_S 86400

static uint64_t big_endian(const unsigned char *bytes, size_t n)
{
    uint64_t v = 0;

    while (n-- > 0)
        v = v << 8 | *bytes++;
    return v;
}

static uint64_t little_endian(const unsigned char *bytes, size_t n)
{
    uint64_t v = 0;

    while (n-- > 0)
        v = v << 8 | bytes[n];
    return v;
}

/* A fraction is kept in hundreds (1, 2 decimals), ten thousands (3, 4) or millions (5, 6). */
static const uint32_t fraction_unit[] = {0, 10000, 100, 1};

static uint32_t fraction(const unsigned char *bytes, unsigned fsp)
{
    size_t n = my_fraction_bytes(fsp);

    return (uint32_t)big_endian(bytes, n) * fraction_unit[n];
}

/* DATE: day 5 bits, month 4, year 15, in three little-endian bytes. */
struct my_time my_date_decode(const unsigned char bytes[3])
{
    uint32_t v = (uint32_t)little_endian(bytes, 3);

    return (struct my_time){.year = v >> 9, .month = v >> 5 & 15, .day = v & 31};
}

/* 24 bits of time of day (sign, unused, hour 10, minute 6, second 6), below them 24 bits of microseconds. */
struct my_time my_packed_time_decode(int64_t packed)
{
    uint64_t v = packed < 0 ? 0 - (uint64_t)packed : (uint64_t)packed;
    uint32_t hms = (uint32_t)(v >> 24);

    return (struct my_time){.negative = packed < 0,
                            .hour = hms >> 12 & 1023,
                            .minute = hms >> 6 & 63,
                            .second = hms & 63,
                            .micro = (uint32_t)(v & 0xffffff)};
}

/* 17 bits year * 13 + month, 5 day, 5 hour, 6 minute, 6 second, below them 24 bits of microseconds. */
struct my_time my_packed_datetime_decode(int64_t packed)
{
    uint64_t v = packed < 0 ? 0 - (uint64_t)packed : (uint64_t)packed;
    uint64_t ymd = v >> 41, months = ymd >> 5;
    uint32_t hms = (uint32_t)(v >> 24 & 0x1ffff);

    return (struct my_time){.year = (uint32_t)(months / 13),
                            .month = (uint32_t)(months % 13),
                            .day = (uint32_t)(ymd & 31),
                            .hour = hms >> 12,
                            .minute = hms >> 6 & 63,
                            .second = hms & 63,
                            .micro = (uint32_t)(v & 0xffffff)};
}

/*
 * TIME2: three bytes of time of day and the fraction, as one big-endian number with an offset, so that negative times sort first:
 * the fraction of a negative time counts back from the next second.
 */
struct my_time my_time2_decode(const unsigned char *bytes, unsigned fsp)
{
    size_t n = my_fraction_bytes(fsp);
    int64_t whole = (int64_t)big_endian(bytes, 3) - 0x800000;
    int64_t part = (int64_t)big_endian(bytes + 3, n);
    int64_t scale = INT64_C(1) << (8 * n), both = whole * scale + part;
    int64_t size = both < 0 ? -both : both;
    int64_t packed = (size / scale) << 24 | (size % scale) * fraction_unit[n];

    return my_packed_time_decode(both < 0 ? -packed : packed);
}

struct my_time my_datetime2_decode(const unsigned char *bytes, unsigned fsp)
{
    int64_t whole = (int64_t)big_endian(bytes, 5) - INT64_C(0x8000000000);

    return my_packed_datetime_decode((int64_t)((uint64_t)whole << 24 | fraction(bytes + 5, fsp)));
}

/* Seconds since 1970 in UTC; 0 is the zero date. */
static struct my_time from_unix(uint32_t seconds)
{
    struct my_time t = {0};
    uint32_t days = seconds / DAY_S, of_day = seconds % DAY_S, era, doe, yoe, doy, mp;

    if (seconds == 0)
        return t;
    days += 719468; /* since 0000-03-01: years from March, so that the leap day is the last of its year */
    era = days / 146097;
    doe = days - era * 146097;
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    mp = (5 * doy + 2) / 153;
    t.day = doy - (153 * mp + 2) / 5 + 1;
    t.month = mp < 10 ? mp + 3 : mp - 9;
    t.year = yoe + era * 400 + (t.month <= 2);
    t.hour = of_day / 3600;
    t.minute = of_day / 60 % 60;
    t.second = of_day % 60;
    return t;
}

struct my_time my_timestamp2_decode(const unsigned char *bytes, unsigned fsp)
{
    struct my_time t = from_unix((uint32_t)big_endian(bytes, 4));

    t.micro = fraction(bytes + 4, fsp);
    return t;
}

struct my_time my_old_timestamp_decode(const unsigned char bytes[4])
{
    return from_unix((uint32_t)little_endian(bytes, 4));
}

/* hours * 10000 + minutes * 100 + seconds, with a sign */
struct my_time my_old_time_decode(const unsigned char bytes[3])
{
    uint32_t v = (uint32_t)little_endian(bytes, 3);
    bool negative = v & 0x800000;

    if (negative)
        v = 0x1000000 - v;
    return (struct my_time){
        .negative = negative, .hour = v / 10000, .minute = v / 100 % 100, .second = v % 100};
}

/* YYYYMMDDhhmmss as one decimal number */
struct my_time my_old_datetime_decode(const unsigned char bytes[8])
{
    uint64_t v = little_endian(bytes, 8);
    uint32_t date = (uint32_t)(v / 1000000), time = (uint32_t)(v % 1000000);

    return (struct my_time){.year = date / 10000,
                            .month = date / 100 % 100,
                            .day = date % 100,
                            .hour = time / 10000,
                            .minute = time / 100 % 100,
                            .second = time % 100};
}

static char *put2(char *at, uint32_t value)
{
    my_digits_fixed(value, 2, at);
    return at + 2;
}

static char *put_fraction(char *at, uint32_t micro, unsigned decimals)
{
    char digits[6];
    unsigned n = decimals;

    my_digits_fixed(micro, 6, digits);
    if (decimals == MY_DECIMALS_TRIM)
        for (n = 6; n > 0 && digits[n - 1] == '0'; n--)
            ;
    if (n == 0)
        return at;
    *at++ = '.';
    memcpy(at, digits, n);
    return at + n;
}

static char *put_time(char *at, const struct my_time *t, unsigned decimals)
{
    if (t->hour < 100)
        at = put2(at, t->hour);
    else
        at += my_digits_u64(t->hour, at);
    *at++ = ':';
    at = put2(at, t->minute);
    *at++ = ':';
    at = put2(at, t->second);
    return put_fraction(at, t->micro, decimals);
}

static char *put_date(char *at, const struct my_time *t)
{
    my_digits_fixed(t->year, 4, at);
    at[4] = '-';
    at = put2(at + 5, t->month);
    *at++ = '-';
    return put2(at, t->day);
}

size_t my_date_print(const struct my_time *t, char out[MY_TEMPORAL_TEXT])
{
    return (size_t)(put_date(out, t) - out);
}

size_t my_time_print(const struct my_time *t, unsigned decimals, char out[MY_TEMPORAL_TEXT])
{
    char *at = out;

    if (t->negative)
        *at++ = '-';
    return (size_t)(put_time(at, t, decimals) - out);
}

size_t my_datetime_print(const struct my_time *t, unsigned decimals, char out[MY_TEMPORAL_TEXT])
{
    char *at = put_date(out, t);

    *at++ = ' ';
    return (size_t)(put_time(at, t, decimals) - out);
}
