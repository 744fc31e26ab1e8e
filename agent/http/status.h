/* `/status`: what the page shows, as JSON. */
#ifndef HTTP_STATUS_H
#define HTTP_STATUS_H

#include "http/facts.h"

void status_print(const struct facts *facts, struct cdc_buf *out);

#endif
