/*
 * Decimal numbers as text: checked, normalised, and multiplied by powers of ten by moving the point, so exactly. Pure;
 * any thread.
 */
#ifndef DECIMAL_H
#define DECIMAL_H

#include "cdc/slice.h"

/* A number in its parts, borrowed from the text: digits `whole` and `part` around the point, times 10^exponent. */
struct decimal {
    bool negative; /* never of a zero */
    int exponent;
    struct cdc_slice whole; /* without leading zeros */
    struct cdc_slice part;  /* all of them: they are the scale */
};

#define DECIMAL_EXPONENT_MAX 400 /* beyond what a double can have */

/* Plain decimal with sign, if any ("+012.50", ".5"); with `floating`, an exponent may follow. False: no such number. */
bool decimal_parse(struct cdc_slice text, bool floating, struct decimal *out);
/* Whether the text is what decimal_print() would give for it: then there is nothing to do. */
bool decimal_is_canonical(struct cdc_slice text);
/* Digits only, '-' if negative, no leading zeros, no "-0". */
bool decimal_is_integer(struct cdc_slice text);
/* Bytes that decimal_print() needs at most. */
size_t decimal_room(const struct decimal *d);
/* Prints in plain form: "-12.50". Returns the length. */
size_t decimal_print(const struct decimal *d, char *out);

#endif
