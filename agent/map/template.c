/* Templates (template.h): columns go in as the source's text, before any conversion. Fails only for want of memory. */
#include "map/template.h"

#include "map/bytes.h"

/* The state of the whole, by the worst of its columns; and its length. */
static struct cdc_value survey(const struct template_text *t, const struct image *image, size_t *len)
{
    struct cdc_value whole = {.state = CDC_VALUE_PRESENT};

    *len = 0;
    for (const struct template_piece *p = t->pieces; p < t->pieces + t->n; p++) {
        const struct cdc_value *v;
        if (p->column == TEMPLATE_LITERAL) {
            *len += p->literal.len;
            continue;
        }
        v = image_at(image, p->column);
        if (v->state == CDC_VALUE_NULL)
            return *v;
        if (v->state != CDC_VALUE_PRESENT && whole.state != CDC_VALUE_INVALID)
            whole = *v;
        *len += v->len;
    }
    return whole;
}

int template_join(const struct template_text *t, struct work *work, const struct image *image,
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
    for (const struct template_piece *p = t->pieces; p < t->pieces + t->n; p++) {
        const struct cdc_value *v;
        if (p->column == TEMPLATE_LITERAL) {
            at = bytes_put(at, p->literal.ptr, p->literal.len);
            continue;
        }
        v = image_at(image, p->column);
        at = bytes_put(at, v->ptr, v->len);
    }
    out->ptr = text;
    out->len = (uint32_t)len;
    return 0;
}

bool template_same(const struct template_text *t, const struct image *a, const struct image *b)
{
    for (const struct template_piece *p = t->pieces; p < t->pieces + t->n; p++)
        if (p->column != TEMPLATE_LITERAL && !image_same(image_at(a, p->column), image_at(b, p->column)))
            return false;
    return true;
}
