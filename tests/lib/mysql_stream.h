/*
 * The MySQL source in a test, without the rest of the agent: started at a position, its items collected as lines of text
 * (lib/mysql_items.h), waited for by what they say.
 *
 *     static struct mysql_stream stream;
 *     mysql_stream_init(&stream, maria->socket, "shop.item,shop.other");
 *     mysql_stream_begin(&stream, "");                        // where the server is now
 *     server_mariadb_sql(maria, "shop", "INSERT …");
 *     mysql_stream_until(&stream, "insert shop.item id=1 ");
 *     mysql_stream_end(&stream);
 *
 * Expected texts and positions are written as MariaDB says them: on a MySQL "0-1-4" stands for the transaction UUID:4, and
 * "mariadb:0-1-4" for the position mysql:UUID:1-4, of the server whose server-id is 1. mysql_stream_spell() does that.
 *
 * Everything that goes wrong fails the test, unless a function says otherwise.
 */
#ifndef TESTS_LIB_MYSQL_STREAM_H
#define TESTS_LIB_MYSQL_STREAM_H

#include "cdc/source.h"

enum { MYSQL_STREAM_TABLES = 8, MYSQL_STREAM_SERVER_ID = 7101 };

/* Read it, do not write it; `config`, `tables` and `quiet` may be changed before begin(). */
struct mysql_stream {
    struct cdc_source_config config;
    struct cdc_table_ref tables[MYSQL_STREAM_TABLES];
    struct cdc_source_params params;
    char *names; /* of the tables */
    struct cdc_source *source;
    struct cdc_buf lines;    /* since the last clear() */
    struct cdc_buf position; /* of the newest COMMIT or POSITION, whole */
    struct cdc_buf started;
    struct cdc_err err;
    bool quiet; /* rows are counted, not printed */
    uint64_t rows, commits;
};

/* The text as the server of this run says it. Valid until the next call but three. */
const char *mysql_stream_spell(const char *text);

/* `host`: as in the configuration. `tables`: "schema.table", joined by commas. */
void mysql_stream_init(struct mysql_stream *stream, const char *host, const char *tables);
/* Makes the source object. */
void mysql_stream_open(struct mysql_stream *stream);
/* Opens, connects and starts; -1 with stream->err. `identity`: of the checkpoint; may be NULL. */
int mysql_stream_try(struct mysql_stream *stream, const char *position, const char *identity);
void mysql_stream_begin(struct mysql_stream *stream, const char *position);
/* Starts once more at `position`, on a new connection of the same object. */
void mysql_stream_again(struct mysql_stream *stream, const char *position);

/* Reads on until the lines contain the text, for 20 s at most. */
void mysql_stream_until(struct mysql_stream *stream, const char *text);
/* Reads on until so many rows have come since begin(). */
void mysql_stream_until_rows(struct mysql_stream *stream, uint64_t rows);
/* Reads on until the source fails, and checks the class and that message or hint contain the text. */
void mysql_stream_expect_error(struct mysql_stream *stream, enum cdc_err_class class, const char *text);
/* The same for an error that has come already. */
void mysql_stream_check_error(const struct mysql_stream *stream, enum cdc_err_class class, const char *text);
/* The lines contain the text so many times. */
void mysql_stream_expect(struct mysql_stream *stream, const char *text, unsigned times);
void mysql_stream_clear(struct mysql_stream *stream);
/* One step: takes what is there, or waits for a moment. -1 with stream->err. */
int mysql_stream_step(struct mysql_stream *stream);
/* Closes the source and frees everything. Zeroed is fine. */
void mysql_stream_end(struct mysql_stream *stream);

#endif
