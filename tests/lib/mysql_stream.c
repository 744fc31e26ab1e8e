/* The MySQL source in a test (mysql_stream.h). Runs on the test's main thread; failures end the test. */
#include "lib/mysql_stream.h"

#include "cdc/clock.h"
#include "cdc/log.h"

#include "lib/fail.h"
#include "lib/mysql_items.h"
#include "lib/server_mariadb.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 20000, WAIT_MS = 100, SHOWN = 3000 };

static const char *const ID[] = {"id"};

/* "0-S-N" as UUID:N; in a position all up to N. What was read of it, or 0. */
static size_t spell_gtid(struct cdc_buf *out, const char *text, bool position)
{
    unsigned long long number;
    unsigned server;
    int len = 0;

    if (sscanf(text, "0-%u-%llu%n", &server, &number, &len) != 2 || len == 0)
        return 0;
    cdc_buf_printf(out, position ? "mysql:" SERVER_MARIADB_UUID ":" : SERVER_MARIADB_UUID ":", server);
    cdc_buf_printf(out, position && number > 1 ? "1-%llu" : "%llu", number);
    return (size_t)len;
}

static void spell_into(struct cdc_buf *out, const char *text)
{
    static const char mark[] = "mariadb:";
    char before = '\0';

    while (*text) {
        bool position = strncmp(text, mark, sizeof mark - 1) == 0;
        const char *gtid = position ? text + sizeof mark - 1 : text;
        size_t len = isdigit((unsigned char)before) ? 0 : spell_gtid(out, gtid, position);

        if (len)
            text = gtid + len;
        else
            cdc_buf_putc(out, *text++);
        before = text[-1];
    }
}

const char *mysql_stream_spell(const char *text)
{
    static struct cdc_buf bufs[4];
    static unsigned next;
    struct cdc_buf *out = &bufs[next++ % 4];

    if (!server_mariadb_is_mysql())
        return text;
    cdc_buf_reset(out);
    spell_into(out, text);
    if (out->failed)
        fail("out of memory");
    return cdc_buf_str(out);
}

void mysql_stream_init(struct mysql_stream *stream, const char *host, const char *tables)
{
    char *at;

    *stream = (struct mysql_stream){.names = text_print("%s", tables)};
    stream->config = (struct cdc_source_config){.type = CDC_SOURCE_MYSQL,
                                                .host = host,
                                                .user = "root",
                                                .password = "",
                                                .server_id = MYSQL_STREAM_SERVER_ID,
                                                .timezone = "UTC",
                                                .heartbeat_ms = 200};
    stream->params =
        (struct cdc_source_params){.connector = "test", .config = &stream->config, .tables = stream->tables};
    for (at = strtok(stream->names, ","); at; at = strtok(NULL, ",")) {
        char *dot = strchr(at, '.');

        *dot = '\0';
        stream->tables[stream->params.ntables++] = (struct cdc_table_ref){at, dot + 1, 1, ID, 1, ID};
    }
}

void mysql_stream_open(struct mysql_stream *stream)
{
    cdc_log_init(CDC_LOG_ERROR, CDC_LOG_TEXT, "");
    if (mysql_source_ops.open(&stream->source, &stream->params, &stream->err))
        fail("opening the source: %s", stream->err.message);
}

static int start(struct mysql_stream *stream, const char *position, const char *identity)
{
    struct cdc_checkpoint from = {0};
    int rc;

    cdc_buf_puts(&from.position, mysql_stream_spell(position));
    cdc_buf_puts(&from.identity, identity ? identity : "");
    cdc_buf_reset(&stream->started);
    stream->err = (struct cdc_err){0};
    rc = mysql_source_ops.connect(stream->source, &stream->err) ||
                 mysql_source_ops.start(stream->source, &from, &stream->started, &stream->err)
             ? -1
             : 0;
    cdc_checkpoint_fini(&from);
    cdc_buf_reset(&stream->position);
    cdc_buf_put_slice(&stream->position, cdc_buf_slice(&stream->started));
    return rc;
}

int mysql_stream_try(struct mysql_stream *stream, const char *position, const char *identity)
{
    mysql_stream_open(stream);
    return start(stream, position, identity);
}

