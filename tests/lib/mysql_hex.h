/* Bytes written as hexadecimal digits, for tests of decoders. */
#ifndef TESTS_LIB_MYSQL_HEX_H
#define TESTS_LIB_MYSQL_HEX_H

#include <stdio.h>

#include "cdc/slice.h"

/* Blanks are passed over. The bytes live until the next call. */
static inline struct cdc_slice mysql_hex(const char *digits)
{
    static char bytes[8192];
    size_t n = 0;

    while (*digits && n < sizeof bytes) {
        unsigned byte;

        if (*digits == ' ') {
            digits++;
            continue;
        }
        if (sscanf(digits, "%2x", &byte) != 1)
            break;
        bytes[n++] = (char)byte;
        digits += 2;
    }
    return cdc_slice(bytes, n);
}

#endif
