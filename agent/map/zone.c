/*
 * Time zones (zone.h). A zone is a row of stretches of constant offset: those that the file lists, then those that its
 * rule makes for ever. Loading is the configuration's time, so errors are the configuration's; looking up cannot fail.
 *
 *   TZif (RFC 8536), version 2 or later; version 1's block is skipped:
 *   "TZif" version(1) reserved(15) isutcnt isstdcnt leapcnt timecnt typecnt charcnt   6 × be32
 *   times timecnt × be64 | types timecnt × u8 | typecnt × { offset be32, isdst u8, name u8 } | names charcnt
 *   | leaps leapcnt × 12 | isstd | isut | "\n" rule "\n"
 */
#include "map/zone.h"

#include <stdio.h>
#include <stdlib.h>

#include "cdc/reader.h"
#include "map/civil.h"
#include "map/posix_tz.h"

#define ZONE_FOLDER "/usr/share/zoneinfo/"
#define NAME_MAX_   64
#define FILE_MAX    (256 * 1024)
#define TIMES_MAX   8192
#define TIME_MAX_   ((int64_t)1 << 60) /* seconds; some files begin with the Big Bang */
#define OFFSET_MAX  (26 * 3600)        /* no place is farther from UTC, nor can the format's rules say so */

struct change {
    int64_t at; /* seconds since 1970 UTC */
    int32_t offset;
};

/* from <= instant < until */
struct stretch {
    int64_t from, until;
    int64_t offset;
};

struct zone {
    char name[NAME_MAX_];
    char skipped[NAME_MAX_ + 32];
    size_t nchanges;
    struct change *changes; /* in order of time */
    int32_t first_offset;   /* before the first change */
    int32_t max_offset;     /* the easternmost that is ever in use */
    bool has_rule;
    struct posix_tz rule;
    struct stretch last;   /* looked up last; empty at first */
    int64_t unique_from_s; /* local readings of `last` that no earlier stretch has as well start here */
};

struct header {
    unsigned version;
    uint32_t isut, isstd, leaps, times, types, chars;
};

/* ---- reading the file ---- */

static int damaged(const char *name, struct cdc_err *err)
{
    cdc_err_set(err, CDC_ERR_CONFIG, "time zone \"%s\": its file is damaged or of an old format", name);
    return cdc_err_hint(err, "reinstall the package tzdata");
}

static bool read_header(struct cdc_reader *r, struct header *out)
{
    struct cdc_slice magic = cdc_read_slice(r, 4);

    out->version = cdc_read_u8(r);
    cdc_read(r, 15);
    out->isut = cdc_read_be32(r);
    out->isstd = cdc_read_be32(r);
    out->leaps = cdc_read_be32(r);
    out->times = cdc_read_be32(r);
    out->types = cdc_read_be32(r);
    out->chars = cdc_read_be32(r);
    return !r->failed && cdc_slice_is(magic, "TZif") && out->times <= TIMES_MAX && out->types >= 1 &&
           out->types <= 256 && out->chars <= FILE_MAX && out->leaps <= TIMES_MAX && out->isut <= 256 &&
           out->isstd <= 256;
}

/* Types come behind the times that refer to them: three readers walk side by side. */
static bool read_changes(struct cdc_reader *r, const struct header *h, struct zone *zone)
{
    struct cdc_reader times = cdc_reader(r->at, cdc_reader_left(r)), indexes = times;
    int32_t offsets[256] = {0};

    cdc_read(&indexes, h->times * 8u);
    cdc_read(r, h->times * 9u);
    for (uint32_t i = 0; i < h->types; i++) {
        offsets[i] = (int32_t)cdc_read_be32(r);
        cdc_read(r, 2);
        if (offsets[i] > OFFSET_MAX || offsets[i] < -OFFSET_MAX)
            return false;
    }
    if (r->failed)
        return false;
    zone->first_offset = zone->max_offset = offsets[0];
    for (uint32_t i = 0; i < h->times; i++) {
        int64_t at = (int64_t)cdc_read_be64(&times);
        uint8_t type = cdc_read_u8(&indexes);
        if (at > TIME_MAX_ || at < -TIME_MAX_)
            return false;
        if (type >= h->types || (i && at <= zone->changes[i - 1].at))
            return false;
        zone->changes[i] = (struct change){at, offsets[type]};
        if (offsets[type] > zone->max_offset)
            zone->max_offset = offsets[type];
    }
    zone->nchanges = h->times;
    return true;
}

