/* What is wrong with a publication or a mapped table, as findings: what the stream needs, and what else is wanted. */
#ifndef PGTABLE_H
#define PGTABLE_H

#include "postgresql/pgorder.h"
#include "postgresql/pgstatement.h"

/*
 * What a stream cannot do without: the publication, and that it sends every mapped column of the table under the table's own
 * name. Each returns how many errors it reported.
 */
unsigned pgtable_report_publication(const struct pgstatement_context *ctx, const struct pgcatalog *catalog,
                                    const struct pgcatalog_publication *publication,
                                    const struct cdc_report *report);
unsigned pgtable_report_streamed(const struct pgstatement_context *ctx, const struct pgcatalog_table *table,
                                 const struct pgcatalog_publication *publication,
                                 const struct cdc_report *report);
/* The first of these errors, of the publication and all tables; 0 when there is none. */
int pgtable_verify(const struct pgstatement_context *ctx, const struct pgcatalog *catalog,
                   const struct pgcatalog_publication *publication, struct cdc_err *err) CDC_MUST_CHECK;
/* What else is wanted of a table that exists: replica identity, rights, types that have a catch. */
unsigned pgtable_report_usable(const struct pgstatement_context *ctx, const struct pgcatalog_table *table,
                               const struct pgcatalog_server *server, const struct cdc_report *report);
/* Whether an index gives the order in which the table is read. */
void pgtable_report_order(const struct pgstatement_context *ctx, const struct pgcatalog_table *table,
                          const struct pgorder *order, const struct cdc_report *report);

#endif
