/*
 * MariaDB's GTID lists (gtid_mariadb.h): arithmetic, parse and print. Used by positions; owned by the source thread. Fails only
 * when memory runs out or a text is malformed (CONFIG).
 */
#include "gtid_mariadb.h"

#include "digits.h"

#include <ctype.h>
#include <stdlib.h>

void my_mgtid_list_fini(struct my_mgtid_list *list)
{
    free(list->items);
    *list = (struct my_mgtid_list){0};
}

void my_mgtid_list_clear(struct my_mgtid_list *list)
{
    list->n = 0;
}

static int reserve(struct my_mgtid_list *list, size_t n)
{
    size_t cap = list->cap ? list->cap : 4;
    struct my_mgtid *grown;

    if (n <= list->cap)
        return 0;
    while (cap < n)
        cap *= 2;
    grown = realloc(list->items, cap * sizeof *grown);
    if (!grown)
        return -1;
    list->items = grown;
    list->cap = cap;
    return 0;
}

int my_mgtid_list_copy(struct my_mgtid_list *to, const struct my_mgtid_list *from)
{
    if (to == from)
        return 0;
    if (reserve(to, from->n))
        return -1;
    if (from->n)
        memcpy(to->items, from->items, from->n * sizeof *from->items);
    to->n = from->n;
    return 0;
}

static bool same(struct my_mgtid a, struct my_mgtid b)
{
    return a.domain == b.domain && a.server == b.server && a.sequence == b.sequence;
}

bool my_mgtid_list_equal(const struct my_mgtid_list *a, const struct my_mgtid_list *b)
{
    for (size_t i = 0; i < a->n && a->n == b->n; i++)
        if (!same(a->items[i], b->items[i]))
            return false;
    return a->n == b->n;
}

