/*
 * Starting the stream (source_impl.h): proof that the server still has everything after the checkpoint, then the dump. Source
 * thread. Whatever would be a silent gap is refused as CDC_ERR_GAP with what happened and what to do:
 *
 *   purged logs, a history that lacks what was read (RESET, restored backup, other server, replica that lags), logs that were
 *   begun anew under old names (decode_event.c), MariaDB's empty position after a purge (likewise), another server when the
 *   position is a file
 */
#include "source_impl.h"

#include "mapped.h"
#include "probe.h"
#include "remedy.h"

#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

static const char HINT_RESNAPSHOT[] = "keep logs longer (binlog_expire_logs_seconds), and " MY_BEGIN_ANEW;
static const char HINT_HISTORY[] =
    "the server was reset, restored from a backup, or is another one; a replica that lags behind: wait until it has caught "
    "up. Otherwise " MY_BEGIN_ANEW;

static int refuse(struct cdc_err *err, enum cdc_err_class class, const char *hint, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static int refuse(struct cdc_err *err, enum cdc_err_class class, const char *hint, const char *fmt, ...)
{
    char message[400];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    cdc_err_set(err, class, "%s", message);
    return cdc_err_hint(err, "%s", hint);
}

/* What must be right whatever the position. */
static int check_server(const struct cdc_source *source, struct cdc_err *err)
{
    const struct my_server *server = &source->server;

    if (!server->log_bin)
        return refuse(err, CDC_ERR_CONFIG, "set log_bin and restart the database server",
                      "the server writes no binlog");
    if (strcasecmp(server->binlog_format, "ROW") != 0)
        return refuse(err, CDC_ERR_CONFIG, "SET GLOBAL binlog_format=ROW, and in the server's configuration",
                      "binlog_format is %s: changes are logged as statements, not as rows",
                      server->binlog_format);
    if (server->server_id == source->params.config->server_id)
        return refuse(err, CDC_ERR_CONFIG, "give the connector a source.server_id of its own",
                      "source.server_id is %u, which is the server's own", server->server_id);
    return 0;
}

/* Who starts a dump ends that of any other reader with its number: rather wait until the other one has gone. */
static int check_server_id(struct cdc_source *source, struct cdc_err *err)
{
    uint32_t ours = source->params.config->server_id;
    struct cdc_buf holder = {0};
    int rc = my_catalog_server_connect(source->catalog, err);

    if (rc == 0)
        rc = my_probe_server_id(source->control, &source->server, ours, source->reported_host, &holder, NULL,
                                err);
    if (rc == 0 && holder.len)
        rc = refuse(err, CDC_ERR_RETRY,
                    "each reader of the binlog needs a number of its own: end the other one, or give this "
                    "connector another source.server_id",
                    "source.server_id %u is in use by a reader that calls itself \"%.100s\"", ours,
                    cdc_buf_str(&holder));
    cdc_buf_fini(&holder);
    return rc;
}

/* Later runs: whether the server can go on from the checkpoint. */

/* The part of `a` that is not in `b`, as text; cut where it is long. */
static const char *missing(const struct my_gtid_set *a, const struct my_gtid_set *b, struct cdc_buf *text)
{
    struct my_gtid_set rest = {0};

    if (my_gtid_set_copy(&rest, a) == 0 && my_gtid_set_subtract(&rest, b) == 0)
        my_gtid_set_print(&rest, text);
    my_gtid_set_fini(&rest);
    if (text->len > 150)
        text->len = 150;
    return cdc_buf_str(text);
}

static int compare_sets(const struct my_gtid_set *done, const struct my_gtid_set *executed,
                        const struct my_gtid_set *purged, struct cdc_err *err)
{
    struct cdc_buf text = {0};
    int rc = 0;

    if (!my_gtid_set_contains(executed, done))
        rc = refuse(err, CDC_ERR_GAP, HINT_HISTORY,
                    "the server has not executed transactions that were read before: %s",
                    missing(done, executed, &text));
    else if (!my_gtid_set_contains(done, purged))
        rc = refuse(err, CDC_ERR_GAP, HINT_RESNAPSHOT,
                    "the server has purged transactions that were not read yet: %s",
                    missing(purged, done, &text));
    cdc_buf_fini(&text);
    return rc;
}

static int less_held(const struct my_position *position, struct my_gtid_set *done)
{
    struct my_gtid_set held = {0};
    int rc = my_gtid_set_copy(done, &position->set);

    for (size_t i = 0; rc == 0 && i < position->nheld; i++)
        rc = my_gtid_set_add(&held, &position->held[i].id.gtid);
    if (rc == 0)
        rc = my_gtid_set_subtract(done, &held);
    my_gtid_set_fini(&held);
    return rc;
}

static int check_mysql(struct cdc_source *source, struct my_client *client,
                       const struct my_position *position, struct cdc_err *err)
{
    struct my_gtid_set done = {0}, executed = {0}, purged = {0};
    int rc;

    if (source->server.mariadb)
        return refuse(err, CDC_ERR_GAP, HINT_HISTORY,
                      "the checkpoint is of a MySQL server, this one is MariaDB %s", source->server.version);
    if (!my_server_has_gtids(&source->server))
        return refuse(err, CDC_ERR_GAP, "set gtid_mode=ON again, or " MY_BEGIN_ANEW,
                      "the checkpoint counts GTIDs, but the server's gtid_mode is %s",
                      source->server.gtid_mode);
    rc = my_server_gtids(client, "gtid_executed", &executed, err) ||
                 my_server_gtids(client, "gtid_purged", &purged, err)
             ? -1
             : 0;
    if (rc == 0)
        rc = less_held(position, &done) ? cdc_err_memory(err) : compare_sets(&done, &executed, &purged, err);
    my_gtid_set_fini(&done);
    my_gtid_set_fini(&executed);
    my_gtid_set_fini(&purged);
    return rc;
}

static int compare_state(const struct my_mgtid_list *state, const struct my_mgtid_list *list,
                         struct cdc_err *err)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct my_mgtid *gtid = &list->items[i];

        if (!my_mgtid_list_wrote(state, *gtid))
            return refuse(err, CDC_ERR_GAP, HINT_HISTORY,
                          "the server's binlog lacks transaction %u-%u-%llu, which was read before",
                          gtid->domain, gtid->server, (unsigned long long)gtid->sequence);
    }
    return 0;
}

