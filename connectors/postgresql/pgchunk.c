/*
 * Chunks (pgchunk.h): what the session must be, what is known of the table that is being read, and one statement for each chunk
 * (pgselect.c), in a transaction of its own that ends with it. The statement says itself whether the table is still what we
 * know: if not, it is looked up again and read again, before any row was given out.
 *
 * Owned by the thread that owns the source; uses the side connection, and makes a new one after every failure.
 */
#include "postgresql/pgchunk.h"

#include "postgresql/pgdescription.h"
#include "postgresql/pgestimate.h"
#include "postgresql/pglsn.h"
#include "postgresql/pgplace.h"
#include "postgresql/pgquote.h"
#include "postgresql/pgselect.h"
#include "postgresql/pgsince.h"

#include <stdlib.h>

#define ANSWER_MS  10000
#define ROW_MS     65000 /* a little more than the session's statement_timeout */
#define ABANDON_MS 10000
#define MAX_ROWS   1000000
#define MAX_TRIES  4

struct pgchunk {
    const struct cdc_source_params *params;
    struct pgside *side;
    unsigned session;        /* the connection whose settings were made, as side->opened counts */
    uint64_t block, segment; /* of the server's log, bytes */
    struct pgdescription table;
    struct pgsince since;
    uint64_t most_rows; /* that the server finds in time; 0: as many as are asked for */
};

/* One chunk that is being read. */
struct reading {
    const struct cdc_chunk_request *request;
    cdc_chunk_each *each;
    void *ctx;
    struct cdc_chunk *chunk;
    uint64_t limit, bytes;
    struct cdc_buf place;
    bool changed; /* the table is not what we know */
};

struct pgchunk *pgchunk_new(const struct cdc_source_params *params, struct pgside *side)
{
    struct pgchunk *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->params = params;
    c->side = side;
    pgdescription_init(&c->table, params, side);
    return c;
}

void pgchunk_free(struct pgchunk *c)
{
    if (!c)
        return;
    pgdescription_fini(&c->table);
    pgsince_fini(&c->since);
    free(c);
}

/*
 * The order comes from an index, whatever the estimates say: a sort would read the whole table for each chunk. One process, no
 * compiling. Row security would hide rows: then rather an error.
 */
static int make_settings(struct pgchunk *c, struct pq *pq, struct cdc_err *err)
{
    static const char sql[] =
        "SELECT pg_is_in_recovery(), (SELECT setting FROM pg_settings WHERE name = 'wal_block_size'), "
        "(SELECT setting FROM pg_settings WHERE name = 'wal_segment_size'), set_config(name, value, false) FROM (VALUES "
        "('enable_sort', 'off'), ('max_parallel_workers_per_gather', '0'), ('jit', 'off'), ('row_security', 'off'), "
        "('default_transaction_isolation', 'read committed')) AS v(name, value)";
    struct pq_result *rows = NULL;
    bool standby;

    if (pq_query(pq, sql, ANSWER_MS, &rows, err))
        return cdc_err_wrap(err, "preparing to read tables");
    standby = pq_true(rows, 0, 0);
    c->block = (uint64_t)pq_integer(rows, 0, 1);
    c->segment = (uint64_t)pq_integer(rows, 0, 2);
    pq_free(rows);
    if (standby) {
        cdc_err_set(err, CDC_ERR_CONFIG,
                    "the server is a standby, where a read cannot tell which transactions it sees");
        return cdc_err_hint(err,
                            "connect to the primary, or set snapshot.mode: never and do not verify here");
    }
    c->session = c->side->opened;
    return 0;
}

/* The connection with its settings; NULL on failure. */
static struct pq *session(struct pgchunk *c, struct cdc_err *err)
{
    struct pq *pq = pgside_connection(c->side, err);

    if (!pq || (c->session == c->side->opened && c->block) || make_settings(c, pq, err) == 0)
        return pq;
    pgside_reset(c->side);
    return NULL;
}

