/*
 * The OLTP proof (oltp.h). The binlogs' changes become the list of events that each entity must have, kept as hashes; then the
 * streams are read against the lists, and the states against the tables. Tables 1 to 4 feed `product` with all columns, tables 5 to 8
 * feed `inventory` without `c`, whose updates must make no event. Runs on the test's main thread; failures end the test.
 */
#include "lib/oltp.h"

#include "lib/binlog_text.h"
#include "lib/fail.h"
#include "lib/stored.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TABLES = 8, OF_PRODUCT = 4, ROWS = 10000, FILL_MS = 120000, TEXT = 1024 };
enum { ID, K, C, PAD, COLUMNS }; /* of the tables */

const char OLTP_DATABASE[] = "sbtest";

struct field {
    const char *name;
    int column;
};

/* What is mapped, in the order of the mapping. */
struct entity {
    const char *name, *rest; /* of the key: a part that is left out is "-" */
    struct field fields[3];
    size_t nfields;
};

static const struct entity entities[] = {
    {"product", "", {{"name", K}, {"description", C}, {"brand", PAD}}, 3},
    {"inventory", ":-", {{"quantity", K}, {"unit_code", PAD}}, 2},
};

enum verb { CREATED, CHANGED, DELETED };

/* An event that must be there. */
struct due {
    uint8_t verb, table;
    uint16_t id;
    uint64_t data, previous; /* hashes of the JSON texts */
};

/* An entity's stream while it is compared. */
struct audit {
    const struct entity *entity;
    struct due *due;
    size_t n, cap, seen;
    uint64_t *ids; /* hashes of the events' ids */
};

struct witness {
    struct audit audit[2]; /* by entity */
    size_t changes;
};

static const struct entity *entity_of(unsigned table)
{
    return &entities[table > OF_PRODUCT];
}

char *oltp_mapping(void)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    for (unsigned t = 1; out && t <= TABLES; t++) {
        const struct entity *e = entity_of(t);

        fprintf(out, "  sbtest.sbtest%u:\n    entity: %s\n    key: {sku: \"t%u-${id}\"}\n    fields:\n", t,
                e->name, t);
        for (size_t i = 0; i < e->nfields; i++)
            fprintf(out, "      %s: %s\n", e->fields[i].name,
                    (const char *const[]){"id", "k", "c", "pad"}[e->fields[i].column]);
    }
    if (!out || fclose(out))
        fail("out of memory");
    return text;
}

static pid_t sysbench(struct server_mariadb *server, const char *output, const char *const *words)
{
    char *socket = text_print("--mysql-socket=%s", server->socket),
         *rows = text_print("--table-size=%d", ROWS), *tables = text_print("--tables=%d", TABLES);
    const char *argv[24] = {"sysbench",
                            "oltp_read_write",
                            "--db-driver=mysql",
                            socket,
                            "--mysql-user=root",
                            "--mysql-db=sbtest",
                            rows,
                            tables};
    size_t n = 8;
    pid_t pid;

    while (*words)
        argv[n++] = *words++;
    pid = process_start(argv, &(struct process_options){.output = output});
    free(socket);
    free(rows);
    free(tables);
    return pid;
}

/* Each table once, in `statement`. */
static void with_tables(struct server_mariadb *server, const char *statement, const char *definition)
{
    for (int i = 1; i <= TABLES; i++) {
        char *sql = text_print("%s sbtest%d %s;", statement, i, definition);

        server_mariadb_sql(server, OLTP_DATABASE, sql);
        free(sql);
    }
}

void oltp_create(struct server_mariadb *server)
{
    with_tables(server, "CREATE TABLE",
                "(id integer PRIMARY KEY AUTO_INCREMENT, k integer NOT NULL DEFAULT 0,"
                " c char(120) NOT NULL DEFAULT '', pad char(60) NOT NULL DEFAULT '')");
}

void oltp_fill(struct server_mariadb *server, const char *output)
{
    int status;
    char *said;

    with_tables(server, "DROP TABLE IF EXISTS", "");
    status = process_wait(sysbench(server, output, (const char *const[]){"prepare", NULL}), FILL_MS);
    if (status == 0)
        return;
    said = process_read_file(output);
    fail("sysbench prepare ended with %d\n%s", status, said);
}

/* Reads are left out as far as the script allows: they leave no trace in the binlog. */
pid_t oltp_load(struct server_mariadb *server, unsigned transactions, unsigned seed, const char *output)
{
    char *events = text_print("--events=%u", transactions), *random = text_print("--rand-seed=%u", seed);
    pid_t pid = sysbench(server, output,
                         (const char *const[]){"--threads=4", "--time=0", events, random, "--point-selects=1",
                                               "--range-selects=off", "run", NULL});

    free(events);
    free(random);
    return pid;
}

