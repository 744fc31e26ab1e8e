/* All that is known of the one table that is being read in chunks. */
#ifndef PGDESCRIPTION_H
#define PGDESCRIPTION_H

#include "postgresql/pgorder.h"
#include "postgresql/pgrows.h"
#include "postgresql/pgside.h"

struct pgdescription {
    const struct cdc_source_params *params;
    struct pgside *side;
    struct pgtypes types; /* its own: the stream's may be forgotten at any time */
    bool known;
    struct pgcatalog catalog;
    struct pgorder order;
    struct pgrows rows;
};

void pgdescription_init(struct pgdescription *d, const struct cdc_source_params *params, struct pgside *side);
void pgdescription_fini(struct pgdescription *d);
/* Whether it is of this table, mapped so. */
bool pgdescription_is(const struct pgdescription *d, const struct cdc_table_ref *ref);
/* Looks the table up. CDC_ERR_CONFIG with the remedy: the stream would refuse it too, or there is no order to read it in. */
int pgdescription_load(struct pgdescription *d, const struct cdc_table_ref *ref,
                       struct cdc_err *err) CDC_MUST_CHECK;
/* The relation as if it had never been announced. */
void pgdescription_unbind(struct pgdescription *d);

#endif
