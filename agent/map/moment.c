/* Instants and dates (moment.h): text to calendar reading (civil), through the zone, and back to text. */
#include "map/moment.h"

#include "map/civil.h"

static int parse(struct work *work, enum moment_clock clock, struct cdc_slice in, struct civil *out)
{
    const char *wrong = civil_parse(in, out);

    if (!wrong && out->has_offset && clock == MOMENT_LOCAL)
        wrong = "has an offset, which a zone-less time cannot have";
    return wrong ? work_fail(work, WORK_TIME, wrong) : 0;
}

static bool in_range(const struct civil *c)
{
    return c->year >= 1 && c->year <= 9999;
}

static int shift(struct work *work, struct civil *c, int64_t seconds)
{
    civil_shift(c, seconds);
    return in_range(c) ? 0 : work_fail(work, WORK_TIME, "is outside the years 1 to 9999");
}

/* Makes a reading UTC's. */
static int to_utc(struct work *work, enum moment_clock clock, struct zone *zone, struct civil *c)
{
    int64_t local_s, utc_s;

    if (c->has_offset)
        return shift(work, c, -c->offset_s);
    if (!zone || clock == MOMENT_UTC)
        return 0;
    local_s = civil_seconds(c);
    if (zone_to_utc(zone, local_s, &utc_s))
        return work_fail_slice(work, WORK_TIME, zone_skipped(zone));
    return shift(work, c, utc_s - local_s);
}

int moment_time(struct work *work, enum moment_clock clock, struct zone *zone, struct cdc_slice in,
                struct cdc_slice *out)
{
    struct civil c;
    char *text;

    if (parse(work, clock, in, &c) || to_utc(work, clock, zone, &c))
        return -1;
    text = work_alloc(work, CIVIL_TIME_TEXT);
    if (!text)
        return -1;
    civil_print_time(&c, text);
    *out = cdc_slice(text, CIVIL_TIME_TEXT);
    return 0;
}

int moment_date(struct work *work, enum moment_clock clock, struct zone *zone, struct cdc_slice in,
                struct cdc_slice *out)
{
    struct civil c;
    char *text;
    int64_t utc_s;

    if (parse(work, clock, in, &c))
        return -1;
    if (!c.has_offset && (clock != MOMENT_UTC || !c.has_time || !zone)) {
        *out = cdc_slice(in.ptr, CIVIL_DATE_TEXT); /* the text begins with it */
        return 0;
    }
    utc_s = civil_seconds(&c) - c.offset_s;
    if (shift(work, &c, (zone ? zone_offset(zone, utc_s) : 0) - c.offset_s))
        return -1;
    text = work_alloc(work, CIVIL_DATE_TEXT);
    if (!text)
        return -1;
    civil_print_date(&c, text);
    *out = cdc_slice(text, CIVIL_DATE_TEXT);
    return 0;
}
