/*
 * Time zones from the system's database (TZif files, RFC 8536), without the C library's global zone. A zone remembers the
 * stretch of time that was asked for last, so an object belongs to one thread.
 */
#ifndef ZONE_H
#define ZONE_H

#include <stdint.h>

#include "cdc/err.h"
#include "cdc/slice.h"

struct zone;

/* Reads an IANA zone ("Europe/London") from the system. -1: CDC_ERR_CONFIG (no such zone, damaged) or CDC_ERR_RETRY. */
int zone_open(struct zone **zone, const char *name, struct cdc_err *err) CDC_MUST_CHECK;
/* The same from the bytes of a TZif file. `name` is copied. */
int zone_parse(struct zone **zone, const char *name, const void *data, size_t len,
               struct cdc_err *err) CDC_MUST_CHECK;
void zone_free(struct zone *zone);

/*
 * The instant of a local reading, both in seconds since 1970-01-01 00:00. A reading that comes twice gives the earlier
 * instant. -1: the clocks skipped it.
 */
int zone_to_utc(struct zone *zone, int64_t local_s, int64_t *utc_s) CDC_MUST_CHECK;
/* Seconds east of UTC at an instant. */
int64_t zone_offset(struct zone *zone, int64_t utc_s);
/* "does not exist in Europe/London"; lives as long as the zone. */
struct cdc_slice zone_skipped(const struct zone *zone);

#endif
