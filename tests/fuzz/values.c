/*
 * Fuzzing of the value conversions: whatever a source hands over as a value, the mapping converts it or says why not,
 * and a canonical value is well-formed, canonical again, and never longer than it may be.
 *
 * Input: one byte each for canonical type, source kind, scale, zone and rule for personal data; the rest is the value.
 * A type beyond the last asks for one of the parsers by itself.
 */
#include <stdint.h>
#include <stdlib.h>

#include "cdc/reader.h"
#include "map/canonical.h"
#include "map/civil.h"
#include "map/decimal.h"
#include "map/json.h"
#include "map/key.h"
#include "map/pii.h"
#include "map/posix_tz.h"
#include "map/utf8.h"
#include "map/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct hmac *hmac;
static struct zone *zones[4];

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void init(void)
{
    static const char *const names[] = {NULL, "Europe/London", "Pacific/Apia", "America/St_Johns"};

    if (hmac)
        return;
    require(hmac_new(&hmac, "fuzz", NULL) == 0);
    for (size_t i = 1; i < 4; i++)
        require(zone_open(&zones[i], names[i], NULL) == 0);
}

static bool is_ascii(struct cdc_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] >= 0x80)
            return false;
    return true;
}

/* What holds for every value of a type, whatever it was made from. */
static void check(struct work *work, enum model_type type, struct cdc_slice out)
{
    struct cdc_slice again;
    struct civil c;

    require(utf8_valid(out));
    switch (type) {
    case MODEL_DECIMAL:
        require(decimal_is_canonical(out));
        break;
    case MODEL_INTEGER:
        require(decimal_is_integer(out));
        break;
    case MODEL_BOOLEAN:
        require(cdc_slice_is(out, "true") || cdc_slice_is(out, "false"));
        break;
    case MODEL_TIME:
        require(out.len == CIVIL_TIME_TEXT && out.ptr[CIVIL_TIME_TEXT - 1] == 'Z' && !civil_parse(out, &c) &&
                is_ascii(out));
        break;
    case MODEL_DATE:
        require(out.len == CIVIL_DATE_TEXT && !civil_parse(out, &c) && !c.has_time);
        break;
    case MODEL_JSON:
        require(json_compact(work, out, &again) == 0 && again.ptr == out.ptr && again.len == out.len);
        break;
    case MODEL_STRING:
    case MODEL_ENUM:
    case MODEL_REF:
        break;
    }
}

static void protect(struct work *work, unsigned rule, struct cdc_slice in)
{
    struct pii pii = {(enum config_pii)(rule % 5), 1 + rule / 5 % 8, hmac};
    struct cdc_slice out, key;

    if (pii_apply(&pii, work, in, &out))
        return;
    require(utf8_valid(out));
    require(pii.rule != CONFIG_PII_MASK || out.len <= in.len);
    if (key_encode(work, out, &key) == 0)
        for (size_t i = 0; i < key.len; i++)
            require((unsigned char)key.ptr[i] > 0x20 && !strchr(":{}", key.ptr[i]));
}

static void convert(struct work *work, const uint8_t *head, struct cdc_slice in)
{
    struct canonical_how how = {.type = (enum model_type)(head[0] % (MODEL_REF + 1)),
                                .scale = (int8_t)head[2] / 2,
                                .zone = zones[head[3] % 4]};
    canonical_fn fn = canonical_converter(how.type, (enum cdc_kind)(head[1] % (CDC_KIND_BITS + 1)));
    struct cdc_slice out;

    if (fn(work, &how, in, &out)) {
        require(work->reason != WORK_OK && work->why.len > 0 && utf8_valid(work->why));
        return;
    }
    check(work, how.type, out);
    protect(work, head[4], out);
}

/* A damaged time zone file must be refused or give some zone; asking it must come to an end. */
static void parse_zone(struct cdc_slice in)
{
    struct zone *zone;
    int64_t utc_s;

    if (zone_parse(&zone, "fuzz", in.ptr, in.len, NULL))
        return;
    for (int64_t local = -60000000000; local < 250000000000; local += 7777777777)
        if (zone_to_utc(zone, local, &utc_s) == 0)
            require(utc_s + zone_offset(zone, utc_s) == local);
    zone_free(zone);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct work work = {.reason = WORK_OK};
    struct posix_tz tz;
    struct cdc_slice in;

    if (size < 5)
        return 0;
    init();
    in = cdc_slice((const char *)data + 5, size - 5);
    cdc_arena_init(&work.arena, 1024 * 1024);
    if (data[0] < 0xf0)
        convert(&work, data, in);
    else if (data[0] < 0xf8)
        parse_zone(in);
    else
        (void)posix_tz_parse(in, &tz);
    cdc_arena_fini(&work.arena);
    return 0;
}
