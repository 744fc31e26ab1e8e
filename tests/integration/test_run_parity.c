/*
 * `tributary run`, end to end, from PostgreSQL and from MariaDB or MySQL side by side: the same facts in both give the same bytes in events
 * and states, from the streams and from snapshots. One Redis, two prefixes.
 */
#include "integration/snapshot_watch.h"
#include "lib/fail.h"
#include "lib/scene.h"
#include "lib/server_mariadb.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct scene scene;
static struct server_mariadb *maria;
static struct agent agent;

static void done(void)
{
    agent_fini(&agent);
    server_mariadb_stop(maria);
    maria = NULL;
    scene_clean(&scene);
}

TestSuite(run_parity, .fini = done, .timeout = 180);

/* A column in both, the fields that it is mapped to, and its values: as both write them, or each its own way. */
static const struct fact {
    const char *column, *postgresql, *mariadb; /* types */
    const char *fields;                        /* "FIELD:TYPE …" of the model */
    const char *values[12];                    /* SQL of both */
    const char *others[12];                    /* MariaDB's, where it differs */
} facts[] = {
    {"whole", "integer", "int", "whole:integer whole_text:string whole_price:decimal",
     .values = {"0", "-2147483648", "2147483647", "42"}},
    {"big", "bigint", "bigint", "big:integer big_text:string",
     .values = {"-9223372036854775808", "9223372036854775807", "0"}},
    {"price", "numeric(20,6)", "decimal(20,6)", "price:decimal price_text:string price_json:json",
     .values = {"0", "1.5", "-0.000001", "99999999999999.999999", "12.500000"}},
    {"ratio", "double precision", "double", "ratio:decimal ratio_text:string ratio_json:json",
     .values = {"0.1", "1e23", "-1.5e-300", "1e15", "123456789012345680", "1.7976931348623157e308",
                "'-0'::float8", "1e-5", "9007199254740993", "0.30000000000000004", "1e0 / 3e0", "8.5e9"},
     .others = {[6] = "-0e0"}},
    {"single", "real", "float", "single:decimal single_text:string",
     .values = {"0.1", "3e10", "16777217", "1e-5", "3.4028235e38", "1e20", "8.5e9", "123456.789",
                "1.1754944e-38", "-1.5"}},
    {"flag", "boolean", "tinyint(1)", "flag:boolean", .values = {"true", "false"}},
    {"day", "date", "date", "day:date day_text:string day_time:time",
     .values = {"'2026-11-21'", "'0001-01-01'", "'9999-12-31'", "'2024-02-29'"}},
    {"local", "timestamp", "datetime(6)", "local:time local_text:string local_date:date local_json:json",
     .values = {"'2026-11-21 18:30:00'", "'2026-07-01 12:00:00.123456'", "'2026-07-01 12:00:00.5'",
                "'1970-01-01 00:00:00'", "'2026-10-25 01:30:00'", "'1850-01-01 12:00:00'"}},
    {"instant", "timestamptz", "timestamp(6) NULL", "instant:time instant_text:string instant_date:date",
     .values = {"'2026-11-21 18:30:00'", "'2026-07-01 12:00:00.123456'", "'1970-01-01 00:00:01'",
                "'2038-01-19 03:14:07'"}},
    {"clock", "time", "time(6)", "clock:string",
     .values = {"'18:30:00'", "'00:00:00.5'", "'23:59:59.999999'"}},
    {"words", "text", "longtext", "words:string",
     .values = {"''", "'plain'",
                "'caf\u00e9 cafe\u0301 \U0001F3AC\U0001F468\u200D\U0001F469\u200D\U0001F467'",
                "'tab\there \"quoted\" it''s'",
                "'\u05e9\u05dc\u05d5\u05dd \u65e5\u672c\u8a9e \x01\x7f \u2028'", "'  spaces  '"}},
    {"code", "char(5)", "char(5)", "code:string", .values = {"'ab'", "'abcde'"}},
    {"bytes", "bytea", "longblob", "bytes:string",
     .values = {"''", "'\\x00'", "'\\x00ff10'", "'\\xdeadbeef00'"},
     .others = {"''", "x'00'", "x'00ff10'", "x'deadbeef00'"}},
    {"doc", "json", "json", "doc:json doc_text:string",
     .values = {"'{\"a\": 1, \"bb\": [true, null, \"\u00fc \U0001F3AC\"], \"ccc\": {\"d\": 1.5}}'", "'[]'",
                "'\"x\"'", "' [ 1 , 2 ] '", "'{\"a\": 12345678901, \"b\": \"\", \"c\": -0.25}'", "'null'"}},
    {"docb", "jsonb", "json", "docb:json docb_text:string",
     .values = {"'{\"a\": 1, \"bb\": [true, null, \"\u00fc\"], \"ccc\": {\"d\": 1.5}}'", "'{}'", "'7'"}},
    {"mood", "mood", "enum('sad','so so','\u00fcber')", "mood:string mood_word:enum",
     .values = {"'sad'", "'so so'", "'\u00fcber'"}},
};

enum { FACTS = sizeof facts / sizeof *facts, ROWS = 13 };

