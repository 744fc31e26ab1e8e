/*
 * What the agent shows over HTTP, on real servers: every endpoint, readiness that goes and comes with Redis and the database,
 * numbers that are right, clients that are rude.
 */
#include "lib/fail.h"
#include "lib/http.h"
#include "lib/process.h"
#include "lib/scene.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOON_MS = 30000 };

static struct scene scene;
static unsigned port;

static void done(void)
{
    scene_clean(&scene);
}

TestSuite(run_http, .fini = done, .timeout = 240);

static const char ARTICLE[] = "CREATE TABLE article (sku integer PRIMARY KEY, quantity integer, note text)";
static const char MAPPING[] =
    "  public.article:\n"
    "    entity: inventory\n"
    "    key: {sku: sku}\n"
    "    fields: {quantity: quantity, unit_code: {column: note, values: {piece: C62, kilo: KGM}}}\n"
    "    where: {quantity: {not: 999}}\n";

static void given(void)
{
    port = process_free_port();
    scene_set(&scene, &(struct scene_options){.schema = ARTICLE,
                                              .tables = MAPPING,
                                              .http_port = port,
                                              .redis_settings = (const char *const[]){
                                                  "appendonly=yes", "appendfsync=always", NULL}});
    scene_start(&scene);
    http_await(port, "/readyz", 200, SOON_MS);
}

static void expect_in(const char *text, const char *part)
{
    cr_assert(strstr(text, part), "no \"%s\" in\n%s", part, text);
}

Test(run_http, every_endpoint_answers_get_and_head_only)
{
    static const char *const paths[] = {"/metrics", "/livez", "/readyz", "/status", "/", "/fleet"};
    struct http_answer answer;

    given();
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        answer = http_ask(port, "GET", paths[i]);
        cr_assert_eq(answer.status, 200, "%s: %s", paths[i], answer.text);
        cr_assert(*answer.body);
        expect_in(answer.text, "Content-Security-Policy: default-src 'none';");
        expect_in(answer.text, "X-Content-Type-Options: nosniff");
        expect_in(answer.text, "Cache-Control: no-store");
        http_answer_fini(&answer);
        answer = http_ask(port, "HEAD", paths[i]);
        cr_assert_eq(answer.status, 200);
        cr_assert_str_eq(answer.body, "");
        http_answer_fini(&answer);
        answer = http_ask(port, "POST", paths[i]);
        cr_assert_eq(answer.status, 405);
        expect_in(answer.text, "Allow: GET, HEAD");
        http_answer_fini(&answer);
    }
    cr_assert_eq(http_status(port, "/nothing"), 404);
    cr_assert_eq(http_status(port, "/metrics/../status"), 404);
    scene_end(&scene);
}

Test(run_http, readiness_follows_redis)
{
    char *why;
    struct http_answer answer;

    given();
    why = http_get(port, "/readyz?verbose");
    expect_in(
        why,
        "[+]redis: connected\n[+]lease: ours\n[+]source: streaming\n[+]heartbeat: from source to Redis ");
    free(why);
    server_redis_down(scene.redis, SIGTERM);
    http_await(port, "/readyz", 503, SOON_MS);
    answer = http_ask(port, "GET", "/readyz?verbose");
    expect_in(answer.body, "[-]redis: not connected\n");
    http_answer_fini(&answer);
    cr_assert_eq(http_status(port, "/livez"), 200);
    server_redis_up(scene.redis);
    http_await(port, "/readyz", 200, SOON_MS);
    scene_end(&scene);
}

Test(run_http, readiness_follows_a_redis_that_stands_still)
{
    given();
    server_freeze(&scene.redis->server);
    http_await(port, "/readyz", 503, SOON_MS);
    cr_assert_eq(http_status(port, "/livez"), 200);
    server_thaw(&scene.redis->server);
    http_await(port, "/readyz", 200, SOON_MS);
    scene_end(&scene);
}

Test(run_http, readiness_follows_the_database)
{
    given();
    server_postgresql_down(scene.pg, SERVER_POSTGRESQL_IMMEDIATE);
    http_await(port, "/readyz", 503, SOON_MS);
    cr_assert_eq(http_status(port, "/livez"), 200);
    cr_assert_eq(http_metric(port, "tributary_source_connected{connector=\"cinema\"}"), 0);
    server_postgresql_up(scene.pg);
    http_await(port, "/readyz", 200, SOON_MS);
    cr_assert_eq(http_metric(port, "tributary_source_connected{connector=\"cinema\"}"), 1);
    scene_end(&scene);
}

