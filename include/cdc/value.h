/*
 * Values as sources hand them over: text in the lexical form of the column's kind, whatever the engine.
 *
 *   TEXT       as it is; UTF-8 is checked by the mapping
 *   INTEGER    decimal, with '-' where negative
 *   DECIMAL    plain decimal with the column's scale ("12.50"); "NaN", "Infinity", "-Infinity" may come and are rejected
 *   FLOAT      shortest text that reads back as the same number ("0.1", "1e+20"), PostgreSQL's form
 *   BOOLEAN    "true", "false"
 *   DATE       "2026-11-21"; anything else (BC, zero dates, infinity) is rejected by the mapping
 *   TIME       "18:30:00" with up to six decimals
 *   TIMESTAMP  "2026-11-21 18:30:00[.123456]", zone-less
 *   INSTANT    the same, in UTC
 *   INTERVAL   ISO 8601 duration
 *   BYTES      base64
 *   UUID       lower case, with hyphens
 *   JSON       JSON text
 *   ARRAY      JSON text, made by the connector
 *   BITS       "0" and "1"
 */
#ifndef CDC_VALUE_H
#define CDC_VALUE_H

#include <stdint.h>

#include "cdc/slice.h"

enum cdc_kind {
    CDC_KIND_TEXT,
    CDC_KIND_INTEGER,
    CDC_KIND_DECIMAL,
    CDC_KIND_FLOAT,
    CDC_KIND_BOOLEAN,
    CDC_KIND_DATE,
    CDC_KIND_TIME,
    CDC_KIND_TIMESTAMP,
    CDC_KIND_INSTANT,
    CDC_KIND_INTERVAL,
    CDC_KIND_BYTES,
    CDC_KIND_UUID,
    CDC_KIND_JSON,
    CDC_KIND_ARRAY,
    CDC_KIND_BITS,
};

/* "text", "integer", … */
const char *cdc_kind_name(enum cdc_kind kind);

enum cdc_value_state {
    CDC_VALUE_NULL,        /* SQL NULL */
    CDC_VALUE_PRESENT,     /* ptr and len */
    CDC_VALUE_UNAVAILABLE, /* the source did not send it: unchanged TOAST, not in the row image */
    CDC_VALUE_UNWANTED,    /* nobody asked for this column: not converted */
    CDC_VALUE_INVALID,     /* the connector could not convert it; ptr and len say why, without the value */
};

/* Borrowed from the source's receive buffer or arena: valid until the next call of the source's next(). */
struct cdc_value {
    const char *ptr;
    uint32_t len;
    enum cdc_value_state state;
};

#endif
