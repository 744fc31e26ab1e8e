/*
 * Dates and times of rows as text. Fractions lose their trailing zeros, as in PostgreSQL. Zero dates come out as they are
 * ("0000-00-00"): the mapping refuses them. A TIME may be negative or beyond 24 hours ("-838:59:59"): the server's own form, which
 * fits a text field and is refused for a time of day.
 */
#ifndef MYSQL_TEMPORAL_H
#define MYSQL_TEMPORAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MY_TEMPORAL_TEXT 32

struct my_time {
    bool negative;
    uint32_t year, month, day, hour, minute, second, micro;
};

/* Bytes of a fraction with `fsp` decimals. */
static inline size_t my_fraction_bytes(unsigned fsp)
{
    return (fsp + 1) / 2;
}

/* Each takes the bytes of its binlog type; `fsp` is 0 to 6. */
struct my_time my_date_decode(const unsigned char bytes[3]);
struct my_time my_time2_decode(const unsigned char *bytes, unsigned fsp);
struct my_time my_datetime2_decode(const unsigned char *bytes, unsigned fsp);
struct my_time my_timestamp2_decode(const unsigned char *bytes, unsigned fsp);
/* Before MySQL 5.6 and MariaDB 10.1, without fractions: little-endian numbers. */
struct my_time my_old_time_decode(const unsigned char bytes[3]);
struct my_time my_old_datetime_decode(const unsigned char bytes[8]);
struct my_time my_old_timestamp_decode(const unsigned char bytes[4]);
/* The packed 64 bits that JSON documents hold: little-endian. */
struct my_time my_packed_time_decode(int64_t packed);
struct my_time my_packed_datetime_decode(int64_t packed);

/* Each writes at `out` and returns how many bytes. `decimals`: 0 to 6, or MY_DECIMALS_TRIM for no trailing zeros. */
#define MY_DECIMALS_TRIM 7
size_t my_date_print(const struct my_time *t, char out[MY_TEMPORAL_TEXT]);
size_t my_time_print(const struct my_time *t, unsigned decimals, char out[MY_TEMPORAL_TEXT]);
size_t my_datetime_print(const struct my_time *t, unsigned decimals, char out[MY_TEMPORAL_TEXT]);

#endif
