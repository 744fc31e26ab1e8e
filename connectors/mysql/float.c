/*
 * Floating point as the shortest text that reads back the same, in PostgreSQL's form (number.h): fixed notation for exponents from
 * -4 to 14 (double) or 5 (float), else "1.5e+20"; a shortest decimal that lies exactly between two neighbours is not used, because
 * not every reader rounds it to the same side. Called by the value decoder on the source thread; no state, no allocation.
 *
 * Most numbers in databases are short decimals: n / 10^k with exact n and 10^k is correctly rounded, so finding the smallest k for
 * which it gives the number back gives the shortest digits without any search. The rest is tried digit by digit with the C
 * library, which rounds exactly.
 */
#include "number.h"

#include "digits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define EXACT_POWER   22   /* 10^22 is the last power of ten that a double holds exactly */
#define EXACT_INT     1e15 /* integers below are exact and have at most 15 digits */
#define EXACT_SINGLE  1e6  /* likewise, six digits */
#define MIDPOINT_TEXT 128

static const double tens[EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                             1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                             1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* STRICT: a double, with midpoints. */
enum form { FORM_SINGLE, FORM_DOUBLE, FORM_STRICT };

struct shortest {
    char digits[MY_FLOAT_TEXT]; /* significant ones, without trailing zeros */
    size_t n;
    int exponent; /* value = 0.digits * 10^exponent */
};

static void trim_zeros(struct shortest *s)
{
    while (s->n > 1 && s->digits[s->n - 1] == '0')
        s->n--;
}

/* For single precision, clearly nearer to `value` than to its neighbours, so that rounding twice does no harm. */
static bool is_same(double quotient, double value, bool single)
{
    if (!single)
        return quotient == value;
    return fabs(quotient - value) < 0.24 * ((double)nextafterf((float)value, INFINITY) - value);
}

/* value = whole / 10^scale, exactly as the reader will round it */
static bool try_short(double value, bool single, struct shortest *s)
{
    double limit = single ? EXACT_SINGLE : EXACT_INT;

    for (int scale = 0; scale <= 9; scale++) {
        double whole = nearbyint(value * tens[scale]);

        if (whole >= limit)
            return false;
        if (!is_same(whole / tens[scale], value, single))
            continue;
        s->n = my_digits_u64((uint64_t)whole, s->digits);
        s->exponent = (int)s->n - scale;
        trim_zeros(s);
        return true;
    }
    return false;
}

/* `precision` significant digits of the value, correctly rounded. */
static void round_to(double value, int precision, struct shortest *s, char text[MY_FLOAT_TEXT])
{
    snprintf(text, MY_FLOAT_TEXT, "%.*e", precision - 1, value);
    s->n = 0;
    s->digits[s->n++] = text[0];
    for (const char *p = text + 2; precision > 1 && *p != 'e'; p++)
        s->digits[s->n++] = *p;
    s->exponent = atoi(strchr(text, 'e') + 1) + 1;
    trim_zeros(s);
}

/* The next decimal up with the same number of digits. */
static void step_up(struct shortest *s, int precision, char text[MY_FLOAT_TEXT])
{
    size_t i = (size_t)precision;

    while (s->n < (size_t)precision)
        s->digits[s->n++] = '0';
    while (i > 0 && s->digits[i - 1] == '9')
        s->digits[--i] = '0';
    if (i > 0) {
        s->digits[i - 1]++;
    } else {
        s->digits[0] = '1';
        s->exponent++;
    }
    trim_zeros(s);
    snprintf(text, MY_FLOAT_TEXT, "0.%.*se%d", (int)s->n, s->digits, s->exponent);
}

/* Whether the decimal lies exactly halfway between two neighbouring numbers. Only large numbers have short midpoints. */
static bool is_midpoint(double value, double neighbour, const struct shortest *s)
{
    char exact[MIDPOINT_TEXT];
    long double middle = ((long double)value + (long double)neighbour) / 2;

    snprintf(exact, sizeof exact, "%.*Le", 100, middle);
    if (exact[0] != s->digits[0] || atoi(strchr(exact, 'e') + 1) + 1 != s->exponent)
        return false;
    for (size_t i = 1; i <= 100; i++)
        if (exact[i + 1] != (i < s->n ? s->digits[i] : '0'))
            return false;
    return true;
}

static bool reads_back(const char *text, double value, bool single)
{
    return single ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value;
}

static bool is_usable(const struct shortest *s, const char *text, double value, enum form form)
{
    bool single = form == FORM_SINGLE;
    double below, above;

    if (!reads_back(text, value, single))
        return false;
    if (value < 1e6 || form == FORM_STRICT)
        return true;
    below = single ? nextafterf((float)value, 0) : nextafter(value, 0);
    above = single ? nextafterf((float)value, INFINITY) : nextafter(value, INFINITY);
    return !is_midpoint(value, below, s) && !(isfinite(above) && is_midpoint(value, above, s));
}

/* Below a power of two the neighbours are nearer than above it: the shortest decimal may not be the nearest one of its length. */
static bool is_power_of_two(double value)
{
    int exponent;

    return frexp(value, &exponent) == 0.5;
}

static void search(double value, enum form form, struct shortest *s)
{
    bool single = form == FORM_SINGLE;
    int first = single ? 6 : 15, last = single ? 9 : 17;
    char text[MY_FLOAT_TEXT];

    for (int precision = value < 1e-300 || (single && value < 1e-37) ? 1 : first; precision < last;
         precision++) {
        round_to(value, precision, s, text);
        if (is_usable(s, text, value, form))
            return;
        if (!is_power_of_two(value))
            continue;
        step_up(s, precision, text);
        if (is_usable(s, text, value, form))
            return;
    }
    round_to(value, last, s, text);
}

static void find_shortest(double value, enum form form, struct shortest *s)
{
    if (value == 0) {
        s->digits[0] = '0';
        s->n = 1;
        s->exponent = 1;
    } else if (!try_short(value, form == FORM_SINGLE, s)) {
        search(value, form, s);
    }
}

size_t my_double_digits(double value, char digits[MY_FLOAT_TEXT], int *exponent)
{
    struct shortest s;

    find_shortest(value, FORM_STRICT, &s);
    memcpy(digits, s.digits, s.n);
    *exponent = s.exponent;
    return s.n;
}

static size_t put_fixed(const struct shortest *s, char *at)
{
    char *start = at;
    int whole = s->exponent;

    if (whole <= 0) {
        memcpy(at, "0.0000", 6);
        at += 2 - whole;
        memcpy(at, s->digits, s->n);
        return (size_t)(at + s->n - start);
    }
    for (int i = 0; i < whole; i++)
        *at++ = (size_t)i < s->n ? s->digits[i] : '0';
    if (s->n > (size_t)whole) {
        *at++ = '.';
        memcpy(at, s->digits + whole, s->n - (size_t)whole);
        at += s->n - (size_t)whole;
    }
    return (size_t)(at - start);
}

static size_t put_scientific(const struct shortest *s, char *at)
{
    char *start = at;
    int exponent = s->exponent - 1;
    unsigned size = (unsigned)abs(exponent);

    *at++ = s->digits[0];
    if (s->n > 1) {
        *at++ = '.';
        memcpy(at, s->digits + 1, s->n - 1);
        at += s->n - 1;
    }
    *at++ = 'e';
    *at++ = exponent < 0 ? '-' : '+';
    my_digits_fixed(size, size < 100 ? 2 : 3, at);
    return (size_t)(at - start) + (size < 100 ? 2 : 3);
}

static size_t print(double value, bool single, char out[MY_FLOAT_TEXT])
{
    struct shortest s;
    char *at = out;

    if (isnan(value)) {
        memcpy(out, "NaN", 3);
        return 3;
    }
    if (signbit(value))
        *at++ = '-';
    if (isinf(value)) {
        memcpy(at, "Infinity", 8);
        return (size_t)(at - out) + 8;
    }
    find_shortest(fabs(value), single ? FORM_SINGLE : FORM_DOUBLE, &s);
    if (s.exponent > -4 && s.exponent <= (single ? 6 : 15))
        return (size_t)(at - out) + put_fixed(&s, at);
    return (size_t)(at - out) + put_scientific(&s, at);
}

size_t my_double_print(double value, char out[MY_FLOAT_TEXT])
{
    return print(value, false, out);
}

size_t my_float_print(float value, char out[MY_FLOAT_TEXT])
{
    return print((double)value, true, out);
}
