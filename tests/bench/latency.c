/*
 * How long from commit to readable in Redis, as an independent client sees it: one connection commits single-row updates at a
 * steady rate, another reads the stream with XREAD BLOCK. The clock starts just before COMMIT is sent, so the database's own
 * time for the commit is in it.
 *
 *     latency CONNINFO REDIS-SOCKET STREAM-KEY RATE COUNT [SQL]
 *
 * CONNINFO is libpq's, or mariadb:SOCKET:DATABASE for MariaDB as root.
 * SQL is one statement that changes one row and makes one event; %d in it becomes 1, 2, 3 …
 * Prints: count rate p50 p99 p99.9 max, times in milliseconds.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include <mysql.h>

#define DEFAULT_SQL "UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid = %d"

struct run {
    redisContext *redis;
    const char *stream;
    long count;
    int64_t *sent_us, *seen_us;
    atomic_long seen;
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "latency: %s: %s\n", what, why);
    exit(1);
}

static int64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void sleep_until(int64_t us)
{
    struct timespec ts = {us / 1000000, us % 1000000 * 1000};

    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

static void last_id(struct run *run, char *id, size_t size)
{
    redisReply *r = redisCommand(run->redis, "XREVRANGE %s + - COUNT 1", run->stream);

    if (!r || r->type == REDIS_REPLY_ERROR)
        die("XREVRANGE", r ? r->str : run->redis->errstr);
    snprintf(id, size, "%s", r->elements ? r->element[0]->element[0]->str : "0");
    freeReplyObject(r);
}

/* Takes the entries of one XREAD reply; each is the next commit, since one connection commits in order. */
static void take(struct run *run, const redisReply *reply, char *id, size_t size)
{
    const redisReply *entries = reply->element[0]->element[1];
    int64_t now = now_us();

    for (size_t i = 0; i < entries->elements && run->seen < run->count; i++) {
        run->seen_us[run->seen] = now;
        atomic_fetch_add(&run->seen, 1);
        snprintf(id, size, "%s", entries->element[i]->element[0]->str);
    }
}

static void *read_stream(void *arg)
{
    struct run *run = arg;
    char id[64];

    last_id(run, id, sizeof id);
    atomic_store(&run->seen, 0);
    while (run->seen < run->count) {
        redisReply *r =
            redisCommand(run->redis, "XREAD BLOCK 5000 COUNT 1000 STREAMS %s %s", run->stream, id);
        if (!r || r->type == REDIS_REPLY_ERROR)
            die("XREAD", r ? r->str : run->redis->errstr);
        if (r->type == REDIS_REPLY_NIL)
            die("XREAD", "nothing came for 5 s");
        take(run, r, id, sizeof id);
        freeReplyObject(r);
    }
    return NULL;
}

/* One of the two is set. */
struct database {
    PGconn *pg;
    MYSQL *maria;
};

static void open_database(struct database *db, const char *conninfo)
{
    char socket[256], name[64];

    if (sscanf(conninfo, "mariadb:%255[^:]:%63s", socket, name) != 2) {
        db->pg = PQconnectdb(conninfo);
        if (PQstatus(db->pg) != CONNECTION_OK)
            die("connect", PQerrorMessage(db->pg));
        return;
    }
    db->maria = mysql_init(NULL);
    if (!db->maria || !mysql_real_connect(db->maria, NULL, "root", NULL, name, 0, socket, 0))
        die("connect", db->maria ? mysql_error(db->maria) : "no memory");
}

static void close_database(struct database *db)
{
    if (db->maria)
        mysql_close(db->maria);
    PQfinish(db->pg);
}

static void exec(struct database *db, const char *sql)
{
    PGresult *r;

    if (db->maria) {
        if (mysql_query(db->maria, sql))
            die(sql, mysql_error(db->maria));
        return;
    }
    r = PQexec(db->pg, sql);
    if (PQresultStatus(r) != PGRES_COMMAND_OK)
        die(sql, PQerrorMessage(db->pg));
    PQclear(r);
}

static void commit_steadily(struct run *run, struct database *db, const char *sql, double rate)
{
    int64_t start = now_us();
    char statement[1024];

    for (long i = 0; i < run->count; i++) {
        snprintf(statement, sizeof statement, sql, (int)(i + 1));
        sleep_until(start + (int64_t)((double)i * 1e6 / rate));
        exec(db, "BEGIN");
        exec(db, statement);
        run->sent_us[i] = now_us();
        exec(db, "COMMIT");
    }
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void report(struct run *run, double rate)
{
    for (long i = 0; i < run->count; i++)
        run->seen_us[i] -= run->sent_us[i];
    qsort(run->seen_us, (size_t)run->count, sizeof *run->seen_us, compare);
#define MS(per_mille) ((double)run->seen_us[(run->count - 1) * (per_mille) / 1000] / 1000)
    printf("%ld %.0f %.3f %.3f %.3f %.3f\n", run->count, rate, MS(500), MS(990), MS(999), MS(1000));
}

int main(int argc, char **argv)
{
    struct run run = {.seen = -1};
    pthread_t reader;
    struct database db = {0};
    double rate;

    if (argc < 6)
        die("usage", "latency CONNINFO REDIS-SOCKET STREAM-KEY RATE COUNT [SQL]");
    rate = atof(argv[4]);
    run.count = atol(argv[5]);
    run.stream = argv[3];
    if (rate <= 0 || run.count <= 0)
        die("usage", "rate and count are positive numbers");
    run.sent_us = calloc((size_t)run.count, sizeof *run.sent_us);
    run.seen_us = calloc((size_t)run.count, sizeof *run.seen_us);
    run.redis = redisConnectUnix(argv[2]);
    if (!run.sent_us || !run.seen_us || !run.redis || run.redis->err)
        die("connect", run.redis && run.redis->err ? run.redis->errstr : "no memory");
    open_database(&db, argv[1]);
    pthread_create(&reader, NULL, read_stream, &run);
    while (atomic_load(&run.seen) < 0) /* the reader knows where it begins */
        sleep_until(now_us() + 1000);
    commit_steadily(&run, &db, argc > 6 ? argv[6] : DEFAULT_SQL, rate);
    pthread_join(reader, NULL);
    report(&run, rate);
    close_database(&db);
    redisFree(run.redis);
    free(run.sent_us);
    free(run.seen_us);
    return 0;
}
