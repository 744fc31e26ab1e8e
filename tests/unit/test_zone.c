/* Time zones, against the C library's own reading of the same database, and against damaged files. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "map/civil.h"
#include "map/zone.h"

static struct cdc_err err;

static struct zone *open_zone(const char *name)
{
    struct zone *zone;

    cr_assert_eq(zone_open(&zone, name, &err), 0, "%s", err.message);
    return zone;
}

static int64_t seconds(const char *text)
{
    struct civil c;
    const char *wrong = civil_parse(cdc_slice_str(text), &c);

    cr_assert_null(wrong, "%s %s", text, wrong);
    return civil_seconds(&c);
}

/* Local to UTC, as text; "skipped" when there is no such reading. */
static const char *utc(struct zone *zone, const char *local)
{
    static char out[CIVIL_TIME_TEXT + 1];
    struct civil c;
    int64_t at;

    if (zone_to_utc(zone, seconds(local), &at))
        return "skipped";
    civil_from_seconds(at, &c);
    civil_print_time(&c, out);
    out[19] = '\0';
    return out;
}

Test(zone, london_in_summer_winter_and_at_the_edges)
{
    struct zone *z = open_zone("Europe/London");

    cr_assert_str_eq(utc(z, "2026-01-15 12:00:00"), "2026-01-15T12:00:00");
    cr_assert_str_eq(utc(z, "2026-07-15 12:00:00"), "2026-07-15T11:00:00");
    cr_assert_str_eq(utc(z, "2026-03-29 00:59:59"), "2026-03-29T00:59:59");
    cr_assert_str_eq(utc(z, "2026-03-29 01:00:00"), "skipped");
    cr_assert_str_eq(utc(z, "2026-03-29 01:59:59"), "skipped");
    cr_assert_str_eq(utc(z, "2026-03-29 02:00:00"), "2026-03-29T01:00:00");
    cr_assert_str_eq(utc(z, "2026-10-25 00:59:59"), "2026-10-24T23:59:59");
    cr_assert_str_eq(utc(z, "2026-10-25 01:00:00"), "2026-10-25T00:00:00", "the first of the two");
    cr_assert_str_eq(utc(z, "2026-10-25 01:59:59"), "2026-10-25T00:59:59");
    cr_assert_str_eq(utc(z, "2026-10-25 02:00:00"), "2026-10-25T02:00:00");
    cr_assert(cdc_slice_is(zone_skipped(z), "does not exist in Europe/London"));
    zone_free(z);
}

Test(zone, an_ambiguous_reading_is_the_first_whatever_was_asked_before)
{
    struct zone *z = open_zone("Europe/London");

    for (int i = 0; i < 2; i++) {
        cr_assert_str_eq(utc(z, "2026-12-01 00:00:00"), "2026-12-01T00:00:00");
        cr_assert_str_eq(utc(z, "2026-10-25 01:30:00"), "2026-10-25T00:30:00");
        cr_assert_str_eq(utc(z, "2026-09-01 00:00:00"), "2026-08-31T23:00:00");
        cr_assert_str_eq(utc(z, "2026-10-25 01:30:00"), "2026-10-25T00:30:00");
        cr_assert_eq(zone_offset(z, seconds("2026-10-25 01:00:00")), 0);
        cr_assert_str_eq(utc(z, "2026-10-25 01:30:00"), "2026-10-25T00:30:00");
    }
    zone_free(z);
}

Test(zone, rules_hold_long_after_the_last_entry)
{
    struct zone *z = open_zone("America/New_York");

    cr_assert_str_eq(utc(z, "2999-07-01 12:00:00"), "2999-07-01T16:00:00");
    cr_assert_str_eq(utc(z, "2999-01-01 12:00:00"), "2999-01-01T17:00:00");
    cr_assert_str_eq(utc(z, "9999-12-31 12:00:00"), "9999-12-31T17:00:00");
    zone_free(z);
}

Test(zone, odd_zones)
{
    struct zone *apia = open_zone("Pacific/Apia"), *howe = open_zone("Australia/Lord_Howe"),
                *kathmandu = open_zone("Asia/Kathmandu"), *dublin = open_zone("Europe/Dublin"),
                *paulo = open_zone("America/Sao_Paulo"), *santiago = open_zone("America/Santiago");

    cr_assert_str_eq(utc(apia, "2011-12-29 23:59:59"), "2011-12-30T09:59:59");
    cr_assert_str_eq(utc(apia, "2011-12-30 12:00:00"), "skipped", "a day that Samoa never had");
    cr_assert_str_eq(utc(apia, "2011-12-31 00:00:00"), "2011-12-30T10:00:00");
    cr_assert_str_eq(utc(howe, "2026-04-05 01:45:00"), "2026-04-04T14:45:00", "half an hour twice");
    cr_assert_str_eq(utc(howe, "2026-10-04 02:15:00"), "skipped");
    cr_assert_str_eq(utc(kathmandu, "2026-01-01 05:45:00"), "2026-01-01T00:00:00");
    cr_assert_str_eq(utc(dublin, "2026-07-01 12:00:00"), "2026-07-01T11:00:00");
    cr_assert_str_eq(utc(dublin, "2026-01-01 12:00:00"), "2026-01-01T12:00:00");
    cr_assert_str_eq(utc(paulo, "2018-11-04 00:00:00"), "skipped", "a midnight that was skipped");
    cr_assert_str_eq(utc(santiago, "1900-01-01 00:00:00"), "1900-01-01T04:42:45", "local mean time");
    zone_free(apia);
    zone_free(howe);
    zone_free(kathmandu);
    zone_free(dublin);
    zone_free(paulo);
    zone_free(santiago);
}

