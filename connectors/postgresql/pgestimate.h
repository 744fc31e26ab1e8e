/* About how many rows a table has. */
#ifndef PGESTIMATE_H
#define PGESTIMATE_H

#include "cdc/source.h"

#include "postgresql/pq.h"

/* By the catalogue and the size of its files; partitions count. CDC_ERR_CONFIG: there is no such table. */
int pgestimate(struct pq *pq, const struct cdc_table_ref *ref, uint64_t *rows,
               struct cdc_err *err) CDC_MUST_CHECK;

#endif