/* "snapshot position definition" */
static int take_header(struct pgchunk *c, struct reading *r, struct cdc_slice text, struct cdc_err *err)
{
    const char *first = text.len ? memchr(text.ptr, ' ', text.len) : NULL, *end = text.ptr + text.len;
    const char *second = first ? memchr(first + 1, ' ', (size_t)(end - first - 1)) : NULL;
    char position[PGLSN_TEXT];
    uint64_t lsn;

    if (!second ||
        !cdc_slice_is(cdc_slice(second + 1, (size_t)(end - second - 1)), c->table.order.definition)) {
        r->changed = true;
        return 0;
    }
    if (pglsn_parse(cdc_slice(first + 1, (size_t)(second - first - 1)), &lsn))
        return cdc_err_set(err, CDC_ERR_RETRY, "the server did not say where its log ends");
    pglsn_print(pglsn_record_end(lsn, c->block, c->segment), position);
    cdc_buf_reset(&r->chunk->visibility);
    cdc_buf_put(&r->chunk->visibility, text.ptr, (size_t)(first - text.ptr));
    cdc_buf_reset(&r->chunk->high);
    cdc_buf_puts(&r->chunk->high, position);
    return r->chunk->visibility.failed || r->chunk->high.failed ? cdc_err_memory(err) : 0;
}

static int make_place(const struct pgchunk *c, struct reading *r, const struct pq_result *result,
                      struct cdc_err *err)
{
    struct cdc_slice values[PGORDER_MAX];
    const struct pgorder *order = &c->table.order;

    for (size_t i = 0; i < order->n; i++)
        values[i] = pq_slice(result, 0, 1 + (int)order->columns[i].at);
    cdc_buf_reset(&r->place);
    pgplace_put(&r->place, order->hash, order->n, values);
    return r->place.failed ? cdc_err_memory(err) : 0;
}

static int give_row(struct pgchunk *c, struct reading *r, const struct pq_result *result, struct cdc_err *err)
{
    struct cdc_row row;

    for (uint32_t i = 0; i < c->table.rows.relation->rel.ncolumns; i++)
        r->bytes += pq_slice(result, 0, 1 + (int)i).len;
    if (make_place(c, r, result, err) || pgrows_take(&c->table.rows, result, 1, &row, err))
        return -1;
    r->chunk->rows++;
    return r->each(r->ctx, &row, cdc_buf_slice(&r->place), err);
}

/* Parts come one after the other; should a server ever mix them, rows would be missed. */
static int check_part(const struct pq_result *result, int64_t *part, struct cdc_err *err)
{
    int64_t now = pq_integer(result, 0, 0);

    if (now < *part)
        return cdc_err_set(err, CDC_ERR_FATAL, "the server gave the parts of a chunk out of order");
    *part = now;
    return 0;
}

/* Rows until the last, or until their bytes are enough. With *ended none is on its way any more. */
static int give_rows(struct pgchunk *c, struct reading *r, struct pq *pq, bool *ended, struct cdc_err *err)
{
    struct pq_result *result;
    int64_t part = 0;
    int rc = 0;

    while (rc == 0 && (r->bytes < r->request->bytes || r->chunk->rows == 0 || r->chunk->rows == r->limit)) {
        int got = pq_fetch(pq, ROW_MS, &result, err);
        *ended = got <= 0;
        if (got <= 0)
            return got;
        rc = check_part(result, &part, err);
        if (rc == 0)
            rc = give_row(c, r, result, err);
        pq_free(result);
    }
    return rc;
}

