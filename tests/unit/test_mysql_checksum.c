/* The checksum of events against zlib's, at every length and alignment that its loops and their ends can meet. */
#include <criterion/criterion.h>
#include <zlib.h>

#include "mysql/checksum.h"

enum { LONGEST = 400, STARTS = 17 };

static unsigned char bytes[LONGEST + STARTS];

static void fill(void)
{
    uint32_t x = 2463534242u;

    for (size_t i = 0; i < sizeof bytes; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        bytes[i] = (unsigned char)x;
    }
}

Test(mysql_checksum, is_that_of_the_standard)
{
    cr_assert_eq(my_checksum(0, "123456789", 9), 0xcbf43926);
    cr_assert_eq(my_checksum(0, "The quick brown fox jumps over the lazy dog", 43), 0x414fa339);
    cr_assert_eq(my_checksum(0, NULL, 0), 0);
}

Test(mysql_checksum, agrees_with_zlib_at_every_length, .init = fill)
{
    for (size_t start = 0; start < STARTS; start++)
        for (size_t len = 0; len <= LONGEST; len++)
            cr_assert_eq(my_checksum(0, bytes + start, len), crc32_z(0, bytes + start, len),
                         "%zu bytes from %zu", len, start);
}

Test(mysql_checksum, goes_on_where_it_was, .init = fill)
{
    uint32_t whole = my_checksum(0, bytes, LONGEST);

    for (size_t cut = 0; cut <= LONGEST; cut++)
        cr_assert_eq(my_checksum(my_checksum(0, bytes, cut), bytes + cut, LONGEST - cut), whole, "cut at %zu",
                     cut);
}
