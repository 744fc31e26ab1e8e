/* Names and texts inside SQL. */
#ifndef PGQUOTE_H
#define PGQUOTE_H

#include "cdc/buf.h"

/* "order", with quotes doubled. */
void pgquote_name(struct cdc_buf *sql, const char *name);
/* "public"."order" */
void pgquote_table(struct cdc_buf *sql, const char *schema, const char *name);
/* 'it''s'; E'a\\b' when there is a backslash, so that it is right whatever the server's settings are. */
void pgquote_text(struct cdc_buf *sql, const char *text);
/* The same inside a replication command, whose grammar knows no escapes but the doubled quote. */
void pgquote_plain(struct cdc_buf *sql, const char *text);
/* "a", "b" */
void pgquote_names(struct cdc_buf *sql, size_t n, const char *const *names);

#endif
