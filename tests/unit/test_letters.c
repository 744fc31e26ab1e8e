/* Names of dead letters on the command line. */
#include <criterion/criterion.h>

#include "command/letters.h"

Test(letters, entries)
{
    static const char *const entries[] = {"0", "0-1", "1732211400000", "1732211400000-0"};
    static const char *const others[] = {"",    "-",   "-1",  "1-",   "1-2-3",
                                         "1-x", "x-1", "1 2", "(1-0", "123456789012345678901"};

    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
        cr_expect(letter_is_entry(entries[i]), "%s", entries[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect_not(letter_is_entry(others[i]), "%s", others[i]);
}
