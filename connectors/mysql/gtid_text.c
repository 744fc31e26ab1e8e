/*
 * Reading and printing MySQL's GTID sets (gtid.h), as text and as the bytes of COM_BINLOG_DUMP_GTID. Owned by the source thread;
 * a malformed text is a CONFIG error that names the place.
 */
#include "gtid.h"

#include "digits.h"

#include <ctype.h>
#include <stdlib.h>

#define UUID_TEXT 36

static const char hex_digits[] = "0123456789abcdef";

static void print_uuid(const unsigned char uuid[MY_GTID_UUID], char out[UUID_TEXT])
{
    for (size_t i = 0, at = 0; i < MY_GTID_UUID; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[at++] = '-';
        out[at++] = hex_digits[uuid[i] >> 4];
        out[at++] = hex_digits[uuid[i] & 15];
    }
}

static void put_uuid(struct cdc_buf *out, const unsigned char uuid[MY_GTID_UUID])
{
    char *at = cdc_buf_reserve(out, UUID_TEXT);

    if (!at)
        return;
    print_uuid(uuid, at);
    out->len += UUID_TEXT;
}

void my_gtid_print(const struct my_gtid *gtid, struct cdc_buf *out)
{
    put_uuid(out, gtid->uuid);
    cdc_buf_putc(out, ':');
    if (gtid->tag_len) {
        cdc_buf_put(out, gtid->tag, gtid->tag_len);
        cdc_buf_putc(out, ':');
    }
    my_digits_put(out, gtid->number);
}

static void put_runs(const struct my_gtid_origin *origin, struct cdc_buf *out)
{
    for (size_t i = 0; i < origin->nruns; i++) {
        cdc_buf_putc(out, ':');
        my_digits_put(out, origin->runs[i].start);
        if (origin->runs[i].end - origin->runs[i].start == 1)
            continue;
        cdc_buf_putc(out, '-');
        my_digits_put(out, origin->runs[i].end - 1);
    }
}

void my_gtid_set_print(const struct my_gtid_set *set, struct cdc_buf *out)
{
    for (size_t i = 0; i < set->norigins; i++) {
        const struct my_gtid_origin *origin = set->origins + i;

        if (i == 0 || memcmp(origin->id.uuid, origin[-1].id.uuid, MY_GTID_UUID) != 0) {
            if (i)
                cdc_buf_putc(out, ',');
            put_uuid(out, origin->id.uuid);
        }
        if (origin->id.tag_len) {
            cdc_buf_putc(out, ':');
            cdc_buf_put(out, origin->id.tag, origin->id.tag_len);
        }
        put_runs(origin, out);
    }
}

/* Parsing. */

struct parser {
    const char *start, *at, *end;
};

static void skip_space(struct parser *p)
{
    while (p->at < p->end && isspace((unsigned char)*p->at))
        p->at++;
}

static bool accept(struct parser *p, char c)
{
    skip_space(p);
    if (p->at == p->end || *p->at != c)
        return false;
    p->at++;
    return true;
}

