/*
 * `tributary check` for MySQL and MariaDB (cdc_source_ops.check): everything about the server that can be wrong before it goes wrong,
 * each finding with its remedy. Runs over the control connection and leaves nothing behind; ends early (-1) only when the
 * connection breaks. Tables are checked by check_tables.c, logs by check_history.c.
 */
#include "check_history.h"
#include "check_tables.h"
#include "probe.h"
#include "source_impl.h"

#include "cdc/clock.h"

#include <stdlib.h>
#include <strings.h>

#define DAY_S       86400
#define SKEW_MAX_US 1000000
#define MIB         (1024.0 * 1024.0)

static void check_version(const struct my_server *server, const struct cdc_report *report)
{
    const char *name = server->mariadb ? "MariaDB" : "MySQL";
    unsigned oldest = server->mariadb ? 100600 : 50700, newest = server->mariadb ? 110900 : 91000;

    if (server->number < oldest)
        cdc_report_add(report, CDC_FINDING_WARNING, "upgrade the database server",
                       "%s %s is older than what is tested", name, server->version);
    else if (server->number >= newest)
        cdc_report_add(report, CDC_FINDING_NOTE, NULL, "%s %s is newer than what is tested", name,
                       server->version);
    else
        cdc_report_add(report, CDC_FINDING_OK, NULL, "%s %s", name, server->version);
}

static void check_format(const struct my_server *server, const struct cdc_report *report)
{
    if (strcasecmp(server->binlog_format, "ROW") == 0)
        cdc_report_add(report, CDC_FINDING_OK, NULL, "binlog_format is ROW");
    else
        cdc_report_add(
            report, CDC_FINDING_ERROR,
            "SET GLOBAL binlog_format = ROW; and set it in the server's configuration",
            "binlog_format is %s: changes are logged as statements, which cannot be turned into rows",
            server->binlog_format);
}

static void check_image(const struct my_server *server, const struct cdc_report *report)
{
    bool full = strcasecmp(server->row_image, "FULL") == 0;

    if (full)
        cdc_report_add(report, CDC_FINDING_OK, NULL, "binlog_row_image is FULL");
    else
        cdc_report_add(
            report, CDC_FINDING_WARNING, "SET GLOBAL binlog_row_image = FULL",
            "binlog_row_image is %s: the store must look up previous values, and a column that an INSERT leaves to its "
            "default is taken to have the default of now, or is not known where that is no constant",
            server->row_image);
    if (!full && server->partial_json)
        cdc_report_add(
            report, CDC_FINDING_ERROR, "SET GLOBAL binlog_row_image = FULL, or binlog_row_value_options = ''",
            "binlog_row_value_options is PARTIAL_JSON without full row images: changed JSON columns are not known");
}

static void check_metadata(const struct my_server *server, const struct cdc_report *report)
{
    if (strcasecmp(server->row_metadata, "FULL") == 0)
        cdc_report_add(report, CDC_FINDING_OK, NULL, "binlog_row_metadata is FULL");
    else
        cdc_report_add(
            report, CDC_FINDING_WARNING, "SET GLOBAL binlog_row_metadata = FULL",
            "binlog_row_metadata is %s: column names come from the catalogue, which fits old rows only as long as no "
            "table is altered",
            server->row_metadata);
}

static void check_expiry(const struct my_server *server, const struct cdc_report *report)
{
    if (server->expire_s == 0)
        cdc_report_add(report, CDC_FINDING_NOTE,
                       "watch the disk, or SET GLOBAL binlog_expire_logs_seconds = 604800",
                       "binlogs are kept until someone purges them");
    else if (server->expire_s < DAY_S)
        cdc_report_add(
            report, CDC_FINDING_WARNING, "SET GLOBAL binlog_expire_logs_seconds = 604800",
            "binlogs are kept for %.0f s: if the agent stands still longer than that, changes are lost",
            server->expire_s);
    else
        cdc_report_add(report, CDC_FINDING_OK, NULL, "binlogs are kept for %.1f days",
                       server->expire_s / DAY_S);
}

static void check_gtids(const struct my_server *server, const struct cdc_report *report)
{
    if (my_server_has_gtids(server))
        cdc_report_add(report, CDC_FINDING_OK, NULL, "transactions have GTIDs");
    else
        cdc_report_add(
            report, CDC_FINDING_WARNING, "set gtid_mode = ON and enforce_gtid_consistency = ON",
            "gtid_mode is %s: positions are files and offsets, which end with this server, and tables cannot be "
            "loaded or verified",
            server->gtid_mode);
}