pid_t oltp_load_steady(struct server_mariadb *server, unsigned per_second, unsigned seed, const char *output)
{
    char *rate = text_print("--rate=%u", per_second), *random = text_print("--rand-seed=%u", seed);
    pid_t pid = sysbench(server, output,
                         (const char *const[]){"--threads=4", "--time=0", "--events=0", rate, random,
                                               "--point-selects=1", "--range-selects=off", "run", NULL});

    free(rate);
    free(random);
    return pid;
}

/* FNV-1a */
static uint64_t hash(const char *text)
{
    uint64_t h = UINT64_C(14695981039346656037);

    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return h;
}

/* Appends the mapped fields of `image` as JSON members; those alone that `other` has differently, when there is one. */
static size_t print_fields(const struct entity *e, const struct binlog_image *image,
                           const struct binlog_image *other, char *out)
{
    size_t n = 0, len = strlen(out);

    for (size_t i = 0; i < e->nfields; i++) {
        const char *value = image->values[e->fields[i].column];

        if (other && strcmp(value, other->values[e->fields[i].column]) == 0)
            continue;
        len += (size_t)snprintf(out + len, TEXT - len, "%s\"%s\":\"%s\"", len > 1 ? "," : "",
                                e->fields[i].name, value);
        n++;
    }
    snprintf(out + len, TEXT - len, "}");
    return n;
}

static void print_row(unsigned table, const struct binlog_image *image, char *out)
{
    snprintf(out, TEXT, "{\"sku\":\"t%u-%s\"", table, image->values[ID]);
    print_fields(entity_of(table), image, NULL, out);
}

static struct due *due_add(struct audit *audit)
{
    if (audit->n == audit->cap) {
        audit->cap = audit->cap ? 2 * audit->cap : 65536;
        audit->due = realloc(audit->due, audit->cap * sizeof *audit->due);
        if (!audit->due)
            fail("out of memory");
    }
    return &audit->due[audit->n++];
}

static unsigned table_number(const char *name)
{
    unsigned long t = strncmp(name, "sbtest", 6) == 0 ? strtoul(name + 6, NULL, 10) : 0;

    return t <= TABLES ? (unsigned)t : 0;
}

/* One committed change: the event that it must have become, if it changed anything that is mapped. */
static void on_change(void *ctx, const struct binlog_change *change)
{
    const struct binlog_image *before = &change->before, *after = &change->after;
    const struct binlog_image *image = after->n ? after : before;
    unsigned table = table_number(change->table);
    struct witness *witness = ctx;
    const struct entity *e = entity_of(table);
    char data[TEXT] = "{}", previous[TEXT] = "";
    struct due due = {.verb = !before->n ? CREATED : after->n ? CHANGED : DELETED};

    if (!table)
        return;
    witness->changes++;
    if (image->n != COLUMNS)
        fail("a row of %s has %zu columns in the binlog", change->table, image->n);
    if (after->n)
        print_row(table, after, data);
    if (!after->n)
        print_row(table, before, previous);
    else if (before->n && print_fields(e, before, after, strcpy(previous, "{")) == 0)
        return;
    due.table = (uint8_t)table;
    due.id = (uint16_t)strtoul(image->values[ID], NULL, 10);
    due.data = hash(data);
    due.previous = hash(previous);
    *due_add(&witness->audit[e - entities]) = due;
}

static enum verb verb_of(const char *type)
{
    const char *verb = strchr(type, '.');

    if (verb && strcmp(verb, ".created") == 0)
        return CREATED;
    return verb && strcmp(verb, ".deleted") == 0 ? DELETED : CHANGED;
}

static const char *text_of(const struct stored_record *event, const char *field)
{
    const char *value = stored_record_get(event, field);

    return value ? value : "";
}

