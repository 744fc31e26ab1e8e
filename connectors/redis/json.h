/* JSON strings. Pure; any thread. */
#ifndef REDIS_JSON_H
#define REDIS_JSON_H

#include "cdc/buf.h"

/* Whether `text` can stand between quotes as it is: no quote, no backslash, no control character. */
bool redis_json_plain(struct cdc_slice text);
/* Appends `text`, which must be UTF-8, escaped, without the quotes around it. functions/json.lua escapes in the same way. */
void redis_json_escape(struct cdc_buf *out, struct cdc_slice text);

#endif