static bool read_rule(struct cdc_reader *r, struct zone *zone)
{
    size_t left = cdc_reader_left(r);
    const unsigned char *p = cdc_read(r, left), *end;

    if (!p || left < 2 || p[0] != '\n')
        return false;
    end = memchr(p + 1, '\n', left - 1);
    if (!end)
        return false;
    zone->has_rule = end > p + 1;
    if (!zone->has_rule)
        return true;
    if (posix_tz_parse(cdc_slice((const char *)p + 1, (size_t)(end - p - 1)), &zone->rule))
        return false;
    if (zone->rule.standard_s > zone->max_offset)
        zone->max_offset = zone->rule.standard_s;
    if (zone->rule.has_summer && zone->rule.summer_s > zone->max_offset)
        zone->max_offset = zone->rule.summer_s;
    return true;
}

/* Leap seconds ("right/…" zones) would shift every instant: such a file is refused. */
static bool read_file(struct cdc_reader *r, struct zone *zone)
{
    struct header h;

    if (!read_header(r, &h) || h.version < '2')
        return false;
    cdc_read(r, (size_t)h.times * 5 + (size_t)h.types * 6 + h.chars + (size_t)h.leaps * 8 + h.isstd + h.isut);
    if (!read_header(r, &h) || h.leaps)
        return false;
    zone->changes = calloc(h.times ? h.times : 1, sizeof *zone->changes);
    if (!zone->changes || !read_changes(r, &h, zone))
        return false;
    cdc_read(r, (size_t)h.chars + h.isstd + h.isut);
    return read_rule(r, zone);
}

int zone_parse(struct zone **zone, const char *name, const void *data, size_t len, struct cdc_err *err)
{
    struct cdc_reader r = cdc_reader(data, len);
    struct zone *z = calloc(1, sizeof *z);

    *zone = NULL;
    if (!z)
        return cdc_err_memory(err);
    if (!read_file(&r, z)) {
        zone_free(z);
        return damaged(name, err);
    }
    snprintf(z->name, sizeof z->name, "%s", name);
    snprintf(z->skipped, sizeof z->skipped, "does not exist in %s", z->name);
    z->last = (struct stretch){INT64_MAX, INT64_MAX, 0};
    *zone = z;
    return 0;
}

void zone_free(struct zone *zone)
{
    if (!zone)
        return;
    free(zone->changes);
    free(zone);
}

/* A name is part of a path: letters, digits and "+-_/", no empty part, and so neither "..", nor a leading slash. */
static bool name_fits(const char *name)
{
    size_t len = strlen(name);

    if (!len || len >= NAME_MAX_ || name[0] == '/' || name[len - 1] == '/' || strstr(name, "//"))
        return false;
    return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-_/") == len;
}

static int unknown(const char *name, struct cdc_err *err)
{
    cdc_err_set(err, CDC_ERR_CONFIG, "unknown time zone \"%s\"", name);
    return cdc_err_hint(err, "use an IANA name such as Europe/London; the package tzdata must be installed");
}

int zone_open(struct zone **zone, const char *name, struct cdc_err *err)
{
    char path[sizeof ZONE_FOLDER + NAME_MAX_];
    size_t len = 0;
    char *data;
    FILE *file;
    int status;

    *zone = NULL;
    if (!name_fits(name))
        return unknown(name, err);
    snprintf(path, sizeof path, ZONE_FOLDER "%s", name);
    file = fopen(path, "re");
    if (!file)
        return unknown(name, err);
    data = malloc(FILE_MAX);
    if (data)
        len = fread(data, 1, FILE_MAX, file);
    fclose(file);
    if (!data)
        return cdc_err_memory(err);
    status = len ? zone_parse(zone, name, data, len, err) : unknown(name, err);
    free(data);
    return status;
}