static const char *const many[] = {
    "Europe/London",
    "Europe/Dublin",
    "Europe/Berlin",
    "Europe/Moscow",
    "Europe/Istanbul",
    "Europe/Lisbon",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Caracas",
    "America/Havana",
    "America/Godthab",
    "America/Asuncion",
    "America/Santiago",
    "America/Anchorage",
    "America/Juneau",
    "Asia/Tokyo",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Asia/Jerusalem",
    "Asia/Gaza",
    "Asia/Pyongyang",
    "Asia/Manila",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Africa/El_Aaiun",
    "Africa/Monrovia",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Australia/Eucla",
    "Pacific/Apia",
    "Pacific/Kwajalein",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Norfolk",
    "Antarctica/Troll",
    "Antarctica/Casey",
    "Etc/GMT+12",
    "Etc/GMT-14",
    "EST5EDT",
    "MST",
};

static void use_libc_zone(const char *name)
{
    setenv("TZ", name, 1);
    tzset();
}

static long libc_offset(time_t t)
{
    struct tm tm;

    localtime_r(&t, &tm);
    return tm.tm_gmtoff;
}

/* Each Criterion test runs in a process of its own: TZ disturbs nobody. */
Test(zone, offsets_agree_with_the_c_library)
{
    unsigned long seed = 3;

    for (size_t i = 0; i < sizeof many / sizeof *many; i++) {
        struct zone *z = open_zone(many[i]);
        use_libc_zone(many[i]);
        for (int n = 0; n < 20000; n++) {
            time_t t;
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            t = (time_t)((long)(seed >> 24) % 17000000000) - 2000000000; /* 1906 to 2444 */
            if (zone_offset(z, t) != libc_offset(t))
                cr_assert_fail("%s at %lld: %lld, and libc says %ld", many[i], (long long)t,
                               (long long)zone_offset(z, t), libc_offset(t));
        }
        zone_free(z);
    }
}

/* The earliest instant that reads `local` on the C library's clock, by trying every offset there is. */
static bool libc_to_utc(int64_t local, const long *offsets, size_t n, int64_t *out)
{
    bool found = false;

    for (size_t i = 0; i < n; i++) {
        int64_t t = local - offsets[i];
        if (libc_offset((time_t)t) == offsets[i] && (!found || t < *out)) {
            *out = t;
            found = true;
        }
    }
    return found;
}

static size_t nearby_offsets(int64_t local, long *out)
{
    size_t n = 0;

    for (int64_t t = local - 93600; t <= local + 93600; t += 1800) {
        long offset = libc_offset((time_t)t);
        size_t i = 0;
        while (i < n && out[i] != offset)
            i++;
        if (i == n && n < 8)
            out[n++] = offset;
    }
    return n;
}

static void check_local(struct zone *z, const char *name, int64_t local)
{
    int64_t ours = 0, theirs = 0;
    long offsets[8];
    bool exists = libc_to_utc(local, offsets, nearby_offsets(local, offsets), &theirs);
    int status = zone_to_utc(z, local, &ours);

    if ((status == 0) != exists || (exists && ours != theirs))
        cr_assert_fail("%s, local %lld: %s %lld, and libc says %s %lld", name, (long long)local,
                       status ? "skipped" : "is", (long long)ours, exists ? "is" : "skipped",
                       (long long)theirs);
}

/* Around every change of many zones for 150 years, at each half hour of the two days. */
Test(zone, readings_around_every_change_agree_with_the_c_library)
{
    for (size_t i = 0; i < sizeof many / sizeof *many; i++) {
        struct zone *z = open_zone(many[i]);
        long before;
        use_libc_zone(many[i]);
        before = libc_offset(-1000000000);
        for (int64_t t = -1000000000; t < 4000000000; t += 86400) {
            long now = libc_offset((time_t)t);
            if (now == before)
                continue;
            for (int64_t local = t - 130000; local < t + 130000; local += 1799)
                check_local(z, many[i], local);
            before = now;
        }
        zone_free(z);
    }
}

