/*
 * Questions of the commands check and setup (probe.h), over an open control connection. What may not be asked counts as not known,
 * never as wrong.
 */
#include "probe.h"

#include "sql.h"

#include <stdlib.h>

#define NO_SUCH_TABLE    1146
#define NO_SUCH_DATABASE 1049

int my_probe_text(struct my_client *client, const char *sql, struct cdc_buf *out, bool *found,
                  struct cdc_err *err)
{
    struct my_client_result rows;
    int rc;

    *found = false;
    if (my_client_query(client, sql, &rows, err))
        return -1;
    rc = my_client_row(&rows, err);
    if (rc > 0) {
        *found = my_client_value(&rows, 0).ptr != NULL;
        cdc_buf_put_slice(out, my_client_value(&rows, 0));
    }
    my_client_result_free(&rows);
    return rc < 0 ? -1 : 0;
}

uint64_t my_probe_number(struct my_client *client, const char *sql)
{
    struct cdc_buf text = {0};
    struct cdc_err err;
    uint64_t number = 0;
    bool found;

    if (my_probe_text(client, sql, &text, &found, &err) == 0 && found)
        number = strtoull(cdc_buf_str(&text), NULL, 10);
    cdc_buf_fini(&text);
    return number;
}

bool my_probe_works(struct my_client *client, const char *sql, struct cdc_err *why)
{
    return my_client_run(client, sql, why) == 0;
}

/* CURRENT_USER() is "user@host", the account that the server chose. */
int my_probe_account(struct my_client *client, const struct cdc_source_config *config,
                     struct cdc_buf *account, struct cdc_err *err)
{
    bool local = config->host[0] == '/' || strcmp(config->host, "localhost") == 0, found = false;
    struct cdc_slice user = cdc_slice_str(config->user), host = cdc_slice_str(local ? "localhost" : "%");
    struct cdc_buf current = {0};
    const char *at;
    int rc = client ? my_probe_text(client, "SELECT CURRENT_USER()", &current, &found, err) : 0;

    if (rc == 0 && found && (at = strrchr(cdc_buf_str(&current), '@'))) {
        user = cdc_slice(current.data, (size_t)(at - current.data));
        host = cdc_slice_str(at + 1);
    }
    my_sql_text(account, user);
    cdc_buf_putc(account, '@');
    my_sql_text(account, host);
    cdc_buf_fini(&current);
    return rc == 0 && account->failed ? cdc_err_memory(err) : rc;
}

void my_probe_put_table(struct cdc_buf *sql, const struct cdc_table_ref *table)
{
    my_sql_name(sql, cdc_slice_str(table->schema));
    cdc_buf_putc(sql, '.');
    my_sql_name(sql, cdc_slice_str(table->name));
}

bool my_probe_may_read(struct my_client *client, const struct cdc_table_ref *table, bool *missing,
                       struct cdc_err *why)
{
    struct cdc_buf sql = {0};
    bool works;

    cdc_buf_puts(&sql, "SELECT 1 FROM ");
    my_probe_put_table(&sql, table);
    cdc_buf_puts(&sql, " LIMIT 0");
    works = my_probe_works(client, cdc_buf_str(&sql), why);
    *missing =
        !works && (my_client_errno(client) == NO_SUCH_TABLE || my_client_errno(client) == NO_SUCH_DATABASE);
    cdc_buf_fini(&sql);
    return works;
}

bool my_probe_may_replicate(struct my_client *client, uint32_t server_id, struct cdc_err *why)
{
    return my_client_register(client, MY_PROBE_NUMBER(server_id), "tributary/check", why) == 0;
}

int my_probe_server_id(struct my_client *client, const struct my_server *server, uint32_t server_id,
                       const char *ours, struct cdc_buf *holder, bool *told, struct cdc_err *err)
{
    bool renamed = !server->mariadb && server->number >= 80022;
    struct my_client_result rows;
    int rc;

    if (told)
        *told = false;
    if (my_client_query(client, renamed ? "SHOW REPLICAS" : "SHOW SLAVE HOSTS", &rows, err))
        return my_client_errno(client) ? 0 : -1;
    while ((rc = my_client_row(&rows, err)) > 0) {
        struct cdc_slice id = my_client_value(&rows, 0), host = my_client_value(&rows, 1);

        if (holder->len == 0 && id.ptr && strtoul(id.ptr, NULL, 10) == server_id &&
            !cdc_slice_is(host, ours)) {
            cdc_buf_put_slice(holder, host.len ? host : cdc_slice_str("(without a name)"));
        }
    }
    my_client_result_free(&rows);
    if (told)
        *told = rc == 0;
    return rc == 0 && holder->failed ? cdc_err_memory(err) : rc;
}

bool my_probe_logs_cascades(const struct my_server *server)
{
    return !server->mariadb && server->number >= 90600;
}
