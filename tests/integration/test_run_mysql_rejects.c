/*
 * `tributary run` and `check`, end to end, from MariaDB or MySQL: values that have no canonical form become dead letters that name them,
 * TIMESTAMPs are the same instants whatever zone they were written in, and columns that the binlog lacks are told beforehand.
 */
#include "typed_scene.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct typed_scene scene;

static void done(void)
{
    typed_scene_clean(&scene);
}

TestSuite(run_mysql_rejects, .fini = done, .timeout = 120);

static const struct typed_column refused[] = {
    {.field = "day", .type = "DATE"},
    {.field = "moment", .type = "DATETIME(3)"},
    {.field = "instant", .type = "TIMESTAMP(6) NULL"},
    {.field = "word", .type = "VARCHAR(10) CHARACTER SET tis620"},
    {.field = "other_word", .type = "VARCHAR(10) CHARACTER SET big5"},
};

static void expect_letter(const struct stored_record *letter, const char *key, const char *column)
{
    const char *reason = stored_record_get(letter, "reason");

    cr_expect_str_eq(stored_record_get(letter, "table"), "types.refused");
    cr_expect_str_eq(stored_record_get(letter, "key"), key);
    cr_expect_str_eq(stored_record_get(letter, "column"), column, "row %s", key);
    cr_expect(reason && *reason);
}

Test(run_mysql_rejects, what_has_no_canonical_form_is_a_dead_letter)
{
    static const struct typed_table table = {.name = "refused", .columns = refused, .ncolumns = 5};
    static const char *const columns[] = {"day",    "day",     "day",  "moment",    "moment",
                                          "moment", "instant", "word", "other_word"};
    enum { LETTERS = sizeof columns / sizeof *columns };
    struct stored_stream letters;
    char key[8];

    typed_scene_set(&scene, &table, 1);
    typed_scene_sql(
        &scene,
        "INSERT INTO refused (id, day) VALUES (1, '0000-00-00'), (2, '2026-00-10'), (3, '2026-02-00');"
        "INSERT INTO refused (id, moment) VALUES (4, '0000-00-00 00:00:00'), (5, '2026-00-00 10:00'),"
        " (6, '0000-01-01 00:00:00');"
        "INSERT INTO refused (id, instant) VALUES (7, '0000-00-00 00:00:00');"
        "INSERT INTO refused (id, word) VALUES (8, _tis620 x'61FC');"
        "INSERT INTO refused (id, other_word) VALUES (9, _big5 x'A15A');"
        "INSERT INTO refused (id, day) VALUES (10, '2026-11-21');");
    typed_scene_settle(&scene);
    stored_stream_read(&letters, scene.redis, "cdc:dlq:types");
    cr_assert_eq(letters.n, LETTERS, "%zu dead letters", letters.n);
    for (size_t i = 0; i < LETTERS; i++) {
        snprintf(key, sizeof key, "%zu", i + 1);
        expect_letter(&letters.entries[i], key, columns[i]);
    }
    stored_stream_fini(&letters);
    cr_expect(server_redis_exists(scene.redis, "cdc:state:{refused}:10"));
    cr_expect_not(server_redis_exists(scene.redis, "cdc:state:{refused}:1"));
    typed_scene_end(&scene);
}

static const struct typed_column instants[] = {
    {.field = "at", .type = "TIMESTAMP(3) NULL", .shows = "DATE_FORMAT(@, '%Y-%m-%dT%H:%i:%s.%fZ')"},
    {.field = "made",
     .type = "TIMESTAMP(6) NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)",
     .shows = "DATE_FORMAT(@, '%Y-%m-%dT%H:%i:%s.%fZ')"},
};

/* Britain in 2026, as the servers keep zones; nobody need have loaded them. */
static const char london[] =
    "INSERT INTO mysql.time_zone (Time_zone_id, Use_leap_seconds) VALUES (7001, 'N');"
    "INSERT INTO mysql.time_zone_name (Name, Time_zone_id) VALUES ('Test/London', 7001);"
    "INSERT INTO mysql.time_zone_transition_type (Time_zone_id, Transition_type_id, `Offset`, Is_DST, Abbreviation)"
    " VALUES (7001, 0, 0, 0, 'GMT'), (7001, 1, 3600, 1, 'BST');"
    "INSERT INTO mysql.time_zone_transition (Time_zone_id, Transition_time, Transition_type_id)"
    " VALUES (7001, 1774746000, 1), (7001, 1792890000, 0);";

