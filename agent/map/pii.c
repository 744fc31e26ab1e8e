/*
 * Rules for personal data (pii.h). `drop` never comes here: such a field is in no shape and its column is not asked for.
 * A failure gives no value at all, so nothing can slip through unprotected.
 */
#include "map/pii.h"

#include "map/utf8.h"

static int apply_hmac(const struct pii *pii, struct work *work, struct cdc_slice in, struct cdc_slice *out)
{
    char *hex = work_alloc(work, HMAC_TEXT);

    if (!hex)
        return -1;
    if (hmac_hex(pii->hmac, in, hex))
        return work_fail(work, WORK_MEMORY, "out of memory");
    *out = cdc_slice(hex, HMAC_TEXT);
    return 0;
}

static bool is_letter_or_digit(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c >= 0x80;
}

/* Punctuation stays, so that an address still looks like one; characters outside ASCII count as letters. */
static size_t mask(struct cdc_slice in, char *out)
{
    size_t n = 0, letters = 0;
    bool keep = false;

    for (size_t i = 0; i < in.len; i++) {
        unsigned char c = (unsigned char)in.ptr[i];
        bool continues = (c & 0xc0) == 0x80;
        if (!continues) {
            bool letter = is_letter_or_digit(c);
            keep = !letter || letters == 0;
            letters += letter;
        }
        if (keep)
            out[n++] = (char)c;
        else if (!continues)
            out[n++] = '*';
    }
    return n;
}

static int apply_mask(struct work *work, struct cdc_slice in, struct cdc_slice *out)
{
    char *masked = work_alloc(work, in.len);

    if (!masked)
        return -1;
    *out = cdc_slice(masked, mask(in, masked));
    return 0;
}

int pii_apply(const struct pii *pii, struct work *work, struct cdc_slice in, struct cdc_slice *out)
{
    switch (pii->rule) {
    case CONFIG_PII_NONE:
        *out = in;
        return 0;
    case CONFIG_PII_HMAC:
        return apply_hmac(pii, work, in, out);
    case CONFIG_PII_MASK:
        return apply_mask(work, in, out);
    case CONFIG_PII_TRUNCATE:
        *out = cdc_slice(in.ptr, utf8_prefix(in, pii->chars));
        return 0;
    case CONFIG_PII_DROP:
        break;
    }
    *out = cdc_slice(NULL, 0);
    return 0;
}
