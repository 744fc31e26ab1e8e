/* Equality of short runs, at every length, with a difference at every place. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "map/bytes.h"

Test(bytes, a_difference_anywhere_is_seen_and_nothing_behind_the_end)
{
    for (size_t n = 0; n <= 40; n++) {
        char *a = malloc(n ? n : 1), *b = malloc(n ? n : 1);
        for (size_t i = 0; i < n; i++)
            a[i] = b[i] = (char)(i * 7);
        cr_assert(bytes_equal(cdc_slice(a, n), cdc_slice(b, n)), "%zu", n);
        for (size_t i = 0; i < n; i++) {
            b[i] ^= 1;
            cr_assert_not(bytes_equal(cdc_slice(a, n), cdc_slice(b, n)), "%zu of %zu", i, n);
            b[i] ^= 1;
        }
        free(a);
        free(b);
    }
    cr_assert(bytes_equal(cdc_slice(NULL, 0), cdc_slice("x", 0)));
    cr_assert_not(bytes_equal(cdc_slice("x", 1), cdc_slice(NULL, 0)));
}
