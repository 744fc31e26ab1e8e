/*
 * The PostgreSQL source alone, against a private server: items come out as lines of text, so that a test compares what it
 * reads with what it expects.
 *
 *   RELATION public.t key id:integer* v:text          identity, columns; * part of the replica identity
 *   BEGIN / COMMIT / POSITION / TRUNCATE public.t
 *   INSERT public.t id=1 v=NULL
 *   UPDATE public.t before key id=1 v=? after id=2 v=x     ? unavailable, - unwanted, !reason invalid
 *   DELETE public.t before full id=2 v=x
 *
 * Whatever goes wrong and is not expected fails the test.
 */
#ifndef TESTS_INTEGRATION_PGTEST_H
#define TESTS_INTEGRATION_PGTEST_H

#include "cdc/source.h"

#include "lib/fail.h"
#include "lib/server_postgresql.h"

enum { PGTEST_TABLES = 4, PGTEST_COLUMNS = 64 };

struct pgtest {
    struct server_postgresql *pg;
    struct cdc_source_config config;
    struct cdc_source_params params;
    struct cdc_table_ref tables[PGTEST_TABLES];
    const char *columns[PGTEST_TABLES][PGTEST_COLUMNS], *keys[PGTEST_TABLES][PGTEST_COLUMNS];
    char *words[PGTEST_TABLES * 4];
    size_t nwords;
    struct cdc_source *source;
    struct cdc_checkpoint checkpoint; /* where start() goes on from: empty at first, see pgtest_keep() */
    struct cdc_buf started, log, position;
    char tx_id[32], tx_xid[16];
    int64_t commit_us;
    bool wanted; /* columns of relations; true at first */
    struct cdc_err err;
};

/* Starts a server and runs `schema` in database postgres. The source has slot "s", publication "p", heartbeat 1 s. */
void pgtest_init(struct pgtest *t, const char *const *settings, const char *schema);
/* Ends everything. */
void pgtest_fini(struct pgtest *t);
/* Maps a table of schema public; columns and key columns are words. */
void pgtest_map(struct pgtest *t, const char *table, const char *columns, const char *keys);
/* Makes the source of what was mapped, as often as wanted. */
void pgtest_open(struct pgtest *t);
/* connect() and start(). The class of the error, CDC_ERR_NONE when there is none; t->err has it. */
enum cdc_err_class pgtest_try(struct pgtest *t);
/* Opens, tries, and fails the test on an error. */
void pgtest_start(struct pgtest *t);
/* The server's major version: some tests need a newer one. */
int pgtest_version(struct pgtest *t);
/* Runs SQL on the server. */
void pgtest_sql(struct pgtest *t, const char *sql);
/* Reads until `line` has come as the beginning of a line; what came since the last call, t->log's. */
const char *pgtest_read(struct pgtest *t, const char *line);
/* Makes the log move and reads the position that comes of it. */
void pgtest_position(struct pgtest *t);
/* One call of next(), logged. -1: t->err. */
int pgtest_next(struct pgtest *t, struct cdc_item *item);
/* Reads until next() or wait() fails, for 30 s at most; the class. */
enum cdc_err_class pgtest_read_to_error(struct pgtest *t);
/* Makes the last position the checkpoint, with this source's identity. */
void pgtest_keep(struct pgtest *t);
/* Confirms the last position and waits until the slot has it. */
void pgtest_confirm(struct pgtest *t);
/* Appends the text of a row, as in the lines above. */
void pgtest_print_row(struct cdc_buf *out, const struct cdc_row *row);

#endif