/* Two readers with one number throw each other out. */
static int check_server_id(struct cdc_source *source, const struct cdc_report *report, struct cdc_err *err)
{
    uint32_t ours = source->params.config->server_id;
    struct cdc_buf holder = {0};
    bool told;
    int rc = 0;

    if (ours == source->server.server_id)
        cdc_report_add(report, CDC_FINDING_ERROR, "give the connector a source.server_id of its own",
                       "source.server_id %u is the server's own: it would not send us anything", ours);
    else if ((rc = my_probe_server_id(source->control, &source->server, ours, source->reported_host, &holder,
                                      &told, err)) == 0) {
        if (holder.len)
            cdc_report_add(
                report, CDC_FINDING_ERROR, "give the connector another source.server_id",
                "server_id %u is in use by a replica that calls itself \"%s\": two readers with one number throw each "
                "other out",
                ours, cdc_buf_str(&holder));
        else if (told)
            cdc_report_add(report, CDC_FINDING_OK, NULL, "server_id %u is free, or ours", ours);
        else
            cdc_report_add(
                report, CDC_FINDING_NOTE,
                "see SHOW SLAVE HOSTS as an administrator; or, once for all: GRANT REPLICATION MASTER ADMIN ON *.* TO the account",
                "whether server_id %u is free, the account may not ask", ours);
    }
    cdc_buf_fini(&holder);
    return rc;
}

static void check_clock(struct cdc_source *source, const struct cdc_report *report)
{
    int64_t server_us = (int64_t)my_probe_number(source->control,
                                                 "SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS UNSIGNED)");
    int64_t skew_us = server_us - cdc_wall_us();

    if (server_us && (skew_us > SKEW_MAX_US || skew_us < -SKEW_MAX_US))
        cdc_report_add(report, CDC_FINDING_WARNING, "synchronise the clocks (chrony, systemd-timesyncd)",
                       "the server's clock is %.1f s %s: commit times and lag are off by that",
                       (double)llabs(skew_us) / 1e6, skew_us > 0 ? "ahead" : "behind");
}

/* Other sessions may have chosen a format of their own; only MySQL's performance schema tells, and not everybody. */
static int check_sessions(struct cdc_source *source, const struct cdc_report *report, struct cdc_err *err)
{
    static const char question[] =
        "SELECT GROUP_CONCAT(DISTINCT QUOTE(t.PROCESSLIST_USER), '@', QUOTE(t.PROCESSLIST_HOST), ' (', v.VARIABLE_VALUE, ')' "
        "SEPARATOR ', ') FROM performance_schema.variables_by_thread v JOIN performance_schema.threads t USING (THREAD_ID) "
        "WHERE v.VARIABLE_NAME = 'binlog_format' AND v.VARIABLE_VALUE <> 'ROW'";
    struct cdc_buf who = {0};
    struct cdc_err why;
    bool found = false;

    if (!source->server.mariadb && my_probe_text(source->control, question, &who, &found, &why))
        found = false;
    if (found && !who.failed)
        cdc_report_add(report, CDC_FINDING_WARNING,
                       "find out who sets binlog_format in a session, have it ROW, and KILL those sessions",
                       "sessions log statements instead of rows: %s; on a mapped table that ends the stream",
                       cdc_buf_str(&who));
    cdc_buf_fini(&who);
    if (my_probe_number(source->control, "SELECT LOWER(@@global.init_connect) LIKE '%binlog_format%' OR "
                                         "LOWER(@@global.init_connect) LIKE '%sql_log_bin%'"))
        cdc_report_add(
            report, CDC_FINDING_WARNING, "SET GLOBAL init_connect = '', and in the server's configuration",
            "init_connect sets how sessions log, whatever is configured: see SELECT @@global.init_connect");
    return my_client_is_open(source->control) ? 0
                                              : cdc_err_set(err, CDC_ERR_RETRY, "the connection was lost");
}

static void check_replica(struct cdc_source *source, const struct cdc_report *report)
{
    if (my_probe_number(source->control, "SELECT @@global.log_slave_updates") == 0)
        cdc_report_add(report, CDC_FINDING_NOTE,
                       "set log_slave_updates (log_replica_updates) if this server is a replica",
                       "changes that reach this server by replication are not in its own binlog");
}

