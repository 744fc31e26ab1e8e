/* Clocks and the printing of times (cdc/clock.h). */
#include "cdc/clock.h"

#include <stdio.h>
#include <time.h>

#define US    1000000
#define DAY_S 86400

static int64_t read_us(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * US + ts.tv_nsec / 1000;
}

int64_t cdc_now_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t cdc_now_ms(void)
{
    return cdc_now_us() / 1000;
}

int64_t cdc_wall_us(void)
{
    return read_us(CLOCK_REALTIME);
}

/* Both civil conversions count years from March, so that the leap day is the last of its year. */
int64_t cdc_days_from_civil(int64_t year, unsigned month, unsigned day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + (int64_t)day - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

    return era * 146097 + doe - 719468;
}

static void civil_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;

    *day = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
    *month = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
    *year = yoe + era * 400 + (*month <= 2);
}

static char *put_digits(char *at, uint64_t value, unsigned width, char after)
{
    for (unsigned i = width; i-- > 0; value /= 10)
        at[i] = (char)('0' + value % 10);
    at[width] = after;
    return at + width + 1;
}

char *cdc_time_print(int64_t unix_us, char out[CDC_TIME_TEXT])
{
    int64_t us = unix_us % US, s = unix_us / US, days, of_day, year;
    unsigned month, day;
    char *at = out;

    if (us < 0) {
        us += US;
        s--;
    }
    days = s / DAY_S;
    of_day = s % DAY_S;
    if (of_day < 0) {
        of_day += DAY_S;
        days--;
    }
    civil_from_days(days, &year, &month, &day);
    out[0] = '\0';
    if (year < 0 || year > 9999)
        return out;
    at = put_digits(at, (uint64_t)year, 4, '-');
    at = put_digits(at, month, 2, '-');
    at = put_digits(at, day, 2, 'T');
    at = put_digits(at, (uint64_t)(of_day / 3600), 2, ':');
    at = put_digits(at, (uint64_t)(of_day / 60 % 60), 2, ':');
    at = put_digits(at, (uint64_t)(of_day % 60), 2, '.');
    at = put_digits(at, (uint64_t)us, 6, 'Z');
    *at = '\0';
    return out;
}