/* What was purged, the server itself says when asked for the dump. */
static int check_mariadb(struct cdc_source *source, struct my_client *client,
                         const struct my_position *position, struct cdc_err *err)
{
    struct my_mgtid_list state = {0};
    struct cdc_buf text = {0};
    bool found;
    int rc;

    if (!source->server.mariadb)
        return refuse(err, CDC_ERR_GAP, HINT_HISTORY,
                      "the checkpoint is of a MariaDB server, this one is MySQL %s", source->server.version);
    rc = my_server_variable(client, "gtid_binlog_state", &text, &found, err);
    if (rc == 0)
        rc = my_mgtid_list_parse(&state, false, cdc_buf_slice(&text), err);
    if (rc == 0)
        rc = compare_state(&state, &position->list, err);
    my_mgtid_list_fini(&state);
    cdc_buf_fini(&text);
    return rc;
}

static int check_file(const struct cdc_source *source, const struct cdc_checkpoint *from, struct cdc_err *err)
{
    struct cdc_slice before = cdc_buf_slice(&from->identity), now = cdc_buf_slice(&source->identity);

    if (before.len == 0 || cdc_slice_eq(before, now))
        return 0;
    return refuse(
        err, CDC_ERR_GAP,
        "positions in files mean nothing on another server: set gtid_mode=ON to be able to change servers, and " MY_BEGIN_ANEW,
        "this is another server (%.*s) than that of the checkpoint (%.*s)", CDC_ARG(now), CDC_ARG(before));
}

static int check_position(struct cdc_source *source, struct my_client *client,
                          const struct cdc_checkpoint *from, const struct my_position *position,
                          struct cdc_err *err)
{
    switch (position->form) {
    case MY_POSITION_FILE:
        return check_file(source, from, err);
    case MY_POSITION_MYSQL:
        return check_mysql(source, client, position, err);
    case MY_POSITION_MARIADB:
        return check_mariadb(source, client, position, err);
    case MY_POSITION_NONE:
        break;
    }
    return 0;
}

int my_source_verify(struct cdc_source *source, const struct cdc_checkpoint *from, struct cdc_err *err)
{
    struct my_position position = {0};
    int rc = my_position_parse(&position, cdc_buf_slice(&from->position), err);

    if (rc == 0)
        rc = check_position(source, source->control, from, &position, err);
    my_position_fini(&position);
    return rc;
}

/* The dump. */

/* Both spellings: MySQL 8.0.26 renamed them, and a server ignores user variables that it does not know. */
static int set_session(struct cdc_source *source, const struct my_dump_start *start, struct cdc_err *err)
{
    long long beat = (long long)source->params.config->heartbeat_ms * 1000000;
    struct cdc_buf sql = {0};
    int rc;

    cdc_buf_printf(&sql,
                   "SET @master_binlog_checksum = @@global.binlog_checksum, "
                   "@source_binlog_checksum = @@global.binlog_checksum, "
                   "@master_heartbeat_period = %lld, @source_heartbeat_period = %lld",
                   beat, beat);
    if (source->server.mariadb)
        cdc_buf_puts(&sql, ", @mariadb_slave_capability = 4");
    if (start->form == MY_POSITION_MARIADB) {
        cdc_buf_puts(
            &sql,
            ", @slave_gtid_strict_mode = 0, @slave_gtid_ignore_duplicates = 0, @slave_connect_state = '");
        my_mgtid_list_print(start->list, &sql);
        cdc_buf_putc(&sql, '\'');
    }
    rc = sql.failed ? cdc_err_memory(err) : my_client_run(source->stream, cdc_buf_str(&sql), err);
    cdc_buf_fini(&sql);
    return rc;
}

