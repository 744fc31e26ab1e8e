/*
 * SQL statements in the binlog, as far as they matter: what begins and ends transactions, TRUNCATE, changes of rows that were
 * logged as statements, and which tables a definition speaks of. Words are recognised, nothing is parsed.
 */
#ifndef MYSQL_STATEMENT_H
#define MYSQL_STATEMENT_H

#include "cdc/buf.h"
#include "cdc/slice.h"

enum my_statement_kind {
    MY_STATEMENT_BEGIN,
    MY_STATEMENT_COMMIT,
    MY_STATEMENT_ROLLBACK,
    MY_STATEMENT_SAVEPOINT,   /* name */
    MY_STATEMENT_ROLLBACK_TO, /* name */
    MY_STATEMENT_XA_START,
    MY_STATEMENT_XA_END,
    MY_STATEMENT_XA_COMMIT,   /* name: the xid as my_xid_print() prints it */
    MY_STATEMENT_XA_ROLLBACK, /* name */
    MY_STATEMENT_TRUNCATE,    /* schema (may be empty: the default one), name */
    MY_STATEMENT_CHANGE,      /* changes rows and was not logged as rows */
    MY_STATEMENT_OTHER,       /* definitions and administration */
};

struct my_statement {
    enum my_statement_kind kind;
    struct cdc_slice schema, name; /* borrowed from the text, without quotation marks */
};

struct my_statement my_statement_read(struct cdc_slice text);
/* Whether the statement names this table (or anything else that is called so), in any schema. */
bool my_statement_names(struct cdc_slice text, struct cdc_slice table);
/*
 * Whether the statement, of kind OTHER or CHANGE, may give a table of this name other columns. Only where that is certain it is false:
 * indexes, triggers, upkeep, another table made like it.
 */
bool my_statement_defines(struct cdc_slice text, struct cdc_slice table);
/* Whether the statement may have put the table's names to other columns, without another number or other types of them. */
bool my_statement_moves_columns(struct cdc_slice text, struct cdc_slice table);
/* Appends, joined by ", ", the tables that foreign keys with CASCADE, SET NULL or SET DEFAULT refer to: from SHOW CREATE TABLE. */
void my_statement_cascades(struct cdc_slice text, struct cdc_buf *parents);

#endif
