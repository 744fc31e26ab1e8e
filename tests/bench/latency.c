/*
 * How long until a transaction is readable in Redis, as an independent client sees it: connections commit single-row updates at a steady
 * rate, another one reads the stream with XREAD BLOCK. The clock starts when a transaction was due, not when it was sent: were it the
 * latter, a stall that also held this program up would be counted once, not for all that should have been committed meanwhile
 * (coordinated omission). So the database's own time for the commit is in it, and how late they were sent is told.
 *
 *     latency CONNINFO REDIS-SOCKET STREAM-KEY RATE COUNT [SQL [CONNECTIONS [HISTOGRAM-FILE]]]
 *
 * CONNINFO is libpq's, or mariadb:SOCKET:DATABASE for MariaDB as root.
 * SQL is one statement that changes one row and makes one event; %d in it becomes 1, 2, 3 …
 * With several connections (1), which commit in any order, the subject of the event must end with that number.
 * Prints: count rate p50 p99 p99.9 max late-p99, times in milliseconds; to the file, lines of upper bound and count.
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

enum { CONNECTIONS_MAX = 64 };

/* One of the two is set. */
struct database {
    PGconn *pg;
    MYSQL *maria;
};

struct run {
    redisContext *redis;
    const char *stream, *sql;
    double rate;
    long count, connections;
    int64_t start_us;
    int64_t *late_us, *seen_us; /* by transaction; when it was seen, 0: not yet */
    atomic_long seen;           /* -1: the reader does not know yet where it begins */
};

/* A connection of its own, for every so-many-eth transaction. */
struct committer {
    struct run *run;
    struct database db;
    pthread_t thread;
    long first;
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

static int64_t due_us(const struct run *run, long i)
{
    return run->start_us + (int64_t)((double)i * 1e6 / run->rate);
}

/* The reader. */

static void last_id(struct run *run, char *id, size_t size)
{
    redisReply *r = redisCommand(run->redis, "XREVRANGE %s + - COUNT 1", run->stream);

    if (!r || r->type == REDIS_REPLY_ERROR)
        die("XREVRANGE", r ? r->str : run->redis->errstr);
    snprintf(id, size, "%s", r->elements ? r->element[0]->element[0]->str : "0");
    freeReplyObject(r);
}

/* Which transaction made this event. One connection commits in order. */
static long number_of(const struct run *run, const redisReply *fields)
{
    if (run->connections == 1)
        return run->seen;
    for (size_t i = 0; i + 1 < fields->elements; i += 2) {
        const char *text = fields->element[i + 1]->str, *at = text + fields->element[i + 1]->len;
        if (strcmp(fields->element[i]->str, "subject") != 0)
            continue;
        while (at > text && at[-1] >= '0' && at[-1] <= '9')
            at--;
        return atol(at) - 1;
    }
    return -1;
}

static void take(struct run *run, const redisReply *reply, char *id, size_t size)
{
    const redisReply *entries = reply->element[0]->element[1];
    int64_t now = now_us();

    for (size_t i = 0; i < entries->elements && run->seen < run->count; i++) {
        long n = number_of(run, entries->element[i]->element[1]);
        if (n < 0 || n >= run->count || run->seen_us[n])
            die("the stream", "an event that none of the transactions made");
        run->seen_us[n] = now;
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

/* Those that commit. */

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

/* A statement alone is a transaction, in one round trip. */
static void *commit_steadily(void *arg)
{
    struct committer *c = arg;
    struct run *run = c->run;
    char statement[1024];

    for (long i = c->first; i < run->count; i += run->connections) {
        snprintf(statement, sizeof statement, run->sql, (int)(i + 1));
        sleep_until(due_us(run, i));
        run->late_us[i] = now_us() - due_us(run, i);
        exec(&c->db, statement);
    }
    return NULL;
}

static void commit_all(struct run *run, const char *conninfo)
{
    static struct committer committers[CONNECTIONS_MAX];

    for (long i = 0; i < run->connections; i++) {
        committers[i] = (struct committer){.run = run, .first = i};
        open_database(&committers[i].db, conninfo);
    }
    run->start_us = now_us() + 10000;
    for (long i = 0; i < run->connections; i++)
        if (pthread_create(&committers[i].thread, NULL, commit_steadily, &committers[i]))
            die("threads", "cannot start one");
    for (long i = 0; i < run->connections; i++) {
        pthread_join(committers[i].thread, NULL);
        close_database(&committers[i].db);
    }
}

/* What is told. */

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Bounds that grow by 1, 2, 5. */
static void write_histogram(const struct run *run, const char *path)
{
    static const int64_t steps[] = {1, 2, 5};
    FILE *file = fopen(path, "w");
    long i = 0;

    if (!file)
        die("cannot write", path);
    for (int64_t unit = 100, k = 0; i < run->count; k = (k + 1) % 3) {
        int64_t bound = unit * steps[k];
        long from = i;
        while (i < run->count && run->seen_us[i] <= bound)
            i++;
        if (i > 0)
            fprintf(file, "%.1f %ld\n", (double)bound / 1000, i - from);
        unit *= k == 2 ? 10 : 1;
    }
    fclose(file);
}

static double ms(const int64_t *sorted, long count, long per_mille)
{
    return (double)sorted[(count - 1) * per_mille / 1000] / 1000;
}

static void report(struct run *run, const char *histogram)
{
    int64_t *took = run->seen_us;

    for (long i = 0; i < run->count; i++)
        took[i] -= due_us(run, i);
    qsort(took, (size_t)run->count, sizeof *took, compare);
    qsort(run->late_us, (size_t)run->count, sizeof *run->late_us, compare);
    printf("%ld %.0f %.3f %.3f %.3f %.3f %.3f\n", run->count, run->rate, ms(took, run->count, 500),
           ms(took, run->count, 990), ms(took, run->count, 999), ms(took, run->count, 1000),
           ms(run->late_us, run->count, 990));
    if (histogram)
        write_histogram(run, histogram);
}

int main(int argc, char **argv)
{
    struct run run = {.seen = -1};
    pthread_t reader;

    if (argc < 6)
        die("usage",
            "latency CONNINFO REDIS-SOCKET STREAM-KEY RATE COUNT [SQL [CONNECTIONS [HISTOGRAM-FILE]]]");
    run.stream = argv[3];
    run.rate = atof(argv[4]);
    run.count = atol(argv[5]);
    run.sql = argc > 6 ? argv[6] : DEFAULT_SQL;
    run.connections = argc > 7 ? atol(argv[7]) : 1;
    if (run.rate <= 0 || run.count <= 0 || run.connections < 1 || run.connections > CONNECTIONS_MAX)
        die("usage", "rate, count and connections (64 at most) are positive numbers");
    run.late_us = calloc((size_t)run.count, sizeof *run.late_us);
    run.seen_us = calloc((size_t)run.count, sizeof *run.seen_us);
    run.redis = redisConnectUnix(argv[2]);
    if (!run.late_us || !run.seen_us || !run.redis || run.redis->err)
        die("connect", run.redis && run.redis->err ? run.redis->errstr : "no memory");
    pthread_create(&reader, NULL, read_stream, &run);
    while (atomic_load(&run.seen) < 0)
        sleep_until(now_us() + 1000);
    commit_all(&run, argv[1]);
    pthread_join(reader, NULL);
    report(&run, argc > 8 ? argv[8] : NULL);
    redisFree(run.redis);
    free(run.late_us);
    free(run.seen_us);
    return 0;
}
