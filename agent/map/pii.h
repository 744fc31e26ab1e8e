/* The rules for personal data, applied to canonical values before anything else sees them. */
#ifndef PII_H
#define PII_H

#include "config/config.h"
#include "map/hmac.h"
#include "map/work.h"

struct pii {
    enum config_pii rule;
    unsigned chars;    /* CONFIG_PII_TRUNCATE */
    struct hmac *hmac; /* CONFIG_PII_HMAC; borrowed */
};

/* `in` must be valid UTF-8. -1: no memory; then the value is not to be used. */
int pii_apply(const struct pii *pii, struct work *work, struct cdc_slice in,
              struct cdc_slice *out) CDC_MUST_CHECK;

#endif