Test(zone, names_that_are_paths_or_nothing_are_refused)
{
    static const char *const bad[] = {"",
                                      "/etc/passwd",
                                      "../etc/passwd",
                                      "Europe/../../etc/passwd",
                                      "Europe//London",
                                      "Europe/",
                                      "Europe",
                                      "Europe/Londin",
                                      "Europe/London\n",
                                      "Europe London",
                                      ".",
                                      "zone.tab",
                                      "tzdata.zi",
                                      "A123456789012345678901234567890123456789012345678901234567890123"};
    struct zone *z;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_neq(zone_open(&z, bad[i], &err), 0, "\"%s\" was opened", bad[i]);
        cr_assert_eq(err.class, CDC_ERR_CONFIG);
        cr_assert_null(z);
        cr_assert(err.hint[0]);
    }
}

static unsigned char file[65536];

static size_t read_file(const char *path)
{
    FILE *f = fopen(path, "r");
    size_t n;

    cr_assert_not_null(f);
    n = fread(file, 1, sizeof file, f);
    fclose(f);
    return n;
}

Test(zone, a_file_cut_at_any_length_is_refused)
{
    size_t len = read_file("/usr/share/zoneinfo/Asia/Kathmandu");
    struct zone *z;

    for (size_t n = 0; n < len; n++) {
        unsigned char *exact = malloc(n ? n : 1);
        memcpy(exact, file, n);
        cr_assert_neq(zone_parse(&z, "Cut", exact, n, &err), 0, "%zu of %zu bytes", n, len);
        free(exact);
    }
    cr_assert_eq(zone_parse(&z, "Whole", file, len, &err), 0, "%s", err.message);
    zone_free(z);
}

Test(zone, a_file_with_any_wrong_byte_is_refused_or_read_but_never_harmful)
{
    size_t len = read_file("/usr/share/zoneinfo/Europe/Dublin");
    static const unsigned char wrong[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    struct zone *z;

    for (size_t i = 0; i < len; i++) {
        unsigned char good = file[i];
        for (size_t w = 0; w < sizeof wrong; w++) {
            int64_t out;
            file[i] = wrong[w];
            if (zone_parse(&z, "Wrong", file, len, &err))
                continue;
            if (zone_to_utc(z, 1800000000, &out) == 0)
                (void)zone_offset(z, out);
            (void)zone_offset(z, -5000000000);
            zone_free(z);
        }
        file[i] = good;
    }
}

/* A minimal file: both headers, no entries, one type, a rule. */
static size_t small_file(char version, const char *rule)
{
    static const unsigned char counts[24] = {[19] = 1, [23] = 4};
    size_t n = 0;

    for (int part = 0; part < 2; part++) {
        memcpy(file + n, "TZif", 4);
        memset(file + n + 4, 0, 16);
        file[n + 4] = (unsigned char)version;
        memcpy(file + n + 20, counts, 24);
        memcpy(file + n + 44, "\0\0\x0e\x10\0\0ABC", 10);
        n += 54;
    }
    return n + (size_t)sprintf((char *)file + n, "\n%s\n", rule);
}

Test(zone, a_file_may_hold_a_rule_alone_or_none)
{
    struct zone *z;

    cr_assert_eq(zone_parse(&z, "Rule", file, small_file('2', "CET-1CEST,M3.5.0,M10.5.0/3"), &err), 0);
    cr_assert_str_eq(utc(z, "1970-07-01 12:00:00"), "1970-07-01T10:00:00");
    cr_assert_str_eq(utc(z, "0001-01-01 12:00:00"), "0001-01-01T11:00:00");
    zone_free(z);
    cr_assert_eq(zone_parse(&z, "None", file, small_file('3', ""), &err), 0);
    cr_assert_str_eq(utc(z, "2026-07-01 12:00:00"), "2026-07-01T11:00:00");
    zone_free(z);
    cr_assert_neq(zone_parse(&z, "Bad", file, small_file('2', "nonsense"), &err), 0);
    cr_assert_neq(zone_parse(&z, "Old", file, small_file('\0', "UTC0"), &err), 0);
    cr_assert(strstr(err.message, "\"Old\""));
}

Test(zone, summer_time_all_the_year_round)
{
    struct zone *z;

    cr_assert_eq(zone_parse(&z, "All", file, small_file('3', "AAA3EDT4,0/0,J365/23"), &err), 0);
    cr_assert_str_eq(utc(z, "2026-01-01 00:00:00"), "2026-01-01T04:00:00");
    cr_assert_str_eq(utc(z, "2026-12-31 23:30:00"), "2027-01-01T03:30:00");
    cr_assert_str_eq(utc(z, "2026-07-01 12:00:00"), "2026-07-01T16:00:00");
    zone_free(z);
    zone_free(NULL);
}
