/* `/`: the agent as people see it. */
#ifndef HTTP_PAGE_H
#define HTTP_PAGE_H

#include "http/facts.h"

void page_print(const struct facts *facts, struct history *history, const char *nonce, struct cdc_buf *out);

#endif
