/* Keys: joining, encoding, references. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "map/key.h"

static struct work work;

static void fini(void)
{
    cdc_arena_fini(&work.arena);
}

static struct key_part part(const char *text)
{
    return (struct key_part){cdc_slice_str(text), false};
}

static struct key_part encoded(const char *text)
{
    return (struct key_part){cdc_slice_str(text), true};
}

static void assert_key(const struct key_part *parts, size_t n, const char *expected)
{
    struct cdc_slice out;

    cr_assert_eq(key_join(&work, parts, n, &out), 0);
    cr_assert(cdc_slice_is(out, expected), "%.*s is not %s", CDC_ARG(out), expected);
}

Test(key, a_single_clean_part_is_not_copied, .fini = fini)
{
    struct key_part p = part("cinema-42"), ref = encoded("booking-site:991");
    struct cdc_slice out;

    cr_assert_eq(key_join(&work, &p, 1, &out), 0);
    cr_assert_eq(out.ptr, p.text.ptr);
    cr_assert_eq(key_join(&work, &ref, 1, &out), 0);
    cr_assert_eq(out.ptr, ref.text.ptr);
    cr_assert_eq(out.len, 16);
}

Test(key, structure_is_encoded_and_nothing_else, .fini = fini)
{
    char every[255], expected[1024], *at = expected;
    struct cdc_slice out;

    for (int c = 1; c < 256; c++) {
        every[c - 1] = (char)c;
        if (c < 0x21 || strchr(":%{}", c))
            at += sprintf(at, "%%%02X", c);
        else
            *at++ = (char)c;
    }
    *at = '\0';
    cr_assert_eq(key_encode(&work, cdc_slice(every, sizeof every), &out), 0);
    cr_assert(cdc_slice_is(out, expected));
    cr_assert_eq(key_encode(&work, cdc_slice("a\0b", 3), &out), 0);
    cr_assert(cdc_slice_is(out, "a%00b"));
}

Test(key, parts_are_joined, .fini = fini)
{
    struct key_part abc[] = {part("a"), part("b"), part("c")};
    struct key_part odd[] = {part("4006381333931"), encoded("-"), part("till 7"), part("G:B{P}%")};
    struct key_part ref[] = {encoded("crm:C-17"), part("news letter"), part("email")};

    assert_key(abc, 3, "a:b:c");
    assert_key(odd, 4, "4006381333931:-:till%207:G%3AB%7BP%7D%25");
    assert_key(ref, 3, "crm:C-17:news%20letter:email");
    assert_key(odd + 2, 1, "till%207");
}

Test(key, a_reference_is_its_system_and_its_encoded_id, .fini = fini)
{
    struct cdc_slice out;

    cr_assert_eq(key_qualify(&work, cdc_slice_str("booking-site:"), cdc_slice_str("991"), &out), 0);
    cr_assert(cdc_slice_is(out, "booking-site:991"));
    cr_assert_eq(key_qualify(&work, cdc_slice_str("crm:"), cdc_slice_str("C:1 7"), &out), 0);
    cr_assert(cdc_slice_is(out, "crm:C%3A1%207"));
}