void mysql_stream_begin(struct mysql_stream *stream, const char *position)
{
    if (mysql_stream_try(stream, position, NULL))
        fail("starting at \"%s\": %s (%s)", position, stream->err.message, stream->err.hint);
}

void mysql_stream_again(struct mysql_stream *stream, const char *position)
{
    if (start(stream, position, NULL))
        fail("starting again at \"%s\": %s (%s)", position, stream->err.message, stream->err.hint);
}

static void take(struct mysql_stream *stream, const struct cdc_item *item)
{
    stream->rows += item->type == CDC_ITEM_ROW;
    stream->commits += item->type == CDC_ITEM_COMMIT;
    if (item->type == CDC_ITEM_COMMIT || item->type == CDC_ITEM_POSITION) {
        cdc_buf_reset(&stream->position);
        cdc_buf_put_slice(&stream->position, item->position);
    }
    if (!stream->quiet || item->type == CDC_ITEM_RELATION)
        mysql_items_print(item, &stream->lines);
    if (stream->lines.failed)
        fail("out of memory");
}

int mysql_stream_step(struct mysql_stream *stream)
{
    struct cdc_item item;

    do {
        if (mysql_source_ops.next(stream->source, &item, &stream->err))
            return -1;
        take(stream, &item);
    } while (item.type != CDC_ITEM_NONE);
    return mysql_source_ops.wait(stream->source, WAIT_MS, &stream->err);
}

static const char *last_lines(struct mysql_stream *stream)
{
    const char *all = cdc_buf_str(&stream->lines);

    return stream->lines.len > SHOWN ? all + stream->lines.len - SHOWN : all;
}

static void step_or_fail(struct mysql_stream *stream, const char *what, int64_t until_ms)
{
    if (mysql_stream_step(stream))
        fail("waiting for \"%s\": %s (%s)\n%s", what, stream->err.message, stream->err.hint,
             last_lines(stream));
    if (cdc_now_ms() > until_ms)
        fail("\"%s\" does not come\n%s", what, last_lines(stream));
}

void mysql_stream_until(struct mysql_stream *stream, const char *text)
{
    int64_t until_ms = cdc_now_ms() + PATIENCE_MS;

    text = mysql_stream_spell(text);
    while (!strstr(cdc_buf_str(&stream->lines), text))
        step_or_fail(stream, text, until_ms);
}

void mysql_stream_until_rows(struct mysql_stream *stream, uint64_t rows)
{
    int64_t until_ms = cdc_now_ms() + 6 * PATIENCE_MS;

    while (stream->rows < rows)
        step_or_fail(stream, "all rows", until_ms);
}

void mysql_stream_check_error(const struct mysql_stream *stream, enum cdc_err_class class, const char *text)
{
    if (stream->err.class != class)
        fail("class %s, not %s: %s (%s)", cdc_err_class_name(stream->err.class), cdc_err_class_name(class),
             stream->err.message, stream->err.hint);
    text = mysql_stream_spell(text);
    if (!strstr(stream->err.message, text) && !strstr(stream->err.hint, text))
        fail("\"%s\" is not said: %s (%s)", text, stream->err.message, stream->err.hint);
}

void mysql_stream_expect_error(struct mysql_stream *stream, enum cdc_err_class class, const char *text)
{
    int64_t until_ms = cdc_now_ms() + PATIENCE_MS;

    while (mysql_stream_step(stream) == 0)
        if (cdc_now_ms() > until_ms)
            fail("no error comes (\"%s\")\n%s", text, last_lines(stream));
    mysql_stream_check_error(stream, class, text);
}

void mysql_stream_expect(struct mysql_stream *stream, const char *text, unsigned times)
{
    unsigned n = 0;

    text = mysql_stream_spell(text);
    for (const char *at = cdc_buf_str(&stream->lines); (at = strstr(at, text)); at++)
        n++;
    if (n != times)
        fail("\"%s\" comes %u times, not %u\n%s", text, n, times, last_lines(stream));
}

void mysql_stream_clear(struct mysql_stream *stream)
{
    cdc_buf_reset(&stream->lines);
}

void mysql_stream_end(struct mysql_stream *stream)
{
    mysql_source_ops.close(stream->source);
    cdc_buf_fini(&stream->lines);
    cdc_buf_fini(&stream->position);
    cdc_buf_fini(&stream->started);
    free(stream->names);
    *stream = (struct mysql_stream){0};
}
