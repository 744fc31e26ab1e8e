/*
 * How much binlog the server keeps and for how long (kept.h), for metrics and the status page. Over the control connection, on the source thread,
 * between two packets of the stream; the server reads the sizes of its files and nothing more. Never fails the stream.
 */
#include "kept.h"

#include <stdlib.h>

#define EVERY_MS 60000

int my_kept_ask(struct my_catalog_server *catalog, uint64_t *bytes, struct cdc_err *err)
{
    struct my_client_result rows;
    uint64_t sum = 0;
    int rc;

    if (my_catalog_server_ask(catalog, "SHOW BINARY LOGS", &rows, err))
        return -1;
    while ((rc = my_client_row(&rows, err)) > 0) { /* name, size, … */
        struct cdc_slice size = my_client_value(&rows, 1);

        sum += size.ptr ? strtoull(size.ptr, NULL, 10) : 0;
    }
    my_client_result_free(&rows);
    if (rc == 0)
        *bytes = sum;
    return rc;
}

static bool is_one(const struct my_client_result *rows, unsigned i, const char *text)
{
    return cdc_slice_is(my_client_value(rows, i), text);
}

/* Of MariaDB and MySQL; older servers count days, newer ones seconds, some both. */
int my_kept_ask_time(struct my_catalog_server *catalog, int64_t *keep_ms, struct cdc_err *err)
{
    struct my_client_result rows;
    double seconds = 0, asked;
    bool by_itself = true;
    int rc;

    if (my_catalog_server_ask(catalog,
                              "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('binlog_expire_logs_seconds', "
                              "'expire_logs_days', 'binlog_expire_logs_auto_purge')",
                              &rows, err))
        return -1;
    while ((rc = my_client_row(&rows, err)) > 0) { /* name, value */
        struct cdc_slice value = my_client_value(&rows, 1);

        if (is_one(&rows, 0, "binlog_expire_logs_auto_purge")) {
            by_itself = !is_one(&rows, 1, "OFF");
            continue;
        }
        asked = value.ptr ? strtod(value.ptr, NULL) : 0;
        if (is_one(&rows, 0, "expire_logs_days"))
            asked *= 86400;
        seconds = asked > seconds ? asked : seconds;
    }
    my_client_result_free(&rows);
    if (rc == 0)
        *keep_ms = by_itself ? (int64_t)(seconds * 1000) : 0;
    return rc;
}

void my_kept_turn(struct my_kept *kept, struct my_catalog_server *catalog, int64_t now_ms)
{
    struct cdc_err ignored;

    if (kept->asked_ms && now_ms - kept->asked_ms < EVERY_MS)
        return;
    kept->asked_ms = now_ms;
    if (my_kept_ask(catalog, &kept->bytes, &ignored))
        kept->bytes = 0;
    if (my_kept_ask_time(catalog, &kept->keep_ms, &ignored))
        kept->keep_ms = 0;
}
