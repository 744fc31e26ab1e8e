/*
 * HMAC-SHA256 (hmac.h, RFC 2104) by OpenSSL 3's EVP_MAC. The context keeps the key: each value begins again from it, so
 * neither the key nor the algorithm is looked up for a row. Owned by one thread.
 */
#include "map/hmac.h"

#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/params.h>

#define HASH_BYTES 32

struct hmac {
    EVP_MAC_CTX *ctx;
};

static EVP_MAC_CTX *keyed_ctx(const char *key)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0), OSSL_PARAM_construct_end()};
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;

    EVP_MAC_free(mac);
    if (ctx && EVP_MAC_init(ctx, (const unsigned char *)key, strlen(key), params) == 1)
        return ctx;
    EVP_MAC_CTX_free(ctx);
    return NULL;
}

int hmac_new(struct hmac **hmac, const char *key, struct cdc_err *err)
{
    struct hmac *h = malloc(sizeof *h);

    *hmac = NULL;
    if (!h)
        return cdc_err_memory(err);
    h->ctx = keyed_ctx(key);
    if (!h->ctx) {
        free(h);
        return cdc_err_set(err, CDC_ERR_FATAL, "OpenSSL offers no HMAC-SHA256");
    }
    *hmac = h;
    return 0;
}

void hmac_free(struct hmac *hmac)
{
    if (!hmac)
        return;
    EVP_MAC_CTX_free(hmac->ctx);
    free(hmac);
}

int hmac_hex(struct hmac *hmac, struct cdc_slice in, char out[HMAC_TEXT])
{
    static const char hex[] = "0123456789abcdef";
    unsigned char hash[HASH_BYTES];
    size_t len = 0;

    if (EVP_MAC_init(hmac->ctx, NULL, 0, NULL) != 1 ||
        EVP_MAC_update(hmac->ctx, (const unsigned char *)in.ptr, in.len) != 1 ||
        EVP_MAC_final(hmac->ctx, hash, &len, sizeof hash) != 1 || len != sizeof hash)
        return -1;
    for (size_t i = 0; i < sizeof hash; i++) {
        out[2 * i] = hex[hash[i] >> 4];
        out[2 * i + 1] = hex[hash[i] & 15];
    }
    return 0;
}
