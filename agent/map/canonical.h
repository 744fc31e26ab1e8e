/*
 * From a source's text to canonical text: one function for each pair of source kind and canonical type, chosen when a
 * relation is bound, so that a row only calls it.
 *
 *   string   any kind as its text; a timestamp or instant as canonical time
 *   decimal  integer, decimal, float, text: plain decimal, scale kept, moved by `scale`
 *   integer  the same kinds, when the fraction is zero
 *   boolean  boolean, text, integer, bits: true/false, t/f, yes/no, y/n, 1/0, in any case
 *   time     instant, timestamp (in the zone), date (its midnight in the zone), text in ISO 8601
 *   date     date, timestamp, instant (in the zone), text in ISO 8601
 *   json     json, array, text: checked and compacted; numbers and booleans as such; other kinds as JSON strings
 *   enum, ref   text of any kind; what is more to them is rule.c's
 */
#ifndef CANONICAL_H
#define CANONICAL_H

#include "cdc/value.h"
#include "map/work.h"
#include "map/zone.h"
#include "model/model.h"

struct canonical_how {
    enum model_type type;
    int scale;         /* decimal, integer: power of ten to multiply by */
    struct zone *zone; /* NULL: UTC */
};

/* `out` borrows from `in`, from constants, or from the row's memory. -1: reason and text are in `work`. */
typedef int (*canonical_fn)(struct work *work, const struct canonical_how *how, struct cdc_slice in,
                            struct cdc_slice *out);

/* Never NULL: a pair that makes no sense gives a function that refuses every value. */
canonical_fn canonical_converter(enum model_type type, enum cdc_kind kind);
/* Text as it is, UTF-8 checked: the converter of raw values. */
int canonical_text(struct work *work, const struct canonical_how *how, struct cdc_slice in,
                   struct cdc_slice *out);

#define CANONICAL_SCALE_MAX 64 /* of canonical_how.scale, either way */

#endif
