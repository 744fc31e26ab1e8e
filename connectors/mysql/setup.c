/*
 * `tributary setup` for MySQL and MariaDB (cdc_source_ops.setup): the statements that a server still needs, least privilege; all of
 * them when it cannot be asked. With `run` they are run with the configured account, which must then be allowed to; the first
 * that fails ends it.
 */
#include "probe.h"
#include "source_impl.h"
#include "sql.h"

#include <strings.h>

struct setup {
    struct cdc_source *source;
    bool connected, run;
    bool changed; /* a variable that sessions have copies of */
    struct cdc_buf *script;
    struct cdc_buf one;     /* the statement being made */
    struct cdc_buf account; /* 'user'@'host' */
};

/* Appends the statement in s->one to the script, and runs it. Lines that begin with "--" are for people. */
static int emit(struct setup *s, struct cdc_err *err)
{
    const char *statement = cdc_buf_str(&s->one);
    int rc = s->one.failed ? cdc_err_memory(err) : 0;

    cdc_buf_puts(s->script, statement);
    cdc_buf_putc(s->script, '\n');
    if (rc == 0 && s->run && statement[0] != '-') {
        rc = my_client_run(s->source->control, statement, err);
        if (rc)
            cdc_err_wrap(err, "running %.200s", statement);
    }
    cdc_buf_reset(&s->one);
    return rc;
}

/* A comment: run unread, it would make an account with a password that is no secret. */
static int create_account(struct setup *s, struct cdc_err *err)
{
    if (s->connected)
        return 0;
    cdc_buf_printf(&s->one,
                   "-- CREATE USER IF NOT EXISTS %s IDENTIFIED BY 'the password of the configuration';",
                   cdc_buf_str(&s->account));
    return emit(s, err);
}

static int set_variable(struct setup *s, const char *name, const char *value, const char *present,
                        struct cdc_err *err)
{
    bool persist = s->connected && !s->source->server.mariadb && s->source->server.number >= 80000;

    if (s->connected && strcasecmp(present, value) == 0)
        return 0;
    cdc_buf_printf(&s->one, "SET %s %s = %s;", persist ? "PERSIST" : "GLOBAL", name, value);
    s->changed = true;
    if (emit(s, err) || persist)
        return persist && s->one.failed ? cdc_err_memory(err) : 0;
    cdc_buf_printf(&s->one, "-- and in the server's configuration: %s = %s", name, value);
    return emit(s, err);
}

static int reconnect_sessions(struct setup *s, struct cdc_err *err)
{
    if (!s->changed)
        return 0;
    cdc_buf_puts(&s->one, "-- sessions that are open keep what they had: have the applications reconnect");
    return emit(s, err);
}

static int set_variables(struct setup *s, struct cdc_err *err)
{
    const struct my_server *server = &s->source->server;

    if (s->connected && !server->log_bin) {
        cdc_buf_puts(&s->one, "-- in the server's configuration: log_bin, and a server_id; then restart it");
        if (emit(s, err))
            return -1;
    }
    return set_variable(s, "binlog_format", "ROW", server->binlog_format, err) ||
                   set_variable(s, "binlog_row_image", "FULL", server->row_image, err) ||
                   set_variable(s, "binlog_row_metadata", "FULL", server->row_metadata, err)
               ? -1
               : reconnect_sessions(s, err);
}

static int grant_tables(struct setup *s, struct cdc_err *err)
{
    for (size_t i = 0; i < s->source->params.ntables; i++) {
        const struct cdc_table_ref *table = &s->source->params.tables[i];
        struct cdc_err why;
        bool missing;

        if (s->connected && my_probe_may_read(s->source->control, table, &missing, &why))
            continue;
        cdc_buf_puts(&s->one, "GRANT SELECT ON ");
        my_probe_put_table(&s->one, table);
        cdc_buf_printf(&s->one, " TO %s;", cdc_buf_str(&s->account));
        if (emit(s, err))
            return -1;
    }
    return 0;
}

/* REPLICATION CLIENT is for the first position of a server without GTIDs. */
static int grant_replication(struct setup *s, struct cdc_err *err)
{
    bool client = s->connected && !my_server_has_gtids(&s->source->server);
    struct cdc_err why;

    if (s->connected && !client &&
        my_probe_may_replicate(s->source->control, s->source->params.config->server_id, &why))
        return 0;
    cdc_buf_printf(&s->one, "GRANT REPLICATION SLAVE%s ON *.* TO %s;", client ? ", REPLICATION CLIENT" : "",
                   cdc_buf_str(&s->account));
    if (emit(s, err))
        return -1;
    if (client)
        return 0;
    cdc_buf_printf(&s->one, "-- for the metric binlog_retained_bytes: GRANT " MY_KEPT_RIGHT " ON *.* TO %s;",
                   cdc_buf_str(&s->account));
    return emit(s, err);
}

/* Whoever reads the script must know that the server was not asked. */
static int say_unconnected(struct setup *s, const struct cdc_err *why, struct cdc_err *err)
{
    if (s->connected)
        return 0;
    cdc_buf_printf(&s->one, "-- not connected: %s", why->message);
    if (emit(s, err))
        return -1;
    cdc_buf_puts(
        &s->one,
        "-- so this is all that a server may need; once the account can connect, only what is missing is printed");
    if (emit(s, err))
        return -1;
    cdc_buf_puts(
        &s->one,
        "-- in the server's configuration: log_bin and server_id, if it writes no binlog yet; then restart it");
    return emit(s, err);
}

static int set_up(struct setup *s, struct cdc_err *err)
{
    struct my_client *client = s->connected ? s->source->control : NULL;

    return my_probe_account(client, s->source->params.config, &s->account, err) || create_account(s, err) ||
                   set_variables(s, err) || grant_tables(s, err) || grant_replication(s, err)
               ? -1
               : 0;
}

int my_source_setup(struct cdc_source *source, bool run, struct cdc_buf *script, struct cdc_err *err)
{
    struct setup s = {.source = source, .run = run, .script = script};
    struct cdc_err why = {0};
    int rc;

    s.connected = my_source_connect_control(source, &why) == 0;
    if (!s.connected && run) {
        *err = why;
        return -1;
    }
    rc = say_unconnected(&s, &why, err) || set_up(&s, err) ? -1 : 0;
    my_client_close(source->control); /* ends the registration as a replica */
    cdc_buf_fini(&s.one);
    cdc_buf_fini(&s.account);
    return rc;
}