Test(run_mysql_rejects, an_instant_is_one_whatever_the_sessions_zone_is)
{
    static const struct typed_table table = {.name = "instants", .columns = instants, .ncolumns = 2};

    typed_scene_set(&scene, &table, 1);
    typed_scene_sql(&scene, london);
    typed_scene_sql(
        &scene, "SET time_zone = '+05:30'; INSERT INTO instants (id, at) VALUES (1, '2026-11-22 00:00:00.5');"
                "SET time_zone = '-12:00'; INSERT INTO instants (id, at) VALUES (2, '2026-11-21 06:30:00.5');"
                "SET time_zone = 'Test/London'; INSERT INTO instants (id, at) VALUES"
                " (3, '2026-03-29 00:59:59.999'), (4, '2026-03-29 02:00:00'), (5, '2026-10-25 00:59:59'),"
                " (6, '2026-10-25 01:30:00'), (7, '2026-10-25 02:00:00'), (8, '2026-03-29 01:30:00');"
                "SET timestamp = 1792888200; INSERT INTO instants (id, at) VALUES (9, NOW());"
                "SET timestamp = 1792891800; INSERT INTO instants (id, at) VALUES (10, NOW());"
                "UPDATE instants SET at = '2026-07-01 12:00:00' WHERE id = 1;");
    typed_scene_settle(&scene);
    typed_scene_compare(&scene);
    cr_expect_str_eq(server_redis_hget(scene.redis, "cdc:state:{instants}:1", "at"),
                     "2026-07-01T11:00:00.000000Z");
    cr_expect_str_eq(server_redis_hget(scene.redis, "cdc:state:{instants}:2", "at"),
                     "2026-11-21T18:30:00.500000Z");
    cr_expect_str_eq(server_redis_hget(scene.redis, "cdc:state:{instants}:3", "at"),
                     "2026-03-29T00:59:59.999000Z");
    cr_expect_str_eq(server_redis_hget(scene.redis, "cdc:state:{instants}:4", "at"),
                     "2026-03-29T01:00:00.000000Z");
    typed_scene_end(&scene);
}

static const struct typed_column computed[] = {
    {.field = "base", .type = "int"},
    {.field = "twice", .type = "bigint GENERATED ALWAYS AS (`base` * 2) VIRTUAL", .generated = true},
    {.field = "kept", .type = "bigint GENERATED ALWAYS AS (`base` * 3) STORED", .generated = true},
};

/* What `check` says of them. */
static void expect_said(const char *of_stored, const char *of_virtual)
{
    const char *words[] = {"check", scene.agent.config, NULL}, *said;

    agent_command(&scene.agent, words);
    said = agent_output(&scene.agent);
    cr_expect_eq(strstr(said, "\"kept\" of") != NULL, of_stored != NULL, "%s", said);
    cr_expect_eq(strstr(said, "\"twice\" of") != NULL, of_virtual != NULL, "%s", said);
    cr_expect(!of_stored || strstr(said, of_stored), "%s", said);
    cr_expect(!of_virtual || strstr(said, of_virtual), "%s", said);
}

/* MariaDB leaves virtual columns out of minimal images; MariaDB 11 all of them out of updates, with any image. */
Test(run_mysql_rejects, computed_columns_may_not_be_logged)
{
    static const struct typed_table table = {.name = "computed", .columns = computed, .ncolumns = 3};
    static const char minimal[] = "is a virtual one: with row image MINIMAL this server does not log it",
                      never[] = "is computed: this server does not log it when a row is updated";
    bool logs_none, logs_whole;

    typed_scene_set(&scene, &table, 1);
    logs_none = scene.server & TYPED_MARIADB && !(scene.server & TYPED_MARIADB_10);
    logs_whole = scene.server & TYPED_MARIADB_10;
    typed_scene_sql(&scene, "INSERT INTO computed (id, base) VALUES (1, 21);");
    typed_scene_settle(&scene);
    typed_scene_compare(&scene);
    expect_said(logs_none ? never : NULL, logs_none ? never : NULL);
    typed_scene_sql(&scene, "UPDATE computed SET base = 22");
    typed_scene_settle(&scene);
    if (logs_none)
        cr_expect_str_eq(server_redis_hget(scene.redis, "cdc:state:{computed}:1", "kept"), "63",
                         "the server logs it after all");
    else
        typed_scene_compare(&scene);
    typed_scene_sql(&scene, "SET GLOBAL binlog_row_image = MINIMAL;");
    expect_said(logs_none ? never : NULL, logs_none ? never : logs_whole ? minimal : NULL);
    typed_scene_end(&scene);
}