static int bad(const struct parser *p, const char *what, struct cdc_err *err)
{
    return cdc_err_set(err, CDC_ERR_CONFIG, "GTID set: %s expected at byte %zu", what,
                       (size_t)(p->at - p->start));
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int parse_uuid(struct parser *p, struct my_gtid *id, struct cdc_err *err)
{
    skip_space(p);
    for (size_t i = 0; i < MY_GTID_UUID; i++) {
        int high, low;

        if (p->at < p->end && *p->at == '-' && (i == 4 || i == 6 || i == 8 || i == 10))
            p->at++;
        if (p->end - p->at < 2 || (high = hex_value(p->at[0])) < 0 || (low = hex_value(p->at[1])) < 0)
            return bad(p, "a server's uuid", err);
        id->uuid[i] = (unsigned char)(high << 4 | low);
        p->at += 2;
    }
    return 0;
}

static bool is_tag_byte(char c, bool first)
{
    return isalpha((unsigned char)c) || c == '_' || (!first && isdigit((unsigned char)c));
}

static int parse_tag(struct parser *p, struct my_gtid *id, struct cdc_err *err)
{
    id->tag_len = 0;
    while (p->at < p->end && is_tag_byte(*p->at, id->tag_len == 0)) {
        if (id->tag_len == MY_GTID_TAG)
            return bad(p, "a tag of 32 characters at the most", err);
        id->tag[id->tag_len++] = (char)tolower((unsigned char)*p->at++);
    }
    return 0;
}

static int parse_number(struct parser *p, uint64_t *number, struct cdc_err *err)
{
    uint64_t n = 0;

    skip_space(p);
    if (p->at == p->end || !isdigit((unsigned char)*p->at))
        return bad(p, "a number", err);
    for (; p->at < p->end && isdigit((unsigned char)*p->at); p->at++) {
        n = n * 10 + (uint64_t)(*p->at - '0');
        if (n > MY_GTID_MAX)
            return bad(p, "a number below 2^63-1", err);
    }
    *number = n;
    return 0;
}

/* "7" or "1-5"; "5-1" is empty, as it is for the servers. */
static int parse_run(struct parser *p, struct my_gtid_set *set, const struct my_gtid *id, struct cdc_err *err)
{
    uint64_t first, last;

    if (parse_number(p, &first, err))
        return -1;
    last = first;
    if (accept(p, '-') && parse_number(p, &last, err))
        return -1;
    if (first == 0)
        return bad(p, "a number from 1 on", err);
    if (last < first)
        return 0;
    return my_gtid_set_add_run(set, id, (struct my_gtid_run){first, last + 1}) ? cdc_err_memory(err) : 0;
}

/* uuid, then any number of ":tag" and ":run". */
static int parse_origin(struct parser *p, struct my_gtid_set *set, struct cdc_err *err)
{
    struct my_gtid id = {.tag_len = 0};

    if (parse_uuid(p, &id, err))
        return -1;
    while (accept(p, ':')) {
        skip_space(p);
        if (p->at < p->end && is_tag_byte(*p->at, true)) {
            if (parse_tag(p, &id, err))
                return -1;
        } else if (parse_run(p, set, &id, err)) {
            return -1;
        }
    }
    return 0;
}

int my_gtid_set_parse(struct my_gtid_set *set, struct cdc_slice text, struct cdc_err *err)
{
    struct parser p = {text.ptr, text.ptr, text.ptr + text.len};

    my_gtid_set_clear(set);
    for (;;) {
        while (accept(&p, ','))
            ;
        if (p.at == p.end)
            return 0;
        if (parse_origin(&p, set, err))
            return -1;
        skip_space(&p);
        if (p.at < p.end && *p.at != ',')
            return bad(&p, "',' or ':'", err);
    }
}

/* Encoding. */

static void put_le64(struct cdc_buf *out, uint64_t value)
{
    for (int i = 0; i < 8; i++, value >>= 8)
        cdc_buf_putc(out, (char)(value & 0xff));
}

static bool has_tags(const struct my_gtid_set *set)
{
    for (size_t i = 0; i < set->norigins; i++)
        if (set->origins[i].id.tag_len)
            return true;
    return false;
}

/*
 * Untagged: u64 count, then for each uuid: 16 bytes, u64 number of runs, {u64 start, u64 end (exclusive)}.
 * Tagged (MySQL 8.3): the first u64 is 1 | count << 8 | 1 << 56, and each uuid is followed by the tag's length (a variable-length
 * integer: one byte, shifted left by one) and the tag.
 */
void my_gtid_set_encode(const struct my_gtid_set *set, struct cdc_buf *out)
{
    bool tagged = has_tags(set);

    put_le64(out, tagged ? UINT64_C(1) | (uint64_t)set->norigins << 8 | UINT64_C(1) << 56 : set->norigins);
    for (size_t i = 0; i < set->norigins; i++) {
        const struct my_gtid_origin *origin = set->origins + i;

        cdc_buf_put(out, origin->id.uuid, MY_GTID_UUID);
        if (tagged) {
            cdc_buf_putc(out, (char)(origin->id.tag_len << 1));
            cdc_buf_put(out, origin->id.tag, origin->id.tag_len);
        }
        put_le64(out, origin->nruns);
        for (size_t j = 0; j < origin->nruns; j++) {
            put_le64(out, origin->runs[j].start);
            put_le64(out, origin->runs[j].end);
        }
    }
}
