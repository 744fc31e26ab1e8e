/* Parts of the status page: the tables that are read, the events that were made, a snapshot's progress. */
#ifndef HTTP_PAGE_TABLES_H
#define HTTP_PAGE_TABLES_H

#include "http/facts.h"

void page_tables_print(const struct facts *facts, struct cdc_buf *out);
void page_events_print(const struct facts *facts, struct cdc_buf *out);
/* Nothing, when none runs. */
void page_snapshot_print(const struct facts *facts, struct cdc_buf *out);

#endif
