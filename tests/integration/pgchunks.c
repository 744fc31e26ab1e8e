/* Chunks as text (pgchunks.h). */
#include "integration/pgchunks.h"

static const struct cdc_source_ops *const ops = &postgresql_source_ops;

void pgchunks_open(struct pgchunks *c, struct pgtest *t)
{
    *c = (struct pgchunks){.t = t};
    if (ops->open(&c->source, &t->params, &c->err))
        fail("open: %s", c->err.message);
}

static void reset(struct pgchunks *c)
{
    cdc_buf_fini(&c->chunk.visibility);
    cdc_buf_fini(&c->chunk.high);
    c->chunk = (struct cdc_chunk){0};
    cdc_buf_reset(&c->log);
    c->err = (struct cdc_err){0};
}

void pgchunks_fini(struct pgchunks *c)
{
    reset(c);
    ops->close(c->source);
    cdc_buf_fini(&c->log);
    cdc_buf_fini(&c->place);
    *c = (struct pgchunks){0};
}

static int take_row(void *ctx, const struct cdc_row *row, struct cdc_slice place, struct cdc_err *err)
{
    struct pgchunks *c = ctx;

    if (!row->after) {
        for (uint32_t i = 0; i < row->relation->ncolumns; i++)
            row->relation->columns[i].wanted = true;
        return 0;
    }
    pgtest_print_row(&c->log, row);
    cdc_buf_reset(&c->place);
    cdc_buf_put_slice(&c->place, place);
    if (c->stop_after && --c->stop_after == 0)
        return cdc_err_set(err, CDC_ERR_FATAL, "stopped");
    return 0;
}

int pgchunks_try(struct pgchunks *c, const struct cdc_chunk_request *request)
{
    reset(c);
    return ops->chunk(c->source, request, take_row, c, &c->outcome, &c->chunk, &c->err);
}

static void next(struct pgchunks *c, uint64_t rows)
{
    char after[4096];
    struct cdc_chunk_request request = {.table = &c->t->tables[0], .rows = rows, .bytes = UINT64_MAX};

    if (c->place.len > sizeof after)
        fail("a place of %zu bytes", c->place.len);
    if (c->place.len)
        memcpy(after, c->place.data, c->place.len);
    request.after = cdc_slice(after, c->place.len);
    if (pgchunks_try(c, &request))
        fail("chunk: %s (%s)", c->err.message, c->err.hint);
    if (c->outcome != CDC_CHUNK_READ)
        fail("too early");
}

const char *pgchunks_next(struct pgchunks *c, uint64_t rows)
{
    next(c, rows);
    return cdc_buf_str(&c->log);
}

/* From "INSERT public.t a=1 b=2" the text behind the first "=", up to the next column. */
static void put_first_values(struct cdc_buf *out, const char *lines)
{
    while (*lines) {
        const char *value = strchr(lines, '=') + 1, *end = strchr(value, '\n');
        const char *blank = memchr(value, ' ', (size_t)(end - value));
        if (out->len)
            cdc_buf_putc(out, ' ');
        cdc_buf_put(out, value, (size_t)((blank ? blank : end) - value));
        lines = end + 1;
    }
}

const char *pgchunks_all(struct pgchunks *c, uint64_t rows)
{
    struct cdc_buf all = {0};

    cdc_buf_reset(&c->place);
    do {
        next(c, rows);
        put_first_values(&all, cdc_buf_str(&c->log));
    } while (!c->chunk.end);
    cdc_buf_fini(&c->log);
    c->log = all;
    return cdc_buf_str(&c->log);
}

bool pgchunks_sees(const struct pgchunks *c, const char *xid)
{
    struct cdc_tx tx = {.xid = cdc_slice_str(xid)};

    return ops->sees(cdc_buf_slice(&c->chunk.visibility), &tx);
}