/* ---- looking up ---- */

#define RULE_CHANGES 8 /* two a year */

/* Changes by the rule from the year before an instant's to the second after it. Returns how many, in order. */
static size_t rule_changes(const struct posix_tz *rule, int64_t utc_s, struct change out[RULE_CHANGES])
{
    struct civil c;
    size_t n = 0;

    civil_from_seconds(utc_s, &c);
    for (int64_t year = c.year - 1; year <= c.year + 2; year++) {
        out[n++] = (struct change){posix_tz_change(&rule->start, year) - rule->standard_s, rule->summer_s};
        out[n++] = (struct change){posix_tz_change(&rule->end, year) - rule->summer_s, rule->standard_s};
    }
    for (size_t i = 1; i < n; i++)
        for (size_t j = i; j > 0 && out[j - 1].at > out[j].at; j--) {
            struct change swap = out[j];
            out[j] = out[j - 1];
            out[j - 1] = swap;
        }
    return n;
}

/* The stretch by the rule, for an instant not before `from`, where the listed ones end. */
static struct stretch by_rule(const struct posix_tz *rule, int64_t from, int32_t offset, int64_t utc_s)
{
    struct stretch s = {from, INT64_MAX, offset};
    struct change changes[RULE_CHANGES];
    size_t n;

    if (!rule->has_summer) {
        s.offset = rule->standard_s;
        return s;
    }
    n = rule_changes(rule, utc_s, changes);
    for (size_t i = 0; i < n; i++) {
        if (changes[i].at > utc_s) {
            s.until = changes[i].at;
            break;
        }
        s.offset = changes[i].offset;
        if (changes[i].at > from)
            s.from = changes[i].at;
    }
    return s;
}

static struct stretch stretch_at(const struct zone *zone, int64_t utc_s)
{
    size_t low = 0, high = zone->nchanges; /* changes before `low` are at or before the instant */
    struct stretch s = {INT64_MIN, INT64_MAX, zone->first_offset};

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->changes[middle].at <= utc_s)
            low = middle + 1;
        else
            high = middle;
    }
    if (low) {
        s.from = zone->changes[low - 1].at;
        s.offset = zone->changes[low - 1].offset;
    }
    if (low < zone->nchanges)
        s.until = zone->changes[low].at;
    else if (zone->has_rule)
        s = by_rule(&zone->rule, s.from, (int32_t)s.offset, utc_s);
    return s;
}

/* An earlier stretch ends at `from` at the latest, and on its clocks not later than on the easternmost. */
static void remember(struct zone *zone, const struct stretch *s)
{
    zone->last = *s;
    zone->unique_from_s = s->from == INT64_MIN ? INT64_MIN : s->from + zone->max_offset;
}

int64_t zone_offset(struct zone *zone, int64_t utc_s)
{
    struct stretch s;

    if (utc_s >= zone->last.from && utc_s < zone->last.until)
        return zone->last.offset;
    s = stretch_at(zone, utc_s);
    remember(zone, &s);
    return s.offset;
}

static bool has_local(const struct stretch *s, int64_t local_s)
{
    return local_s - s->offset >= s->from && local_s - s->offset < s->until;
}

int zone_to_utc(struct zone *zone, int64_t local_s, int64_t *utc_s)
{
    struct stretch s;

    if (local_s >= zone->unique_from_s && has_local(&zone->last, local_s)) {
        *utc_s = local_s - zone->last.offset;
        return 0;
    }
    for (s = stretch_at(zone, local_s - OFFSET_MAX);; s = stretch_at(zone, s.until)) {
        if (has_local(&s, local_s)) {
            remember(zone, &s);
            *utc_s = local_s - s.offset;
            return 0;
        }
        if (s.until == INT64_MAX || s.until > local_s + OFFSET_MAX)
            return -1;
    }
}

struct cdc_slice zone_skipped(const struct zone *zone)
{
    return cdc_slice_str(zone->skipped);
}
