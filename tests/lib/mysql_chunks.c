/* Chunks of the MySQL source in a test (mysql_chunks.h). Runs on the test's main thread; failures end the test. */
#include "lib/mysql_chunks.h"

#include "cdc/log.h"

#include "lib/fail.h"
#include "lib/mysql_items.h"
#include "lib/mysql_stream.h"

enum { STOPPED = 7, SERVER_ID = 7102 };

void mysql_chunks_begin(struct mysql_chunks *chunks, const char *host, const char *schema, const char *name)
{
    *chunks = (struct mysql_chunks){.request = {.rows = 1000, .bytes = 1 << 20}, .columns = {"id"}};
    chunks->table = (struct cdc_table_ref){schema, name, 1, chunks->columns, 1, chunks->columns};
    chunks->request.table = &chunks->table;
    chunks->config = (struct cdc_source_config){.type = CDC_SOURCE_MYSQL,
                                                .host = host,
                                                .user = "root",
                                                .password = "",
                                                .server_id = SERVER_ID,
                                                .timezone = "UTC",
                                                .heartbeat_ms = 1000};
    chunks->params = (struct cdc_source_params){
        .connector = "test", .config = &chunks->config, .ntables = 1, .tables = &chunks->table};
    cdc_log_init(CDC_LOG_ERROR, CDC_LOG_TEXT, "");
    if (mysql_source_ops.open(&chunks->source, &chunks->params, &chunks->err))
        fail("opening the source: %s", chunks->err.message);
}

static int take(void *ctx, const struct cdc_row *row, struct cdc_slice place, struct cdc_err *err)
{
    struct mysql_chunks *chunks = ctx;
    struct cdc_buf line = {0};

    (void)err;
    if (!row->after) {
        for (uint32_t i = 0; i < row->relation->ncolumns; i++)
            row->relation->columns[i].wanted = true;
        return 0;
    }
    if (chunks->stop && chunks->chunk.rows == chunks->stop)
        return STOPPED;
    chunks->rows++;
    cdc_buf_reset(&chunks->after);
    cdc_buf_put_slice(&chunks->after, place);
    if (memchr(place.ptr, '\0', place.len) || !place.len)
        fail("a place that is empty or holds a NUL");
    if (!chunks->quiet) {
        mysql_items_values(row->relation, row->after, &line);
        cdc_buf_put(&chunks->lines, line.data + 1, line.len - 1);
        cdc_buf_putc(&chunks->lines, '\n');
    }
    cdc_buf_fini(&line);
    return 0;
}

static void reset(struct cdc_chunk *chunk)
{
    cdc_buf_fini(&chunk->visibility);
    cdc_buf_fini(&chunk->high);
    *chunk = (struct cdc_chunk){.rows = 0};
}

int mysql_chunks_try(struct mysql_chunks *chunks)
{
    struct cdc_buf after = {0};
    int rc;

    cdc_buf_put_slice(&after, cdc_buf_slice(&chunks->after));
    chunks->request.after = cdc_buf_slice(&after);
    chunks->err = (struct cdc_err){0};
    reset(&chunks->chunk);
    rc = mysql_source_ops.chunk(chunks->source, &chunks->request, take, chunks, &chunks->outcome,
                                &chunks->chunk, &chunks->err);
    cdc_buf_fini(&after);
    if (rc == 0)
        cdc_buf_puts(&chunks->lines, chunks->outcome == CDC_CHUNK_EARLY ? "-- early\n"
                                     : chunks->chunk.end                ? "-- end\n"
                                                                        : "--\n");
    return rc;
}

void mysql_chunks_next(struct mysql_chunks *chunks)
{
    if (mysql_chunks_try(chunks))
        fail("reading a chunk: %s (%s)", chunks->err.message, chunks->err.hint);
}

void mysql_chunks_read(struct mysql_chunks *chunks, uint64_t rows)
{
    chunks->request.rows = rows;
    do
        mysql_chunks_next(chunks);
    while (!chunks->chunk.end);
}

void mysql_chunks_rewind(struct mysql_chunks *chunks)
{
    cdc_buf_reset(&chunks->after);
    cdc_buf_reset(&chunks->lines);
    chunks->rows = 0;
}

void mysql_chunks_go(struct mysql_chunks *chunks, const char *place)
{
    cdc_buf_reset(&chunks->after);
    cdc_buf_puts(&chunks->after, place);
}

void mysql_chunks_expect(struct mysql_chunks *chunks, const char *lines)
{
    if (strcmp(cdc_buf_str(&chunks->lines), lines) != 0)
        fail("expected:\n%s\nread:\n%s", lines, cdc_buf_str(&chunks->lines));
}

void mysql_chunks_expect_error(struct mysql_chunks *chunks, enum cdc_err_class class, const char *text)
{
    const struct cdc_err *err = &chunks->err;

    if (mysql_chunks_try(chunks) == 0)
        fail("no error comes (\"%s\")", text);
    if (err->class != class || (!strstr(err->message, text) && !strstr(err->hint, text)))
        fail("not \"%s\": %s (%s, %s)", text, err->message, cdc_err_class_name(err->class), err->hint);
    if (class == CDC_ERR_CONFIG && !err->hint[0])
        fail("no remedy: %s", err->message);
}

bool mysql_chunks_sees(const struct mysql_chunks *chunks, const char *gtid)
{
    struct cdc_slice id = cdc_slice_str(mysql_stream_spell(gtid));

    return mysql_source_ops.sees(cdc_buf_slice(&chunks->chunk.visibility),
                                 &(struct cdc_tx){.id = id, .xid = id});
}

bool mysql_chunks_reached(const struct mysql_chunks *chunks, const char *position)
{
    return mysql_source_ops.reached(cdc_slice_str(mysql_stream_spell(position)),
                                    cdc_buf_slice(&chunks->chunk.high));
}

void mysql_chunks_end(struct mysql_chunks *chunks)
{
    mysql_source_ops.close(chunks->source);
    reset(&chunks->chunk);
    cdc_buf_fini(&chunks->after);
    cdc_buf_fini(&chunks->lines);
    *chunks = (struct mysql_chunks){.stop = 0};
}
