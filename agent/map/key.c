/* Keys (key.h). Works in the row's memory; fails only for want of it. */
#include "map/key.h"

#include "map/bytes.h"

static const unsigned char special[256] = {
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,         1,         1,         1,         1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, ['%'] = 1, [':'] = 1, ['{'] = 1, ['}'] = 1,
};

/* Nearly all keys have nothing to encode: no branch for each byte. */
static bool is_clean(struct cdc_slice s)
{
    unsigned found = 0;

    for (size_t i = 0; i < s.len; i++)
        found |= special[(unsigned char)s.ptr[i]];
    return !found;
}

static size_t specials(struct cdc_slice s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += special[(unsigned char)s.ptr[i]];
    return n;
}

static char *put_encoded(char *at, struct cdc_slice s)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (special[c]) {
            *at++ = '%';
            *at++ = hex[c >> 4];
            *at++ = hex[c & 15];
        } else {
            *at++ = (char)c;
        }
    }
    return at;
}

int key_encode(struct work *work, struct cdc_slice in, struct cdc_slice *out)
{
    if (!is_clean(in))
        return key_qualify(work, cdc_slice(NULL, 0), in, out);
    *out = in;
    return 0;
}

int key_qualify(struct work *work, struct cdc_slice prefix, struct cdc_slice id, struct cdc_slice *out)
{
    size_t extra = is_clean(id) ? 0 : specials(id), len = prefix.len + id.len + 2 * extra;
    char *text = work_alloc(work, len), *at;

    if (!text)
        return -1;
    at = bytes_put(text, prefix.ptr, prefix.len);
    if (extra)
        put_encoded(at, id);
    else
        bytes_put(at, id.ptr, id.len);
    *out = cdc_slice(text, len);
    return 0;
}

int key_join(struct work *work, const struct key_part *parts, size_t n, struct cdc_slice *out)
{
    size_t len = n - 1;
    char *text, *at;

    if (n == 1 && parts->encoded) {
        *out = parts->text;
        return 0;
    }
    if (n == 1)
        return key_encode(work, parts->text, out);
    for (size_t i = 0; i < n; i++)
        len += parts[i].text.len + (parts[i].encoded ? 0 : 2 * specials(parts[i].text));
    text = at = work_alloc(work, len);
    if (!text)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (i)
            *at++ = ':';
        at = parts[i].encoded ? bytes_put(at, parts[i].text.ptr, parts[i].text.len)
                              : put_encoded(at, parts[i].text);
    }
    *out = cdc_slice(text, len);
    return 0;
}
