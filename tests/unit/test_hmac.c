/* HMAC-SHA256 against the vectors of RFC 4231. */
#include <criterion/criterion.h>

#include "map/hmac.h"

static const char *hex(struct hmac *hmac, const char *text)
{
    static char out[HMAC_TEXT + 1];

    cr_assert_eq(hmac_hex(hmac, cdc_slice_str(text), out), 0);
    return out;
}

static struct hmac *keyed(const char *key)
{
    struct cdc_err err;
    struct hmac *hmac;

    cr_assert_eq(hmac_new(&hmac, key, &err), 0);
    return hmac;
}

Test(hmac, the_published_vectors)
{
    struct hmac *one =
        keyed("\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b");
    struct hmac *two = keyed("Jefe");

    cr_assert_str_eq(hex(one, "Hi There"),
                     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    cr_assert_str_eq(hex(two, "what do ya want for nothing?"),
                     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    hmac_free(one);
    hmac_free(two);
    hmac_free(NULL);
}

Test(hmac, one_object_serves_many_values)
{
    struct hmac *h = keyed("Jefe");
    char first[HMAC_TEXT + 1];

    strcpy(first, hex(h, "a@example.org"));
    cr_assert_str_neq(hex(h, "b@example.org"), first);
    cr_assert_str_neq(hex(h, ""), first);
    for (int i = 0; i < 1000; i++)
        cr_assert_str_eq(hex(h, "a@example.org"), first);
    hmac_free(h);
}

Test(hmac, another_key_gives_another_hash)
{
    struct hmac *a = keyed("key a"), *b = keyed("key b");
    char first[HMAC_TEXT + 1];

    strcpy(first, hex(a, "x"));
    cr_assert_str_neq(hex(b, "x"), first);
    cr_assert_str_eq(hex(a, "x"), first);
    hmac_free(a);
    hmac_free(b);
}