static void on_event(void *ctx, const struct stored_record *event)
{
    struct audit *audit = ctx;
    const struct due *due = &audit->due[audit->seen];
    const char *id = text_of(event, "id");
    char subject[32];

    if (audit->seen == audit->n)
        fail("event %s has no change in the binlogs: %s events are too many", id, audit->entity->name);
    snprintf(subject, sizeof subject, "t%u-%u%s", due->table, due->id, audit->entity->rest);
    if (strcmp(text_of(event, "subject"), subject) != 0 || verb_of(text_of(event, "type")) != due->verb)
        fail("event %s, number %zu, is %s about %s; the binlog has a change of %s (%d) there", id,
             audit->seen, text_of(event, "type"), text_of(event, "subject"), subject, (int)due->verb);
    if (hash(text_of(event, "data")) != due->data || hash(text_of(event, "previous")) != due->previous)
        fail("event %s, number %zu, about %s, is not what the binlog has there:\n%s\nbefore:\n%s", id,
             audit->seen, subject, text_of(event, "data"), text_of(event, "previous"));
    audit->ids[audit->seen++] = hash(id);
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static void stream_audit(struct audit *audit, struct server_redis *redis)
{
    char *key = text_print("cdc:events:{%s}", audit->entity->name);

    audit->ids = calloc(audit->n + 1, sizeof *audit->ids);
    if (!audit->ids)
        fail("out of memory");
    stored_stream_each(redis, key, on_event, audit);
    if (audit->seen != audit->n)
        fail("%s has %zu events, the binlogs say %zu", key, audit->seen, audit->n);
    qsort(audit->ids, audit->n, sizeof *audit->ids, by_value);
    for (size_t i = 1; i < audit->n; i++) {
        if (audit->ids[i] == audit->ids[i - 1])
            fail("two events of %s have the same id", key);
    }
    fprintf(stderr, "%s: %zu events, each as the binlogs have it\n", key, audit->n);
    free(audit->ids);
    free(audit->due);
    free(key);
}

/* The rows of a table, to compare states with. */
struct rows {
    unsigned table;
    char *at; /* of the next line */
};

static unsigned key_table; /* stored_hash_each() gives its key function no context */

static void print_key(size_t i, char *out, size_t cap)
{
    const struct entity *e = entity_of(key_table);

    snprintf(out, cap, "cdc:state:{%s}:t%u-%zu%s", e->name, key_table, i + 1, e->rest);
}

static void on_state(void *ctx, size_t i, const struct stored_record *state)
{
    struct rows *rows = ctx;
    const struct entity *e = entity_of(rows->table);
    char *columns[COLUMNS], *rest = NULL, *line = strtok_r(rows->at, "\n", &rows->at);

    for (int c = 0; c < COLUMNS; c++)
        columns[c] = line ? strtok_r(c ? NULL : line, "\t", &rest) : NULL;
    if (!columns[PAD] || strtoul(columns[ID], NULL, 10) != i + 1)
        fail("row %zu of table %u is missing", i + 1, rows->table);
    for (size_t f = 0; f < e->nfields; f++) {
        const char *found = stored_record_get(state, e->fields[f].name),
                   *should = columns[e->fields[f].column];
        if (!found || strcmp(found, should) != 0)
            fail("row %zu of table %u: %s is %s, its state says %s", i + 1, rows->table, e->fields[f].name,
                 should, found ? found : "nothing");
    }
}

static void table_audit(struct server_mariadb *server, struct server_redis *redis, unsigned table)
{
    char *sql = text_print("SELECT id, k, c, pad FROM sbtest%u ORDER BY id;", table),
         *text = text_print("%s", server_mariadb_query(server, OLTP_DATABASE, sql));
    struct rows rows = {.table = table, .at = text};

    key_table = table;
    stored_hash_each(redis, ROWS, print_key, on_state, &rows);
    if (rows.at && *rows.at)
        fail("table %u has more rows than it should: %s", table, rows.at);
    free(sql);
    free(text);
}

/* No state is left that has no row. */
static void count_audit(struct server_redis *redis, const struct entity *e)
{
    char *pattern = text_print("cdc:state:{%s}:*", e->name);
    long long n = server_redis_integer(redis, "EVAL %s 0 %s", "return #redis.call('KEYS', ARGV[1])", pattern);

    if (n != (long long)OF_PRODUCT * ROWS)
        fail("there are %lld states of %s, not %d", n, e->name, OF_PRODUCT * ROWS);
    free(pattern);
}

size_t oltp_audit(struct server_mariadb *server, struct server_redis *redis)
{
    struct witness witness = {.audit = {{.entity = &entities[0]}, {.entity = &entities[1]}}};

    binlog_text_each(server, on_change, &witness);
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
        stream_audit(&witness.audit[i], redis);
        count_audit(redis, &entities[i]);
    }
    for (unsigned t = 1; t <= TABLES; t++)
        table_audit(server, redis, t);
    if (witness.changes < (size_t)TABLES * ROWS)
        fail("the binlogs hold %zu changes, less than the tables were filled with", witness.changes);
    return witness.changes - (size_t)TABLES * ROWS;
}