/* The first entry that is not before (domain, server). */
static size_t lower_bound(const struct my_mgtid_list *list, uint32_t domain, uint32_t server)
{
    size_t low = 0, high = list->n;

    while (low < high) {
        size_t mid = (low + high) / 2;
        const struct my_mgtid *item = list->items + mid;

        if (item->domain < domain || (item->domain == domain && item->server < server))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static const struct my_mgtid *find_domain(const struct my_mgtid_list *list, uint32_t domain)
{
    size_t at = lower_bound(list, domain, 0);

    return at < list->n && list->items[at].domain == domain ? list->items + at : NULL;
}

static int insert(struct my_mgtid_list *list, size_t at, struct my_mgtid gtid)
{
    if (reserve(list, list->n + 1))
        return -1;
    memmove(list->items + at + 1, list->items + at, (list->n - at) * sizeof *list->items);
    list->items[at] = gtid;
    list->n++;
    return 0;
}

int my_mgtid_list_advance(struct my_mgtid_list *list, struct my_mgtid gtid)
{
    size_t at = list->n == 1 && list->items->domain == gtid.domain ? 0 : lower_bound(list, gtid.domain, 0);

    if (at == list->n || list->items[at].domain != gtid.domain)
        return insert(list, at, gtid);
    list->items[at] = gtid;
    return 0;
}

bool my_mgtid_list_covers(const struct my_mgtid_list *list, struct my_mgtid gtid)
{
    const struct my_mgtid *item = find_domain(list, gtid.domain);

    return item && item->sequence >= gtid.sequence;
}

bool my_mgtid_list_contains(const struct my_mgtid_list *list, const struct my_mgtid_list *part)
{
    for (size_t i = 0; i < part->n; i++)
        if (!my_mgtid_list_covers(list, part->items[i]))
            return false;
    return true;
}

int my_mgtid_list_union(struct my_mgtid_list *to, const struct my_mgtid_list *from)
{
    for (size_t i = 0; i < from->n; i++)
        if (!my_mgtid_list_covers(to, from->items[i]) && my_mgtid_list_advance(to, from->items[i]))
            return -1;
    return 0;
}

void my_mgtid_list_subtract(struct my_mgtid_list *from, const struct my_mgtid_list *what)
{
    size_t kept = 0;

    for (size_t i = 0; i < from->n; i++)
        if (!my_mgtid_list_covers(what, from->items[i]))
            from->items[kept++] = from->items[i];
    from->n = kept;
}

bool my_mgtid_list_wrote(const struct my_mgtid_list *state, struct my_mgtid gtid)
{
    size_t at = lower_bound(state, gtid.domain, gtid.server);

    return at < state->n && state->items[at].domain == gtid.domain &&
           state->items[at].server == gtid.server && state->items[at].sequence >= gtid.sequence;
}

void my_mgtid_print(struct my_mgtid gtid, struct cdc_buf *out)
{
    char *start = cdc_buf_reserve(out, 3 * MY_DIGITS_U64 + 2), *at = start;

    if (!start)
        return;
    at += my_digits_u64(gtid.domain, at);
    *at++ = '-';
    at += my_digits_u64(gtid.server, at);
    *at++ = '-';
    at += my_digits_u64(gtid.sequence, at);
    out->len += (size_t)(at - start);
}

void my_mgtid_list_print(const struct my_mgtid_list *list, struct cdc_buf *out)
{
    for (size_t i = 0; i < list->n; i++) {
        if (i)
            cdc_buf_putc(out, ',');
        my_mgtid_print(list->items[i], out);
    }
}

/* Digits up to `max`; false when there are none or too many. */
static bool take_number(struct cdc_slice *text, uint64_t max, uint64_t *number)
{
    size_t i = 0;
    uint64_t n = 0;

    for (; i < text->len && isdigit((unsigned char)text->ptr[i]); i++) {
        unsigned digit = (unsigned)(text->ptr[i] - '0');

        if (n > (max - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *number = n;
    *text = cdc_slice(text->ptr + i, text->len - i);
    return i > 0;
}

static bool take_char(struct cdc_slice *text, char c)
{
    if (!text->len || text->ptr[0] != c)
        return false;
    *text = cdc_slice(text->ptr + 1, text->len - 1);
    return true;
}

static void skip_space(struct cdc_slice *text)
{
    while (text->len && isspace((unsigned char)text->ptr[0]))
        *text = cdc_slice(text->ptr + 1, text->len - 1);
}

static bool take_gtid(struct cdc_slice *text, struct my_mgtid *gtid)
{
    uint64_t domain, server;

    if (!take_number(text, UINT32_MAX, &domain) || !take_char(text, '-') ||
        !take_number(text, UINT32_MAX, &server) || !take_char(text, '-') ||
        !take_number(text, UINT64_MAX, &gtid->sequence))
        return false;
    gtid->domain = (uint32_t)domain;
    gtid->server = (uint32_t)server;
    return true;
}

static int bad(struct cdc_slice all, struct cdc_slice left, const char *what, struct cdc_err *err)
{
    return cdc_err_set(err, CDC_ERR_CONFIG, "GTID list: %s at byte %zu", what, all.len - left.len);
}

int my_mgtid_parse(struct my_mgtid *gtid, struct cdc_slice text, struct cdc_err *err)
{
    struct cdc_slice left = text;

    return take_gtid(&left, gtid) && !left.len ? 0 : bad(text, left, "domain-server-sequence expected", err);
}

static int add(struct my_mgtid_list *list, bool position, struct my_mgtid gtid, struct cdc_slice all,
               struct cdc_slice left, struct cdc_err *err)
{
    size_t at = lower_bound(list, gtid.domain, position ? 0 : gtid.server);

    if (at < list->n && list->items[at].domain == gtid.domain &&
        (position || list->items[at].server == gtid.server))
        return bad(all, left, "a domain comes twice", err);
    return insert(list, at, gtid) ? cdc_err_memory(err) : 0;
}

int my_mgtid_list_parse(struct my_mgtid_list *list, bool position, struct cdc_slice text, struct cdc_err *err)
{
    struct cdc_slice left = text;
    struct my_mgtid gtid;

    my_mgtid_list_clear(list);
    skip_space(&left);
    while (left.len) {
        if (!take_gtid(&left, &gtid))
            return bad(text, left, "domain-server-sequence expected", err);
        if (add(list, position, gtid, text, left, err))
            return -1;
        skip_space(&left);
        if (left.len && !take_char(&left, ','))
            return bad(text, left, "',' expected", err);
        skip_space(&left);
    }
    return 0;
}
