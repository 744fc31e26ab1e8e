/* Writing JSON text. The input is UTF-8. */
#ifndef JSON_H
#define JSON_H

#include "cdc/buf.h"

/* Appends `s` as a JSON string, quotes included. */
void json_put_string(struct cdc_buf *buf, struct cdc_slice s);

#endif