static void check_tls(struct cdc_source *source, const struct cdc_report *report)
{
    const char *host = source->params.config->host;

    if (my_client_is_encrypted(source->control))
        cdc_report_add(report, CDC_FINDING_OK, NULL, "the connection is encrypted");
    else if (host[0] != '/' && strcmp(host, "localhost") != 0 && strncmp(host, "127.", 4) != 0 &&
             strcmp(host, "::1") != 0)
        cdc_report_add(report, CDC_FINDING_WARNING, "source.tls: verify-full",
                       "the connection to %s is not encrypted", host);
}

static void miss_right(const struct cdc_report *report, const char *right, struct cdc_buf *account,
                       const char *what, const struct cdc_err *why)
{
    struct cdc_buf grant = {0};

    cdc_buf_printf(&grant, "GRANT %s ON *.* TO %s", right, cdc_buf_str(account));
    cdc_report_add(report, CDC_FINDING_ERROR, cdc_buf_str(&grant), "%s: %s", what, why->message);
    cdc_buf_fini(&grant);
}

static void check_kept(struct cdc_source *source, struct cdc_buf *account, const struct cdc_report *report)
{
    struct cdc_buf grant = {0};
    struct cdc_err why;
    uint64_t bytes;

    cdc_buf_printf(&grant, "none needed; to have it: GRANT " MY_KEPT_RIGHT " ON *.* TO %s",
                   cdc_buf_str(account));
    if (my_kept_ask(source->catalog, &bytes, &why) == 0)
        cdc_report_add(report, CDC_FINDING_OK, NULL, "the server keeps %.1f MiB of binlog",
                       (double)bytes / MIB);
    else if (why.class == CDC_ERR_DENIED)
        cdc_report_add(report, CDC_FINDING_NOTE, cdc_buf_str(&grant),
                       "how much binlog the server keeps, the account may not ask: metrics do not tell it");
    cdc_buf_fini(&grant);
}

/* Last: who may not replicate is disconnected by some servers. */
static int check_rights(struct cdc_source *source, const struct cdc_report *report, struct cdc_err *err)
{
    const char *status = source->server.number >= 80200 ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS";
    struct cdc_buf account = {0};
    struct cdc_err why = {0};

    if (my_probe_account(source->control, source->params.config, &account, err)) {
        cdc_buf_fini(&account);
        return -1;
    }
    if (!my_server_has_gtids(&source->server) && !my_probe_works(source->control, status, &why))
        miss_right(report, "REPLICATION CLIENT", &account,
                   "without GTIDs the account must be allowed to ask for the end of the binlog", &why);
    check_kept(source, &account, report);
    if (my_probe_may_replicate(source->control, source->params.config->server_id, &why))
        cdc_report_add(report, CDC_FINDING_OK, NULL, "the account may read the binlog");
    else
        miss_right(report, "REPLICATION SLAVE", &account, "the account may not read the binlog", &why);
    cdc_buf_fini(&account);
    return 0;
}

static int check_all(struct cdc_source *source, const struct cdc_checkpoint *from,
                     const struct cdc_report *report, struct cdc_err *err)
{
    const struct my_server *server = &source->server;

    check_version(server, report);
    check_tls(source, report);
    if (!server->log_bin) {
        cdc_report_add(report, CDC_FINDING_ERROR, "set log_bin in the server's configuration and restart it",
                       "the server writes no binlog: there is nothing to read");
        return my_check_tables(source, report, err);
    }
    check_format(server, report);
    check_image(server, report);
    check_metadata(server, report);
    check_expiry(server, report);
    check_gtids(server, report);
    check_replica(source, report);
    check_clock(source, report);
    my_check_history(source, from, report);
    if (check_sessions(source, report, err) || check_server_id(source, report, err) ||
        my_check_tables(source, report, err))
        return -1;
    return check_rights(source, report, err);
}

int my_source_check(struct cdc_source *source, const struct cdc_checkpoint *from,
                    const struct cdc_report *report, struct cdc_err *err)
{
    int rc;

    if (my_source_connect_control(source, err)) {
        cdc_report_add(report, CDC_FINDING_ERROR, err->hint[0] ? err->hint : NULL, "%s", err->message);
        return 0;
    }
    rc = check_all(source, from, report, err);
    my_client_close(source->control); /* ends the registration as a replica */
    return rc;
}