static FILE *text_open(char **text, size_t *len)
{
    FILE *out = open_memstream(text, len);

    if (!out)
        fail("out of memory");
    return out;
}

static char *print_table(bool postgresql)
{
    char *text;
    size_t len;
    FILE *sql = text_open(&text, &len);

    if (postgresql)
        fputs("CREATE TYPE mood AS ENUM ('sad', 'so so', '\u00fcber');", sql);
    fputs("CREATE TABLE fact (id integer PRIMARY KEY", sql);
    for (size_t i = 0; i < FACTS; i++)
        fprintf(sql, ", %s %s", facts[i].column, postgresql ? facts[i].postgresql : facts[i].mariadb);
    fputs(");", sql);
    fclose(sql);
    return text;
}

/* Calls `put` for each field of a fact. */
static void each_field(const struct fact *fact, FILE *out,
                       void (*put)(const struct fact *fact, const char *field, const char *type, FILE *out))
{
    char *fields = text_print("%s", fact->fields), *rest = fields;

    for (char *field; (field = strtok_r(rest, " ", &rest));) {
        char *type = strchr(field, ':');

        *type++ = 0;
        put(fact, field, type, out);
    }
    free(fields);
}

static void put_model_field(const struct fact *fact, const char *field, const char *type, FILE *yaml)
{
    (void)fact;
    fprintf(yaml, "      %s: {type: %s, meaning: a test%s}\n", field, type,
            strcmp(type, "enum") == 0 ? ", values: [low, high]" : "");
}

static void put_mapping_field(const struct fact *fact, const char *field, const char *type, FILE *yaml)
{
    fprintf(yaml, "      %s: {column: %s%s}\n", field, fact->column,
            strcmp(type, "enum") == 0 ? ", values: {sad: low, \u00fcber: high}, otherwise: null" : "");
}

static char *print_model(void)
{
    char *text;
    size_t len;
    FILE *yaml = text_open(&text, &len);

    fputs(
        "version: 1\nentities:\n"
        "  request:\n    meaning: a test\n    key: [request_id]\n"
        "    verbs: {insert: added, update: changed, delete: gone}\n    fields:\n"
        "      request_id: {type: string, meaning: a test}\n      subject: {type: string, meaning: a test}\n"
        "  fact:\n    meaning: a test\n    key: [id]\n"
        "    verbs: {insert: added, update: changed, delete: gone}\n    fields:\n"
        "      id: {type: string, meaning: a test}\n",
        yaml);
    for (size_t i = 0; i < FACTS; i++)
        each_field(&facts[i], yaml, put_model_field);
    fclose(yaml);
    return text;
}

static char *print_mapping(const char *schema)
{
    char *text;
    size_t len;
    FILE *yaml = text_open(&text, &len);

    fprintf(yaml, "  %s.fact:\n    entity: fact\n    key: {id: id}\n    fields:\n", schema);
    for (size_t i = 0; i < FACTS; i++)
        each_field(&facts[i], yaml, put_mapping_field);
    fclose(yaml);
    return text;
}

static const char *value_at(const struct fact *fact, size_t row, bool postgresql)
{
    const char *value = row < sizeof fact->values / sizeof *fact->values ? fact->values[row] : NULL;

    if (value && !postgresql && fact->others[row])
        value = fact->others[row];
    return value ? value : "NULL";
}

/* Rows with values and one without; then each gets those of the next row; then they are deleted. */
static char *print_changes(bool postgresql)
{
    char *text;
    size_t len;
    FILE *sql = text_open(&text, &len);

    fputs(postgresql ? "SET timezone = 'UTC';" : "SET sql_mode = '', time_zone = '+00:00';", sql);
    for (size_t row = 0; row < ROWS; row++) {
        fprintf(sql, "INSERT INTO fact VALUES (%zu", row);
        for (size_t i = 0; i < FACTS; i++)
            fprintf(sql, ", %s", value_at(&facts[i], row, postgresql));
        fputs(");", sql);
    }
    for (size_t row = 0; row < ROWS; row++) {
        fputs("UPDATE fact SET ", sql);
        for (size_t i = 0; i < FACTS; i++)
            fprintf(sql, "%s%s = %s", i ? ", " : "", facts[i].column,
                    value_at(&facts[i], (row + 1) % ROWS, postgresql));
        fprintf(sql, " WHERE id = %zu;", row);
    }
    fprintf(sql, "DELETE FROM fact WHERE id >= %d;", ROWS - 2);
    fclose(sql);
    return text;
}

static void given_postgresql(void)
{
    char *schema = print_table(true), *tables = print_mapping("public"), *model = print_model();

    scene_set(&scene, &(struct scene_options){.schema = schema,
                                              .tables = tables,
                                              .source = "  timezone: Europe/London\n",
                                              .top = "model: model.yaml\n"});
    free(tempdir_write(&scene.agent.dir, "model.yaml", model));
    scene_start(&scene);
    free(schema);
    free(tables);
    free(model);
}

