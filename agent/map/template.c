/* Templates (template.h): columns go in as the source's text, before any conversion. Fails only for want of memory. */
#include "map/template.h"

/* The state of the whole, by the worst of its columns; and its length. */
static struct cdc_value survey(const struct template *t, const struct image *image, size_t *len)
{
    struct cdc_value whole = {.state = CDC_VALUE_PRESENT};

    *len = 0;
    for (size_t i = 0; i < t->n; i++) {
        const struct cdc_value *v;
        if (t->columns[i] == TEMPLATE_LITERAL) {
            *len += strlen(t->pieces[i].text);
            continue;
        }
        v = image_at(image, t->columns[i]);
        if (v->state == CDC_VALUE_NULL)
            return *v;
        if (v->state != CDC_VALUE_PRESENT && whole.state != CDC_VALUE_INVALID)
            whole = *v;
        *len += v->len;
    }
    return whole;
}

static char *put(char *at, const char *p, size_t n)
{
    if (n)
        memcpy(at, p, n);
    return at + n;
}

int template_join(const struct template *t, struct work *work, const struct image *image,
                  struct cdc_value *out)
{
    size_t len;
    char *text, *at;

    *out = survey(t, image, &len);
    if (out->state != CDC_VALUE_PRESENT)
        return 0;
    if (len > UINT32_MAX)
        return work_fail(work, WORK_TOO_LARGE, "is larger than 4 GiB");
    text = at = work_alloc(work, len);
    if (!text)
        return -1;
    for (size_t i = 0; i < t->n; i++) {
        const struct cdc_value *v;
        if (t->columns[i] == TEMPLATE_LITERAL) {
            at = put(at, t->pieces[i].text, strlen(t->pieces[i].text));
            continue;
        }
        v = image_at(image, t->columns[i]);
        at = put(at, v->ptr, v->len);
    }
    out->ptr = text;
    out->len = (uint32_t)len;
    return 0;
}

bool template_same(const struct template *t, const struct image *a, const struct image *b)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->columns[i] != TEMPLATE_LITERAL &&
            !image_same(image_at(a, t->columns[i]), image_at(b, t->columns[i])))
            return false;
    return true;
}