static double metric(const char *name, const char *labels)
{
    char *sample = text_print("tributary_%s{connector=\"cinema\"%s%s}", name, *labels ? "," : "", labels);
    double value = http_metric(port, sample);

    free(sample);
    return value;
}

Test(run_http, metrics_say_what_happened)
{
    given();
    scene_sql(&scene, "INSERT INTO article SELECT i, i, 'piece' FROM generate_series(1, 10) i");
    scene_sql(&scene, "UPDATE article SET quantity = 50 WHERE sku <= 4");
    scene_sql(&scene, "UPDATE article SET quantity = quantity");
    scene_sql(&scene, "INSERT INTO article VALUES (11, 999, 'piece'), (12, 1, 'dozen'), (13, 1, 'gross')");
    scene_sql(&scene, "DELETE FROM article WHERE sku = 10");
    scene_settle(&scene);
    http_await_metric(port,
                      "tributary_rows_total{connector=\"cinema\",table=\"public.article\",op=\"delete\"}", 1);
    cr_assert_eq(metric("rows_total", "table=\"public.article\",op=\"insert\""), 13);
    cr_assert_eq(metric("rows_total", "table=\"public.article\",op=\"update\""), 14);
    cr_assert_eq(metric("rows_filtered_total", "table=\"public.article\""), 1);
    cr_assert_eq(metric("rows_rejected_total", "table=\"public.article\",reason=\"bad_value\""), 2);
    cr_assert_eq(metric("events_total", "entity=\"inventory\",verb=\"created\""), 10);
    cr_assert_eq(metric("events_total", "entity=\"inventory\",verb=\"changed\""), 4);
    cr_assert_eq(metric("transactions_total", ""), metric("commit_to_redis_seconds_count", ""));
    cr_assert_eq(metric("batches_total", ""), metric("batch_apply_seconds_count", ""));
    cr_assert_eq(metric("lag_seconds", ""), 0);
    cr_assert_eq(metric("leader", ""), 1);
    cr_assert_gt(metric("wal_retained_bytes", ""), 0);
    cr_assert_gt(metric("last_commit_timestamp_seconds", ""), 1e9);
    scene_end(&scene);
}

Test(run_http, promtool_finds_nothing)
{
    char *metrics, *file, *command;

    given();
    scene_sql(&scene, "INSERT INTO article VALUES (1, 1, 'piece'), (2, 1, 'dozen')");
    scene_settle(&scene);
    metrics = http_get(port, "/metrics");
    file = tempdir_write(&scene.agent.dir, "metrics", metrics);
    if (access("/usr/bin/promtool", X_OK) != 0)
        cr_skip_test("promtool (package prometheus) is not installed");
    command = text_print("promtool check metrics <%s 2>&1", file);
    process_must((const char *const[]){"sh", "-c", command, NULL}, NULL, 30000);
    free(command);
    free(file);
    free(metrics);
    scene_end(&scene);
}

Test(run_http, rude_clients_change_nothing)
{
    enum { CLIENTS = 1000 };
    static int fds[CLIENTS];
    static char huge[65536];

    given();
    memset(huge, 'x', sizeof huge);
    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = http_connect(port);
        if (fds[i] >= 0 && i % 2)
            send(fds[i], "GET /metrics HTTP/1.1\r\nX: ", 26, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (fds[i] >= 0 && i % 3 == 0)
            send(fds[i], huge, sizeof huge, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    scene_sql(&scene, "INSERT INTO article SELECT i, 1, 'piece' FROM generate_series(1, 1000) i");
    scene_settle(&scene);
    cr_assert_eq(server_redis_integer(scene.redis, "XLEN cdc:events:{inventory}"), 1000);
    for (int i = 0; i < CLIENTS; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    http_await(port, "/readyz", 200, SOON_MS);
    scene_end(&scene);
}

Test(run_http, a_standby_gets_the_port_when_the_first_goes)
{
    struct agent second;

    given();
    agent_init(&second);
    agent_start(&second, scene.config);
    agent_wait_log(&second, "give each connector of this host an http.listen of its own", SOON_MS);
    agent_wait_log(&second, "standby", SOON_MS);
    cr_assert_eq(agent_stop(&scene.agent), 0);
    http_await(port, "/readyz", 200, SOON_MS);
    cr_assert_eq(agent_stop(&second), 0);
    agent_fini(&second);
    scene_end(&scene);
}

Test(run_http, it_can_be_switched_off)
{
    scene_set(&scene, &(struct scene_options){.schema = ARTICLE, .tables = MAPPING});
    scene_start(&scene);
    scene_settle(&scene);
    cr_assert_not(agent_log_contains(&scene.agent, "status page"));
    scene_end(&scene);
}
