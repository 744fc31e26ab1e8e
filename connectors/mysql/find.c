/*
 * Reads the tables of a database, or of all, for a first configuration (cdc_source_ops.find): one query on the control connection,
 * which changes nothing and reads no row of any table. An account sees the tables on which it has a privilege.
 */
#include "source_impl.h"
#include "sql.h"

#include <string.h>

static void put_question(const struct cdc_source_config *config, struct cdc_buf *sql)
{
    cdc_buf_puts(
        sql,
        "SELECT c.TABLE_SCHEMA, c.TABLE_NAME, c.COLUMN_NAME, c.COLUMN_TYPE, c.COLUMN_KEY = 'PRI' "
        "FROM information_schema.COLUMNS c JOIN information_schema.TABLES t USING (TABLE_SCHEMA, TABLE_NAME) "
        "WHERE t.TABLE_TYPE = 'BASE TABLE' AND ");
    if (config->database) {
        cdc_buf_puts(sql, "c.TABLE_SCHEMA = ");
        my_sql_text(sql, cdc_slice_str(config->database));
    } else {
        cdc_buf_puts(sql,
                     "c.TABLE_SCHEMA NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')");
    }
    cdc_buf_puts(sql, " ORDER BY c.TABLE_SCHEMA, c.TABLE_NAME, c.ORDINAL_POSITION");
}

static int read_rows(struct my_client_result *rows, struct cdc_finder *finder, struct cdc_err *err)
{
    int rc;

    while ((rc = my_client_row(rows, err)) > 0) {
        rc = cdc_finder_put(finder, my_client_value(rows, 0), my_client_value(rows, 1),
                            my_client_value(rows, 2), my_client_value(rows, 3),
                            cdc_slice_is(my_client_value(rows, 4), "1"), err);
        if (rc)
            return rc;
    }
    return rc;
}

int my_source_find(struct cdc_source *source, cdc_found_each *each, void *ctx, struct cdc_err *err)
{
    struct cdc_finder finder = {.each = each, .ctx = ctx};
    struct my_client_result rows = {0};
    struct cdc_buf sql = {0};
    int rc = my_source_connect_control(source, err);

    put_question(source->params.config, &sql);
    if (rc == 0)
        rc = sql.failed ? cdc_err_memory(err)
                        : my_client_query(source->control, cdc_buf_str(&sql), &rows, err);
    if (rc == 0) {
        rc = read_rows(&rows, &finder, err);
        my_client_result_free(&rows);
    }
    if (rc == 0)
        rc = cdc_finder_end(&finder, err);
    cdc_finder_fini(&finder);
    cdc_buf_fini(&sql);
    return rc;
}
