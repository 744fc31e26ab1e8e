/* `tributary dlq`: what was rejected is listed, shown and removed, with the agent's rights and not with a reader's. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fail.h"
#include "lib/scene.h"

enum { FAILED = 1, USAGE = 64, UNAVAILABLE = 69, DENIED = 77 };

static struct scene scene;

static void done(void)
{
    scene_clean(&scene);
}

TestSuite(run_dlq, .fini = done, .timeout = 120);

static void given(void)
{
    scene_set(&scene,
              &(struct scene_options){
                  .schema = "CREATE TABLE seat (id integer PRIMARY KEY, state text, secret text);"
                            "CREATE TABLE flight (id integer PRIMARY KEY, on_day timestamptz)",
                  .tables =
                      "  public.seat:\n"
                      "    entity: booking\n"
                      "    key: {reservation_id: \"seat-${id}\"}\n"
                      "    fields:\n"
                      "      reservation_status: {column: state, values: {C: confirmed}, otherwise: reject}\n"
                      "  public.flight:\n"
                      "    entity: service\n"
                      "    key: {service_id: \"flight-${id}\"}\n"
                      "    fields: {start_time: on_day}\n"});
    scene_start(&scene);
}

static const char *dlq(int status, const char *const *words)
{
    const char *argv[12] = {"dlq", scene.agent.config};
    int found;

    for (size_t n = 2; *words; words++)
        argv[n++] = *words;
    agent_log_clear(&scene.agent);
    found = agent_command(&scene.agent, argv);
    cr_assert_eq(found, status, "dlq %s: status %d, not %d\n%s%s", argv[2], found, status,
                 agent_output(&scene.agent), agent_log(&scene.agent));
    return agent_output(&scene.agent);
}

#define DLQ(status, ...) dlq(status, (const char *const[]){__VA_ARGS__, NULL})

static size_t lines(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void expect(const char *output, const char *text)
{
    cr_assert(strstr(output, text), "\"%s\" is not said:\n%s", text, output);
}

/* The entry of the first letter in a list. */
static char *first_entry(const char *listed)
{
    const char *line = strchr(listed, '\n');

    cr_assert(line, "%s", listed);
    return text_print("%.*s", (int)strcspn(line + 1, " "), line + 1);
}

/* Nothing changes while the mapping is what it was; then the rows come, and those that changed since as they are now. */
Test(run_dlq, letters_are_replayed_through_the_present_mapping)
{
    given();
    scene_sql(&scene, "INSERT INTO seat VALUES (1, 'C', 's'), (2, 'X', 's'), (3, 'X', 's'), (4, 'X', 's')");
    scene_sql(&scene, "UPDATE seat SET state = 'C' WHERE id = 3; DELETE FROM seat WHERE id = 4");
    scene_settle(&scene);
    expect(DLQ(0, "replay"), "public.seat: 3 dead letters replayed, 1 rejected again\n1 dead letter left\n");
    cr_assert_not(server_redis_exists(scene.redis, "cdc:state:{booking}:seat-2"));
    cr_assert_eq(agent_stop(&scene.agent), 0);
    scene_await_not_streaming(&scene);
    DLQ(UNAVAILABLE, "replay");
    scene_replace(&scene, "{C: confirmed}", "{C: confirmed, X: cancelled}");
    scene_start(&scene);
    expect(DLQ(0, "replay", "--table", "seat"),
           "public.seat: 1 dead letter replayed, 0 rejected again\n0 dead");
    cr_assert_str_eq(server_redis_hget(scene.redis, "cdc:state:{booking}:seat-2", "reservation_status"),
                     "cancelled");
    cr_assert_str_eq(server_redis_hget(scene.redis, "cdc:state:{booking}:seat-3", "reservation_status"),
                     "confirmed");
    cr_assert_not(server_redis_exists(scene.redis, "cdc:state:{booking}:seat-4"));
    expect(DLQ(0, "list"), "no dead letters");
    scene_end(&scene);
}

