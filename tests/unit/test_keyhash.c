/* Hashes of keys: the published vectors of SipHash-2-4, and OpenSSL's for any length. */
#include <criterion/criterion.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "snapshot/keyhash.h"

static struct cdc_slice slice(const unsigned char *bytes, size_t len)
{
    return cdc_slice((const char *)bytes, len);
}

/* Key and message are 00 01 02 …: the message is an entity without a name, the NUL behind it, and a key. */
Test(keyhash, the_published_vectors)
{
    static const uint64_t vectors[] = {
        0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d, 0xcf2794e0277187b7,
        0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137, 0x93f5f5799a932462,
    };
    struct keyhash seed = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
    unsigned char message[15];

    for (unsigned char i = 0; i < sizeof message; i++)
        message[i] = i;
    for (size_t n = 1; n <= sizeof vectors / sizeof *vectors; n++)
        cr_assert_eq(keyhash_of(seed, cdc_slice("", 0), slice(message + 1, n - 1)), vectors[n - 1],
                     "%zu bytes", n);
    cr_assert_eq(keyhash_of(seed, cdc_slice("", 0), slice(message + 1, 14)), 0xa129ca6149be45e5);
}

static uint64_t openssl_hash(const unsigned char key[16], const unsigned char *text, size_t len)
{
    unsigned int size = 8;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_SIZE, &size), OSSL_PARAM_construct_end()};
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
    unsigned char out[8];
    uint64_t hash = 0;
    size_t n;

    cr_assert(EVP_MAC_init(ctx, key, 16, params) && EVP_MAC_update(ctx, text, len) &&
              EVP_MAC_final(ctx, out, &n, sizeof out));
    for (unsigned i = 0; i < 8; i++)
        hash |= (uint64_t)out[i] << (8 * i);
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac);
    return hash;
}

Test(keyhash, as_openssl_has_it)
{
    unsigned char key[16], text[64] = "booking";
    struct keyhash seed = {0};
    unsigned r = 7;

    for (unsigned i = 0; i < 16; i++) {
        key[i] = (unsigned char)(i * 37 + 11);
        *(i < 8 ? &seed.k0 : &seed.k1) |= (uint64_t)key[i] << (8 * (i % 8));
    }
    for (size_t i = 8; i < sizeof text; i++)
        text[i] = (unsigned char)((r = r * 1103515245u + 12345u) >> 16);
    for (size_t n = 8; n <= sizeof text; n++)
        cr_assert_eq(keyhash_of(seed, cdc_slice("booking", 7), slice(text + 8, n - 8)),
                     openssl_hash(key, text, n), "%zu bytes", n);
}

Test(keyhash, an_entity_is_a_name_space)
{
    struct keyhash seed = keyhash_random(), other = keyhash_random();
    uint64_t hash = keyhash_of(seed, cdc_slice_str("price"), cdc_slice_str("A:web"));

    cr_assert_eq(keyhash_of(seed, cdc_slice_str("price"), cdc_slice_str("A:web")), hash);
    cr_assert_neq(keyhash_of(seed, cdc_slice_str("stock"), cdc_slice_str("A:web")), hash);
    cr_assert_neq(keyhash_of(seed, cdc_slice_str("priceA"), cdc_slice_str(":web")), hash);
    cr_assert_neq(keyhash_of(other, cdc_slice_str("price"), cdc_slice_str("A:web")), hash);
}
