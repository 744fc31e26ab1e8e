/* JSON text: checked by RFC 8259 and freed of white space that says nothing. */
#ifndef JSON_H
#define JSON_H

#include "map/work.h"

#define JSON_DEPTH_MAX 128

/*
 * `out` is `in` itself when there is nothing to strip, else a copy in the row's memory. Strings and numbers stay byte for
 * byte as they are. -1: the text is not UTF-8, not JSON, nested deeper than JSON_DEPTH_MAX, or memory ran out.
 */
int json_compact(struct work *work, struct cdc_slice in, struct cdc_slice *out) CDC_MUST_CHECK;
/* Whether the text is one JSON number. */
bool json_is_number(struct cdc_slice text);
/* The text as a JSON string; only for text that needs no escapes (dates, numbers, base64): -1 if it does. */
int json_quote(struct work *work, struct cdc_slice in, struct cdc_slice *out) CDC_MUST_CHECK;

#endif
