/*
 * How fast a binlog can be read from a MariaDB server, without a store behind it. Two ways over the same bytes, so that their ratio
 * says what the connector costs:
 *
 *     binlog bare|decode SOCKET GTID TRANSACTIONS ROWS TABLE
 *
 * bare:   the client library's packets, of which only the type of the event is looked at: less cannot be done
 * decode: the connector, as the agent uses it: every column of every row converted to text, and then thrown away
 *
 * GTID is where to begin (gtid_binlog_pos). Ends after so many transactions; ROWS is how many they hold, which `decode` checks.
 * TABLE is one of the database `bench` whose key is `id`.
 * Prints: seconds, transactions/s, rows/s, CPU seconds of this process for a million rows.
 */
#include <errmsg.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "cdc/clock.h"
#include "cdc/log.h"
#include "cdc/source.h"

enum { SERVER_ID = 7199, EVENT_XID = 16, TYPE_AT = 1 + 4, WAIT_MS = 1000 };

#define DUMP_FROM 4 /* with a GTID, the position in the file means nothing */

struct run {
    const char *socket, *gtid, *table;
    unsigned long transactions, rows;
    unsigned long seen, seen_rows;
    int64_t began_us, ended_us;
    double cpu_began, cpu_ended;
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "binlog: %s: %s\n", what, why);
    exit(1);
}

static double cpu_seconds(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void begin(struct run *run)
{
    run->cpu_began = cpu_seconds();
    run->began_us = cdc_now_us();
}

static void end(struct run *run)
{
    run->ended_us = cdc_now_us();
    run->cpu_ended = cpu_seconds();
}

/* Bare. */

static void query(MYSQL *mysql, const char *sql)
{
    if (mysql_query(mysql, sql))
        die(sql, mysql_error(mysql));
}

static void ask_for_dump(MYSQL *mysql, const struct run *run)
{
    static const unsigned char dump[4 + 2 + 4] = {DUMP_FROM, 0, 0, 0, 0, 0, SERVER_ID & 255, SERVER_ID >> 8};
    char sql[300];

    query(mysql, "SET @master_binlog_checksum = @@global.binlog_checksum, @mariadb_slave_capability = 4");
    snprintf(sql, sizeof sql, "SET @slave_connect_state = '%s'", run->gtid);
    query(mysql, sql);
    if (mysql->methods->db_command(mysql, COM_BINLOG_DUMP, (const char *)dump, sizeof dump, 1, NULL))
        die("asking for the binlog", mysql_error(mysql));
}

static void read_packets(MYSQL *mysql, struct run *run)
{
    while (run->seen < run->transactions) {
        unsigned long len = mysql_net_read_packet(mysql);

        if (len == packet_error || len <= TYPE_AT)
            die("reading the binlog", mysql_error(mysql));
        run->seen += mysql->net.read_pos[TYPE_AT] == EVENT_XID;
    }
}

static void bare(struct run *run)
{
    MYSQL *mysql = mysql_init(NULL);

    if (!mysql || !mysql_real_connect(mysql, NULL, "root", "", NULL, 0, run->socket, 0))
        die("connecting", mysql ? mysql_error(mysql) : "out of memory");
    begin(run);
    ask_for_dump(mysql, run);
    read_packets(mysql, run);
    end(run);
    run->seen_rows = run->rows;
    mysql_close(mysql);
}

/* Decode. */

static void require(int rc, const struct cdc_err *err)
{
    if (rc)
        die(err->message, err->hint);
}

static void take(struct run *run, const struct cdc_item *item)
{
    switch (item->type) {
    case CDC_ITEM_RELATION:
        for (uint32_t i = 0; i < item->relation->ncolumns; i++)
            item->relation->columns[i].wanted = true;
        break;
    case CDC_ITEM_ROW:
        run->seen_rows++;
        break;
    case CDC_ITEM_COMMIT:
        run->seen++;
        break;
    case CDC_ITEM_NONE:
    case CDC_ITEM_BEGIN:
    case CDC_ITEM_TRUNCATE:
    case CDC_ITEM_POSITION:
        break;
    }
}

static void start(struct cdc_source *source, const struct run *run)
{
    struct cdc_checkpoint from = {0};
    struct cdc_buf started = {0};
    struct cdc_err err;

    cdc_buf_printf(&from.position, "mariadb:%s", run->gtid);
    require(mysql_source_ops.start(source, &from, &started, &err), &err);
    cdc_checkpoint_fini(&from);
    cdc_buf_fini(&started);
}

static void decode(struct run *run)
{
    static const char *const key[] = {"id"};
    struct cdc_table_ref table = {
        .schema = "bench", .name = run->table, .ncolumns = 1, .columns = key, .nkeys = 1, .key_columns = key};
    struct cdc_source_config config = {.type = CDC_SOURCE_MYSQL,
                                       .host = run->socket,
                                       .user = "root",
                                       .password = "",
                                       .server_id = SERVER_ID,
                                       .timezone = "UTC",
                                       .heartbeat_ms = WAIT_MS};
    struct cdc_source_params params = {
        .connector = "bench", .config = &config, .ntables = 1, .tables = &table};
    struct cdc_source *source;
    struct cdc_item item;
    struct cdc_err err;

    require(mysql_source_ops.open(&source, &params, &err), &err);
    require(mysql_source_ops.connect(source, &err), &err);
    begin(run);
    start(source, run);
    while (run->seen < run->transactions) {
        require(mysql_source_ops.next(source, &item, &err), &err);
        take(run, &item);
        if (item.type == CDC_ITEM_NONE)
            require(mysql_source_ops.wait(source, WAIT_MS, &err) < 0, &err);
    }
    end(run);
    if (run->seen_rows != run->rows)
        die("decode", "another number of rows than was said");
    mysql_source_ops.close(source);
}

int main(int argc, char **argv)
{
    struct run run = {0};
    double seconds;

    if (argc != 7 || (strcmp(argv[1], "bare") != 0 && strcmp(argv[1], "decode") != 0)) {
        fprintf(stderr, "usage: binlog bare|decode SOCKET GTID TRANSACTIONS ROWS TABLE\n");
        return 64;
    }
    run.socket = argv[2];
    run.gtid = argv[3];
    run.transactions = strtoul(argv[4], NULL, 10);
    run.rows = strtoul(argv[5], NULL, 10);
    run.table = argv[6];
    cdc_log_init(CDC_LOG_ERROR, CDC_LOG_TEXT, "");
    if (strcmp(argv[1], "bare") == 0)
        bare(&run);
    else
        decode(&run);
    seconds = (double)(run.ended_us - run.began_us) / 1e6;
    printf("%.3f %.0f %.0f %.3f\n", seconds, (double)run.seen / seconds, (double)run.seen_rows / seconds,
           (run.cpu_ended - run.cpu_began) * 1e6 / (double)run.seen_rows);
    return 0;
}