static int ask_for_dump(struct cdc_source *source, const struct my_dump_start *start, struct cdc_err *err)
{
    struct my_client_dump dump = {.server_id = source->params.config->server_id,
                                  .file = "",
                                  .position = 4,
                                  .reported_host = source->reported_host};
    struct cdc_buf set = {0};
    int rc;

    if (start->form == MY_POSITION_FILE) {
        dump.file = start->place->name;
        dump.position = start->place->offset;
        if (dump.position > UINT32_MAX)
            return refuse(err, CDC_ERR_GAP, HINT_RESNAPSHOT,
                          "%s:%llu lies beyond 4 GiB, from where no server begins", dump.file,
                          (unsigned long long)dump.position);
    } else if (start->form == MY_POSITION_MYSQL) {
        my_gtid_set_encode(start->set, &set);
        dump.by_gtid = true;
        dump.gtids = cdc_buf_slice(&set);
    }
    rc = set.failed ? cdc_err_memory(err) : my_client_dump(source->stream, &dump, err);
    cdc_buf_fini(&set);
    return rc;
}

/* Up to the log's FORMAT_DESCRIPTION there are no items; a refusal by the server comes in place of the first event. */
static int read_head(struct cdc_source *source, struct cdc_err *err)
{
    struct cdc_item item;

    for (int i = 0; i < 2; i++) {
        if (my_source_fetch(source, err) || my_decoder_next(source->decoder, &item, err))
            return -1;
    }
    return 0;
}

int my_source_dump(struct cdc_source *source, struct cdc_err *err)
{
    struct my_dump_start start = my_decoder_dump_start(source->decoder);

    if (set_session(source, &start, err) || ask_for_dump(source, &start, err) || read_head(source, err))
        return cdc_err_wrap(err, "starting the stream");
    return 0;
}

static int start_at(struct cdc_source *source, const struct my_position *position, struct cdc_err *err)
{
    const struct my_server *server = &source->server;
    struct my_decoder_server facts = {
        .fold_case = server->lower_case_names != 0,
        .mariadb = server->mariadb,
        .checksums = server->checksums,
        .identity = strcasecmp(server->row_image, "FULL") == 0 ? CDC_IDENTITY_FULL : CDC_IDENTITY_KEY};

    source->caught_up_ms = 0;
    source->reached = 0;
    return my_decoder_start(source->decoder, position, &facts, err) || my_source_dump(source, err) ? -1 : 0;
}

int my_source_try(struct cdc_source *source, const struct cdc_checkpoint *from, struct cdc_err *err)
{
    const struct cdc_source_config *config = source->params.config;
    struct cdc_source_config other = *config;
    struct my_position position = {0};
    int rc = my_position_parse(&position, cdc_buf_slice(&from->position), err);

    other.server_id = MY_PROBE_NUMBER(config->server_id);
    source->params.config = &other;
    if (rc == 0)
        rc = my_client_connect(source->stream, my_source_patience_ms(source), err) ||
                     start_at(source, &position, err)
                 ? -1
                 : 0;
    my_client_close(source->stream);
    source->params.config = config;
    my_position_fini(&position);
    return rc;
}

int my_source_start(struct cdc_source *source, const struct cdc_checkpoint *from, struct cdc_buf *started,
                    struct cdc_err *err)
{
    struct my_position position = {0};
    int rc = check_server(source, err) || check_server_id(source, err) ||
                     my_mapped_check(source, from->position.len == 0, err)
                 ? -1
                 : 0;

    if (rc == 0)
        rc = my_position_parse(&position, cdc_buf_slice(&from->position), err);
    if (rc == 0)
        rc = position.form == MY_POSITION_NONE
                 ? my_server_position(source->stream, &source->server, &position, err)
                 : check_position(source, source->stream, from, &position, err);
    if (rc == 0)
        rc = start_at(source, &position, err);
    if (rc == 0) {
        cdc_buf_reset(started);
        my_position_print(my_decoder_position(source->decoder), started);
        rc = started->failed ? cdc_err_memory(err) : 0;
    }
    my_position_fini(&position);
    return rc;
}
