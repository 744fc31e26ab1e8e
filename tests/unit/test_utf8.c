/* UTF-8: what is well-formed, and how many bytes some characters take. */
#include <criterion/criterion.h>
#include <stdint.h>

#include "map/utf8.h"

static bool valid(const char *text, size_t len)
{
    return utf8_valid(cdc_slice(text, len));
}

Test(utf8, well_formed_text_of_every_length_passes)
{
    static const char *const texts[] = {
        "",
        "a",
        "seven.7",
        "eight..8",
        "nine....9",
        "\xc2\x80",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xef\xbf\xbf",
        "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf",
        "Zoë, Łódź, 東京, 🎬 and ASCII behind it",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_assert(valid(texts[i], strlen(texts[i])), "text %zu", i);
    cr_assert(valid("a\0b", 3));
    cr_assert(valid(NULL, 0));
}

Test(utf8, malformed_sequences_fail_wherever_they_stand)
{
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xe0\x80\x80",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xfe",
        "\xff",
        "\xc3",
        "\xc3(",
        "\xe2\x82",
        "\xe2\x82(",
        "\xe2(\x82",
        "\xf0\x9f\x8e",
        "\xf0\x9f\x8e(",
        "\xf0\x9f(\x8e",
    };
    char text[64];

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (size_t before = 0; before < 20; before++) {
            size_t n = strlen(bad[i]);
            memset(text, 'x', sizeof text);
            memcpy(text + before, bad[i], n);
            cr_assert_not(valid(text, before + n), "sequence %zu at the end, %zu before it", i, before);
            cr_assert_not(valid(text, before + n + 12), "sequence %zu, %zu before it", i, before);
        }
}

/* The plain definition, for comparison: decode, then ask whether encoding gives the same bytes. */
static bool decodes(const unsigned char *p, size_t n)
{
    static const unsigned long least[] = {0, 0x80, 0x800, 0x10000};

    while (n) {
        size_t more = p[0] < 0x80   ? 0
                      : p[0] < 0xc0 ? 9
                      : p[0] < 0xe0 ? 1
                      : p[0] < 0xf0 ? 2
                      : p[0] < 0xf8 ? 3
                                    : 9;
        unsigned long c;
        if (more >= n)
            return false;
        c = more ? p[0] & (0x3fu >> more) : p[0];
        for (size_t i = 1; i <= more; i++) {
            if (p[i] >> 6 != 2)
                return false;
            c = c << 6 | (p[i] & 0x3f);
        }
        if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
            return false;
        p += more + 1;
        n -= more + 1;
    }
    return true;
}

Test(utf8, all_pairs_and_many_fours_agree_with_the_definition)
{
    unsigned char b[4];
    unsigned long seed = 1;

    for (unsigned i = 0; i < 0x10000; i++) {
        b[0] = (unsigned char)(i >> 8);
        b[1] = (unsigned char)i;
        cr_assert_eq(valid((char *)b, 2), decodes(b, 2), "%02x %02x", b[0], b[1]);
    }
    for (unsigned i = 0; i < 500000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        b[0] = (unsigned char)(0xe0 | (seed >> 33 & 0x1f));
        b[1] = (unsigned char)(0x80 | (seed >> 41 & 0x7f));
        b[2] = (unsigned char)(0x80 | (seed >> 49 & 0x3f));
        b[3] = (unsigned char)(seed >> 56);
        cr_assert_eq(valid((char *)b, 4), decodes(b, 4), "%02x %02x %02x %02x", b[0], b[1], b[2], b[3]);
    }
}

Test(utf8, a_prefix_counts_characters_and_never_cuts_one)
{
    struct cdc_slice text = cdc_slice_str("aß東🎬z");
    static const size_t bytes[] = {0, 1, 3, 6, 10, 11, 11};

    for (size_t chars = 0; chars < 7; chars++)
        cr_assert_eq(utf8_prefix(text, chars), bytes[chars], "%zu characters", chars);
    cr_assert_eq(utf8_prefix(cdc_slice(NULL, 0), 3), 0);
    cr_assert_eq(utf8_prefix(text, SIZE_MAX), 11);
}
