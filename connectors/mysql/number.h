/*
 * Numbers of rows as text: exact decimals, floating point in PostgreSQL's form, bit strings, base64. Each function writes at
 * `out`, whose size the constants tell, and returns how many bytes it wrote.
 */
#ifndef MYSQL_NUMBER_H
#define MYSQL_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MY_DECIMAL_PRECISION 65
#define MY_DECIMAL_SCALE     38 /* MariaDB; MySQL allows 30 */
#define MY_DECIMAL_TEXT      72
#define MY_FLOAT_TEXT        32
#define MY_INTEGER_TEXT      21

size_t my_number_signed(int64_t value, char out[MY_INTEGER_TEXT]);

/* Bytes that DECIMAL(precision, scale) takes; 0 when no such type exists. */
size_t my_decimal_bytes(unsigned precision, unsigned scale);
/* `bytes` as my_decimal_bytes() says. 0: not a decimal (a group of digits is out of range). */
size_t my_decimal_print(const unsigned char *bytes, unsigned precision, unsigned scale,
                        char out[MY_DECIMAL_TEXT]);

/* The shortest text that reads back as the same number: "0.1", "1e+20", "NaN", "-Infinity". */
size_t my_double_print(double value, char out[MY_FLOAT_TEXT]);
size_t my_float_print(float value, char out[MY_FLOAT_TEXT]);

/*
 * The shortest digits of all that read back as the value (above, those exactly between two neighbours are not used):
 * value = 0.d1d2d3… * 10^exponent. `value` is finite and not negative. Returns how many.
 */
size_t my_double_digits(double value, char digits[MY_FLOAT_TEXT], int *exponent);

/* The last `nbits` of big-endian bytes as "0" and "1"; `out` has room for nbits. */
size_t my_bits_print(const unsigned char *bytes, size_t nbytes, size_t nbits, char *out);

static inline size_t my_base64_size(size_t nbytes)
{
    return (nbytes + 2) / 3 * 4;
}
/* With padding, without line breaks; `out` has room for my_base64_size(). */
size_t my_base64_print(const unsigned char *bytes, size_t nbytes, char *out);

#endif
