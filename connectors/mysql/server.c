/*
 * Facts about a server (server.h), read once per connection. Source thread, or a command's. Variables that a version lacks keep the
 * value that this version behaves by.
 */
#include "server.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void set_text(char out[MY_SERVER_TEXT], struct cdc_slice value)
{
    snprintf(out, MY_SERVER_TEXT, "%.*s", (int)(value.len < MY_SERVER_TEXT ? value.len : MY_SERVER_TEXT - 1),
             value.ptr ? value.ptr : "");
}

static bool is_on(struct cdc_slice value)
{
    return value.len == 2 && strncasecmp(value.ptr, "on", 2) == 0;
}

enum variable_kind {
    VARIABLE_TEXT,
    VARIABLE_FLAG,
    VARIABLE_NUMBER,
    VARIABLE_SERVER_ID,
    VARIABLE_DAYS,
    VARIABLE_SECONDS,
    VARIABLE_CHECKSUM,
    VARIABLE_OPTIONS
};

static const struct {
    const char *name;
    enum variable_kind kind;
    size_t offset;
} variables[] = {
    {"server_id", VARIABLE_SERVER_ID, 0},
    {"server_uuid", VARIABLE_TEXT, offsetof(struct my_server, uuid)},
    {"hostname", VARIABLE_TEXT, offsetof(struct my_server, hostname)},
    {"log_bin", VARIABLE_FLAG, offsetof(struct my_server, log_bin)},
    {"binlog_checksum", VARIABLE_CHECKSUM, 0},
    {"binlog_format", VARIABLE_TEXT, offsetof(struct my_server, binlog_format)},
    {"binlog_row_image", VARIABLE_TEXT, offsetof(struct my_server, row_image)},
    {"binlog_row_metadata", VARIABLE_TEXT, offsetof(struct my_server, row_metadata)},
    {"binlog_row_value_options", VARIABLE_OPTIONS, 0},
    {"gtid_mode", VARIABLE_TEXT, offsetof(struct my_server, gtid_mode)},
    {"lower_case_table_names", VARIABLE_NUMBER, offsetof(struct my_server, lower_case_names)},
    {"binlog_expire_logs_seconds", VARIABLE_SECONDS, 0},
    {"expire_logs_days", VARIABLE_DAYS, 0},
};

static void set_expiry(struct my_server *server, double seconds)
{
    if (seconds > 0)
        server->expire_s = seconds;
}

static void set_variable(struct my_server *server, size_t i, struct cdc_slice value)
{
    char *field = (char *)server + variables[i].offset, text[MY_SERVER_TEXT];

    set_text(text, value);
    switch (variables[i].kind) {
    case VARIABLE_TEXT:
        set_text(field, value);
        break;
    case VARIABLE_FLAG:
        *(bool *)field = is_on(value);
        break;
    case VARIABLE_NUMBER:
        *(unsigned *)field = (unsigned)strtoul(text, NULL, 10);
        break;
    case VARIABLE_SERVER_ID:
        server->server_id = (uint32_t)strtoul(text, NULL, 10);
        break;
    case VARIABLE_DAYS:
        set_expiry(server, strtod(text, NULL) * 86400);
        break;
    case VARIABLE_SECONDS:
        set_expiry(server, strtod(text, NULL));
        break;
    case VARIABLE_CHECKSUM:
        server->checksums = strcasecmp(text, "crc32") == 0;
        break;
    case VARIABLE_OPTIONS:
        server->partial_json = value.len > 0;
        break;
    }
}

static void set_version(struct my_server *server, const char *text)
{
    unsigned major = 0, minor = 0, patch = 0;

    set_text(server->version, cdc_slice_str(text));
    server->mariadb = strstr(text, "MariaDB") != NULL;
    if (server->mariadb && strncmp(text, "5.5.5-", 6) == 0)
        text += 6; /* how MariaDB used to hide its number from old replicas */
    sscanf(text, "%u.%u.%u", &major, &minor, &patch);
    server->number = major * 10000 + minor * 100 + patch;
}

static void put_question(struct cdc_buf *sql)
{
    cdc_buf_puts(sql, "SHOW GLOBAL VARIABLES WHERE Variable_name IN (");
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        cdc_buf_printf(sql, "%s'%s'", i ? ", " : "", variables[i].name);
    cdc_buf_putc(sql, ')');
}

static void take_answer(struct my_server *server, const struct my_client_result *rows)
{
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        if (cdc_slice_is(my_client_value(rows, 0), variables[i].name))
            set_variable(server, i, my_client_value(rows, 1));
}

int my_server_read(struct my_client *client, struct my_server *server, struct cdc_err *err)
{
    struct my_client_result rows;
    struct cdc_buf sql = {0};
    int rc;

    *server = (struct my_server){
        .binlog_format = "ROW", .row_image = "FULL", .row_metadata = "none", .gtid_mode = "OFF"};
    set_version(server, my_client_version(client));
    put_question(&sql);
    rc = my_client_query(client, cdc_buf_str(&sql), &rows, err);
    cdc_buf_fini(&sql);
    if (rc)
        return -1;
    while ((rc = my_client_row(&rows, err)) > 0)
        take_answer(server, &rows);
    my_client_result_free(&rows);
    return rc;
}