Test(run_dlq, rejected_rows_are_listed_and_shown)
{
    char *entry;

    given();
    expect(DLQ(0, "list"), "no dead letters");
    scene_sql(&scene,
              "INSERT INTO seat VALUES (1, 'C', 'x'), (2, 'Q', 'sesame'), (3, E'R\\x1b[2J', 'sesame')");
    scene_sql(&scene, "INSERT INTO flight VALUES (7, 'infinity')");
    scene_settle(&scene);
    cr_assert_eq(lines(DLQ(0, "list")), 1 + 3, "%s", agent_output(&scene.agent));
    expect(agent_output(&scene.agent), "public.seat");
    expect(agent_output(&scene.agent), "seat-2\n");
    entry = first_entry(agent_output(&scene.agent)); /* the newest */
    expect(DLQ(0, "show", entry), "table    public.flight\n");
    expect(agent_output(&scene.agent), "key      flight-7\n");
    expect(agent_output(&scene.agent), "column   on_day\n");
    expect(DLQ(0, "show", entry, "--format", "json"), "\"table\":\"public.flight\"");
    DLQ(FAILED, "show", "1-1");
    expect(agent_log(&scene.agent), "there is no dead letter 1-1");
    cr_assert_eq(lines(DLQ(0, "list", "--table", "seat")), 1 + 2, "%s", agent_output(&scene.agent));
    cr_assert_eq(lines(DLQ(0, "list", "--table", "public.seat", "--format", "json")), 2, "%s",
                 agent_output(&scene.agent));
    cr_assert_null(strstr(agent_output(&scene.agent), "sesame"), "%s", agent_output(&scene.agent));
    cr_assert_null(strstr(agent_output(&scene.agent), "\"Q\""), "%s", agent_output(&scene.agent));
    expect(DLQ(0, "list", "--reason", "no_such"), "no dead letters");
    cr_assert_eq(lines(DLQ(0, "list", "--limit", "2")), 1 + 2, "%s", agent_output(&scene.agent));
    expect(agent_log(&scene.agent), "more than 2");
    free(entry);
    scene_end(&scene);
}

Test(run_dlq, purge_removes_what_is_meant_and_asks_first)
{
    char *entry;

    given();
    scene_sql(&scene, "INSERT INTO seat SELECT g, 'Q', 'x' FROM generate_series(1, 450) g");
    scene_sql(&scene, "INSERT INTO flight SELECT g, 'infinity' FROM generate_series(1, 30) g");
    scene_settle(&scene);
    DLQ(USAGE, "purge");
    expect(agent_log(&scene.agent), "say --yes");
    cr_assert_eq(server_redis_integer(scene.redis, "XLEN cdc:dlq:cinema"), 480);
    entry = first_entry(DLQ(0, "list", "--table", "flight"));
    expect(DLQ(0, "purge", "--yes", entry), "1 dead letter removed");
    expect(DLQ(0, "purge", "--yes", "--table", "seat"), "450 dead letters removed");
    cr_assert_eq(server_redis_integer(scene.redis, "XLEN cdc:dlq:cinema"), 29);
    expect(DLQ(0, "purge", "--yes"), "29 dead letters removed");
    expect(DLQ(0, "list"), "no dead letters");
    expect(DLQ(0, "purge", "--yes"), "0 dead letters removed");
    free(entry);
    scene_end(&scene);
}

Test(run_dlq, a_reader_has_no_right_to_them)
{
    given();
    scene_sql(&scene, "INSERT INTO seat VALUES (2, 'Q', 'x')");
    scene_settle(&scene);
    server_redis_do(scene.redis,
                    "ACL SETUSER tributary-reader on >reading -@all %%R~cdc:state:* %%R~cdc:events:* "
                    "+@read +auth +select +client|setname");
    server_redis_do(scene.redis, "ACL SETUSER tributary-writer on >writing -@all ~cdc:* "
                                 "+auth +select +client|setname +xrange +xrevrange +xdel");
    cr_assert_eq(agent_stop(&scene.agent), 0);
    scene_replace(&scene, "redis:\n", "redis:\n  user: tributary-reader\n  password: reading\n");
    DLQ(DENIED, "list");
    expect(agent_log(&scene.agent), "use the agent's Redis user");
    DLQ(DENIED, "purge", "--yes");
    cr_assert_eq(server_redis_integer(scene.redis, "XLEN cdc:dlq:cinema"), 1);
    scene_replace(&scene, "  user: tributary-reader\n  password: reading\n",
                  "  user: tributary-writer\n  password: writing\n");
    cr_assert_eq(lines(DLQ(0, "list")), 2);
    expect(DLQ(0, "purge", "--yes"), "1 dead letter removed");
    scene_end(&scene);
}

Test(run_dlq, wrong_use_is_told)
{
    given();
    DLQ(USAGE, "");
    expect(agent_log(&scene.agent), "list, show");
    DLQ(USAGE, "show");
    DLQ(USAGE, "show", "seat-2");
    expect(agent_log(&scene.agent), "is no entry");
    DLQ(USAGE, "list", "1-1");
    scene_end(&scene);
}