static void given_mariadb(void)
{
    char *schema = print_table(false), *tables = print_mapping("cinema"), *model = print_model(), *config;

    maria = server_mariadb_start(NULL);
    server_mariadb_sql(maria, "", "CREATE DATABASE cinema CHARACTER SET utf8mb4;");
    server_mariadb_sql(maria, "cinema", schema);
    server_mariadb_sql(maria, "cinema", "CREATE TABLE scene_marker (id integer PRIMARY KEY);");
    config = text_print(
        "version: 1\nconnector: cinema\nsystem: booking-site\nmodel: model.yaml\n"
        "source: {type: mysql, host: \"%s\", database: cinema, user: root, server_id: 7101,"
        " timezone: Europe/London}\n"
        "redis: {url: \"unix://%s\", prefix: other}\nsnapshot: {mode: never}\ntables:\n"
        "  cinema.scene_marker: {entity: request, key: {request_id: id}, fields: {subject: {const: marker}}}\n"
        "%s",
        maria->socket, scene.redis->socket, tables);
    agent_init(&agent);
    free(tempdir_write(&agent.dir, "model.yaml", model));
    agent_start(&agent, config);
    agent_wait_log(&agent, "streaming from mysql", 60000);
    free(schema);
    free(tables);
    free(model);
    free(config);
}

static bool marker_came(void *ctx)
{
    (void)ctx;
    if (!agent_runs(&agent))
        fail("the agent ended\n%s", agent_log(&agent));
    return server_redis_exists(scene.redis, "other:state:{request}:1");
}

static void change_both(void)
{
    char *there = print_changes(true), *here = print_changes(false);

    scene_sql(&scene, there);
    server_mariadb_sql(maria, "cinema", here);
    server_mariadb_sql(maria, "cinema", "INSERT INTO scene_marker VALUES (1);");
    scene_settle(&scene);
    wait_until("the marker of the other", marker_came, NULL, 60000);
    free(there);
    free(here);
}

static void expect_same_field(const struct stored_record *a, const struct stored_record *b, const char *field)
{
    const char *there = stored_record_get(a, field), *here = stored_record_get(b, field);
    size_t from = 0;

    while (there && here && there[from] && there[from] == here[from])
        from++;
    from -= from < 30 ? from : 30; /* the field's name */
    cr_expect(there && here ? strcmp(there, here) == 0 : !there && !here,
              "%s of row %s, from byte %zu\n  PostgreSQL: %.100s\n  the other:  %.100s", field,
              stored_record_get(a, "subject"), from, there ? there + from : "absent",
              here ? here + from : "absent");
}

static void expect_same_events(void)
{
    struct stored_stream there, here;

    stored_stream_read(&there, scene.redis, "cdc:events:{fact}");
    stored_stream_read(&here, scene.redis, "other:events:{fact}");
    cr_assert_eq(there.n, 2 * ROWS + 2, "%zu events", there.n);
    cr_assert_eq(here.n, there.n, "%zu events, not %zu", here.n, there.n);
    for (size_t i = 0; i < there.n; i++) {
        expect_same_field(&there.entries[i], &here.entries[i], "subject");
        expect_same_field(&there.entries[i], &here.entries[i], "type");
        expect_same_field(&there.entries[i], &here.entries[i], "data");
        expect_same_field(&there.entries[i], &here.entries[i], "previous");
    }
    stored_stream_fini(&there);
    stored_stream_fini(&here);
}

static void expect_same_states(void)
{
    for (size_t row = 0; row < ROWS; row++) {
        char *key = text_print("cdc:state:{fact}:%zu", row),
             *other = text_print("other:state:{fact}:%zu", row);
        struct stored_record *there = stored_hash_read(scene.redis, key),
                             *here = stored_hash_read(scene.redis, other);
        char *is = stored_record_print(there), *also = stored_record_print(here);

        cr_expect_str_eq(is, also);
        cr_expect_eq(there->n == 0, row >= ROWS - 2);
        free(is);
        free(also);
        stored_record_free(there);
        stored_record_free(here);
        free(key);
        free(other);
    }
}

static void expect_no_letters(const char *key)
{
    struct stored_stream letters;

    stored_stream_read(&letters, scene.redis, key);
    for (size_t i = 0; i < letters.n; i++)
        cr_expect(false, "%s: %s %s", key, stored_record_get(&letters.entries[i], "key"),
                  stored_record_get(&letters.entries[i], "detail"));
    stored_stream_fini(&letters);
}

static void load_both_anew(void)
{
    struct snapshot_watch there = {scene.redis, &scene.agent, "cdc:checkpoint:cinema"},
                          here = {scene.redis, &agent, "other:checkpoint:cinema"};

    snapshot_watch_load_anew(&there, "cdc");
    snapshot_watch_load_anew(&here, "other");
}

Test(run_parity, the_same_facts_are_the_same_bytes)
{
    given_postgresql();
    given_mariadb();
    change_both();
    expect_no_letters("cdc:dlq:cinema");
    expect_no_letters("other:dlq:cinema");
    expect_same_states();
    expect_same_events();
    load_both_anew();
    expect_same_states();
    cr_expect_eq(agent_stop(&agent), 0);
    scene_end(&scene);
}