bool my_server_has_gtids(const struct my_server *server)
{
    return server->mariadb || strcasecmp(server->gtid_mode, "ON") == 0;
}

#define UNKNOWN_VARIABLE 1193

int my_server_variable(struct my_client *client, const char *name, struct cdc_buf *out, bool *found,
                       struct cdc_err *err)
{
    struct my_client_result rows;
    char sql[128];
    int rc;

    *found = false;
    snprintf(sql, sizeof sql, "SELECT @@global.%s", name);
    if (my_client_query(client, sql, &rows, err))
        return my_client_errno(client) == UNKNOWN_VARIABLE ? 0 : -1;
    rc = my_client_row(&rows, err);
    if (rc > 0) {
        cdc_buf_put_slice(out, my_client_value(&rows, 0));
        *found = true;
        rc = out->failed ? cdc_err_memory(err) : 0;
    }
    my_client_result_free(&rows);
    return rc;
}

/* "uuid:5#17,uuid:blue:7#18": behind '#' stands the session that owns it. */
static int parse_owned(const struct cdc_buf *text, struct my_gtid_set *set, struct cdc_err *err)
{
    struct cdc_buf plain = {0};
    bool in_owner = false;
    int rc;

    for (size_t i = 0; i < text->len; i++) {
        char c = text->data[i];

        in_owner = c == '#' || (in_owner && c >= '0' && c <= '9');
        if (!in_owner)
            cdc_buf_putc(&plain, c);
    }
    rc = plain.failed ? cdc_err_memory(err) : my_gtid_set_parse(set, cdc_buf_slice(&plain), err);
    cdc_buf_fini(&plain);
    return rc;
}

int my_server_gtids(struct my_client *client, const char *name, struct my_gtid_set *set, struct cdc_err *err)
{
    struct cdc_buf text = {0};
    bool found;
    int rc = my_server_variable(client, name, &text, &found, err);

    if (rc == 0)
        rc = parse_owned(&text, set, err);
    cdc_buf_fini(&text);
    return rc;
}

int my_server_log_end(struct my_client *client, const struct my_server *server, struct cdc_buf *name,
                      uint64_t *offset, struct cdc_err *err)
{
    bool renamed = !server->mariadb && server->number >= 80200;
    struct my_client_result rows;
    int rc;

    if (my_client_query(client, renamed ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS", &rows, err))
        return -1;
    rc = my_client_row(&rows, err);
    if (rc > 0) {
        cdc_buf_put_slice(name, my_client_value(&rows, 0));
        *offset = strtoull(my_client_value(&rows, 1).ptr, NULL, 10);
        rc = name->failed ? cdc_err_memory(err) : 0;
    } else if (rc == 0) {
        rc = cdc_err_set(err, CDC_ERR_CONFIG, "the server writes no binlog");
        cdc_err_hint(err, "set log_bin and restart the database server");
    }
    my_client_result_free(&rows);
    return rc;
}

static int gtids_now(struct my_client *client, const struct my_server *server, struct my_position *position,
                     struct cdc_err *err)
{
    struct cdc_buf text = {0};
    bool found;
    int rc =
        my_server_variable(client, server->mariadb ? "gtid_binlog_pos" : "gtid_executed", &text, &found, err);

    if (rc == 0 && server->mariadb) {
        position->form = MY_POSITION_MARIADB;
        rc = my_mgtid_list_parse(&position->list, true, cdc_buf_slice(&text), err);
    } else if (rc == 0) {
        position->form = MY_POSITION_MYSQL;
        rc = my_gtid_set_parse(&position->set, cdc_buf_slice(&text), err);
    }
    cdc_buf_fini(&text);
    return rc;
}

static int file_now(struct my_client *client, const struct my_server *server, struct my_position *position,
                    struct cdc_err *err)
{
    struct cdc_buf name = {0};
    int rc = my_server_log_end(client, server, &name, &position->place.offset, err);

    if (rc == 0 && name.len > MY_LOG_NAME)
        rc = cdc_err_set(err, CDC_ERR_FATAL, "the name of the server's log is too long");
    if (rc == 0) {
        position->form = MY_POSITION_FILE;
        snprintf(position->place.name, sizeof position->place.name, "%s", cdc_buf_str(&name));
    }
    cdc_buf_fini(&name);
    return rc ? cdc_err_wrap(err, "asking for the end of the binlog") : 0;
}

int my_server_position(struct my_client *client, const struct my_server *server, struct my_position *position,
                       struct cdc_err *err)
{
    return my_server_has_gtids(server) ? gtids_now(client, server, position, err)
                                       : file_now(client, server, position, err);
}
