/* Keyed hashes of personal data: HMAC-SHA256 by OpenSSL, whose headers appear nowhere else in agent/map. */
#ifndef HMAC_H
#define HMAC_H

#include "cdc/err.h"
#include "cdc/slice.h"

#define HMAC_TEXT 64 /* bytes of the hash in hexadecimal; no NUL is written */

struct hmac;

/* The key is copied. An object belongs to one thread. */
int hmac_new(struct hmac **hmac, const char *key, struct cdc_err *err) CDC_MUST_CHECK;
void hmac_free(struct hmac *hmac);
/* -1 when OpenSSL fails, for want of memory. */
int hmac_hex(struct hmac *hmac, struct cdc_slice in, char out[HMAC_TEXT]) CDC_MUST_CHECK;

#endif