/* The header, the announcement, the rows. */
static int take_results(struct pgchunk *c, struct reading *r, struct pq *pq, bool *ended, struct cdc_err *err)
{
    struct cdc_row announcement = {.op = CDC_OP_INSERT, .relation = &c->table.rows.relation->rel};
    struct pq_result *result;
    int rc = pq_fetch(pq, ROW_MS, &result, err);

    *ended = rc < 0;
    if (rc < 0)
        return -1;
    rc = rc ? take_header(c, r, pq_slice(result, 0, 0), err)
            : cdc_err_set(err, CDC_ERR_RETRY, "the server sent no row");
    pq_free(result);
    if (rc || r->changed)
        return rc;
    pgdescription_unbind(&c->table);
    rc = r->each(r->ctx, &announcement, cdc_slice(NULL, 0), err);
    return rc ? rc : give_rows(c, r, pq, ended, err);
}

static int refuse_place(const struct cdc_table_ref *ref, struct cdc_err *err)
{
    return cdc_err_set(err, CDC_ERR_DATA, "what was kept is not a place in the key of %s.%s, or no longer",
                       ref->schema, ref->name);
}

/* The key that `after` holds: texts that each end with a NUL, one after the other in a buffer. */
static int parse_place(const struct pgchunk *c, const struct reading *r, struct cdc_buf *buf,
                       const char *texts[PGORDER_MAX], struct cdc_err *err)
{
    struct cdc_slice parts[PGORDER_MAX];
    size_t n = r->request->after.len ? c->table.order.n : 0, at = 0;

    if (n && pgplace_parse(r->request->after, c->table.order.hash, n, parts))
        return refuse_place(r->request->table, err);
    for (size_t i = 0; i < n; i++) {
        cdc_buf_put_slice(buf, parts[i]);
        cdc_buf_putc(buf, '\0');
    }
    for (size_t i = 0; i < n && !buf->failed; i++) {
        texts[i] = buf->data + at;
        at += parts[i].len + 1;
    }
    return buf->failed ? cdc_err_memory(err) : 0;
}

static int send_select(struct pgchunk *c, struct reading *r, struct pq *pq, struct cdc_err *err)
{
    const struct pgorder *order = &c->table.order;
    struct pgselect select = {&c->table.catalog.tables[0],
                              order,
                              c->params->config->publication,
                              pq_version(pq),
                              r->request->after.len > 0,
                              r->request->exact,
                              r->limit};
    struct cdc_buf sql = {0}, buf = {0};
    const char *texts[PGORDER_MAX];
    uint32_t types[PGORDER_MAX];
    struct pq_values values = {select.after ? (int)order->n : 0, types, texts};
    int rc;

    for (size_t i = 0; i < order->n; i++)
        types[i] = order->columns[i].type;
    rc = parse_place(c, r, &buf, texts, err);
    if (rc == 0) {
        pgselect_put(&sql, &select);
        rc = cdc_buf_str(&sql)[0] ? pq_select(pq, sql.data, &values, err) : cdc_err_memory(err);
    }
    cdc_buf_fini(&sql);
    cdc_buf_fini(&buf);
    return rc;
}

/* It took too long. Fewer rows next time; but where there is no index, every chunk is the whole table. */
static int explain_slow(struct pgchunk *c, const struct reading *r, struct cdc_err *err)
{
    const struct cdc_table_ref *ref = r->request->table;

    c->most_rows = r->limit > 4 ? r->limit / 4 : 1;
    if (c->table.order.indexed)
        return -1;
    err->class = CDC_ERR_CONFIG;
    return cdc_err_hint(
        err,
        "no index gives the order in which %s.%s is read: give it a primary key, or an index on its key columns",
        ref->schema, ref->name);
}

/* The server refused the statement, or ended it: what that means here. */
static int explain(struct pgchunk *c, struct reading *r, const char *state, bool fresh, struct cdc_err *err)
{
    const struct cdc_table_ref *ref = r->request->table;

    if (!strcmp(state, "57014"))
        return explain_slow(c, r, err);
    if (!strncmp(state, "42", 2) && strcmp(state, "42501") && !fresh) {
        r->changed = true;
        return 0;
    }
    if (!strncmp(state, "22", 2) && r->request->after.len)
        return refuse_place(ref, err);
    if (!strcmp(state, "42883")) {
        err->class = CDC_ERR_CONFIG;
        return cdc_err_hint(err, "the key columns of %s.%s have no order: give it a primary key", ref->schema,
                            ref->name);
    }
    return -1;
}

