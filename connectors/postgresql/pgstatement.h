/* The SQL that sets a server up, one statement at a time, without a line end. For setup, and as remedies in findings. */
#ifndef PGSTATEMENT_H
#define PGSTATEMENT_H

#include "cdc/buf.h"

#include "postgresql/pgcatalog.h"

/* What the statements are about. */
struct pgstatement_context {
    const struct cdc_source_config *config;
    int version;  /* of the server; 0: not known, so that only what every version takes is used */
    bool standby; /* slots there cannot be synchronised further */
};

void pgstatement_create_role(struct cdc_buf *sql, const struct pgstatement_context *ctx);
void pgstatement_alter_role(struct cdc_buf *sql, const struct pgstatement_context *ctx,
                            const char *attribute);
void pgstatement_grant_connect(struct cdc_buf *sql, const struct pgstatement_context *ctx);
void pgstatement_grant_usage(struct cdc_buf *sql, const struct pgstatement_context *ctx, const char *schema);
/* SELECT on the mapped columns and those of the key. */
void pgstatement_grant_select(struct cdc_buf *sql, const struct pgstatement_context *ctx,
                              const struct pgcatalog_table *table);
void pgstatement_create_publication(struct cdc_buf *sql, const struct pgstatement_context *ctx,
                                    const struct pgcatalog *catalog);
void pgstatement_add_table(struct cdc_buf *sql, const struct pgstatement_context *ctx,
                           const struct pgcatalog_table *table);
/* Publishes a table with the columns that it needs now, in one transaction, so that no change falls between. */
void pgstatement_replace_table(struct cdc_buf *sql, const struct pgstatement_context *ctx,
                               const struct pgcatalog_table *table);
/* ALTER PUBLICATION … SET (option = value) */
void pgstatement_set_publication(struct cdc_buf *sql, const struct pgstatement_context *ctx,
                                 const char *option, const char *value);
void pgstatement_identity_default(struct cdc_buf *sql, const struct pgcatalog_table *table);
/* REPLICA IDENTITY FULL, and the table published without a list of columns, which the two do not go with. */
void pgstatement_identity_full(struct cdc_buf *sql, const struct pgstatement_context *ctx,
                               const struct pgcatalog_table *table);
void pgstatement_create_slot(struct cdc_buf *sql, const struct pgstatement_context *ctx);

/* Whether the server refuses updates of the table until the publication has publish_generated_columns = stored. */
bool pgstatement_needs_generated(const struct pgstatement_context *ctx, const struct pgcatalog_table *table);

#endif