/* One statement. The connection is free afterwards, or closed. */
static int read_once(struct pgchunk *c, struct reading *r, struct pq *pq, bool fresh, struct cdc_err *err)
{
    struct cdc_err ignored;
    bool ended = false;
    int rc;

    r->changed = false;
    if (send_select(c, r, pq, err))
        return -1;
    rc = take_results(c, r, pq, &ended, err);
    if (rc && ended) {
        if (pq_state(pq)[0] && r->chunk->rows == 0)
            rc = explain(c, r, pq_state(pq), fresh, err);
        pq_cancel(pq);
        pgside_reset(c->side);
    } else if (!ended && pq_abandon(pq, ABANDON_MS, &ignored)) {
        pgside_reset(c->side);
    }
    if (rc == 0)
        r->chunk->end = ended && (r->request->exact || r->chunk->rows < r->limit);
    return rc;
}

/* Reads again what changed between the look at it and the reading. */
static int read_table(struct pgchunk *c, struct reading *r, struct cdc_err *err)
{
    const struct cdc_table_ref *ref = r->request->table;

    for (int tries = 0; tries < MAX_TRIES; tries++) {
        bool fresh = r->changed || !pgdescription_is(&c->table, ref);
        struct pq *pq;
        int rc;
        if (fresh && pgdescription_load(&c->table, ref, err))
            return -1;
        c->table.catalog.tables[0].ref = ref;
        pq = session(c, err); /* the look at the table may have made a new one */
        rc = pq ? read_once(c, r, pq, fresh, err) : -1;
        if (rc || !r->changed)
            return rc;
    }
    return cdc_err_set(err, CDC_ERR_RETRY, "%s.%s was altered again and again while it was read", ref->schema,
                       ref->name);
}

/* What was not found in time is asked for in smaller pieces, which grow again. */
static uint64_t choose_limit(struct pgchunk *c, uint64_t rows)
{
    uint64_t limit = rows < 1 ? 1 : rows > MAX_ROWS ? MAX_ROWS : rows;

    if (!c->most_rows || c->most_rows >= limit) {
        c->most_rows = 0;
        return limit;
    }
    limit = c->most_rows;
    c->most_rows *= 2;
    return limit;
}

int pgchunk_read(struct pgchunk *c, const struct cdc_chunk_request *request, cdc_chunk_each *each, void *ctx,
                 enum cdc_chunk_outcome *outcome, struct cdc_chunk *chunk, struct cdc_err *err)
{
    struct reading r = {.request = request, .each = each, .ctx = ctx, .chunk = chunk};
    struct cdc_err unwanted = {0};
    struct pq *pq;
    bool early;
    int rc;

    err = err ? err : &unwanted;
    pq = session(c, err);
    if (!pq)
        return -1;
    if (pgsince_settle(&c->since, pq, request->since, &early, err)) {
        pgside_reset(c->side);
        return -1;
    }
    *outcome = early ? CDC_CHUNK_EARLY : CDC_CHUNK_READ;
    if (early)
        return 0;
    if (!pgdescription_is(&c->table, request->table))
        c->most_rows = 0;
    r.limit = choose_limit(c, request->rows);
    rc = read_table(c, &r, err);
    cdc_buf_fini(&r.place);
    return rc;
}

int pgchunk_estimate(struct pgchunk *c, const struct cdc_table_ref *table, uint64_t *rows,
                     struct cdc_err *err)
{
    struct pq *pq = pgside_connection(c->side, err);

    if (!pq)
        return -1;
    if (pgestimate(pq, table, rows, err) == 0)
        return 0;
    pgside_reset(c->side);
    return -1;
}
