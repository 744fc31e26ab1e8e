/*
 * Nothing secret leaves the agent but for where it is meant to go: passwords, the key of pseudonyms and values of rows are in no line of the
 * log at its most talkative, and in nothing that is shown over HTTP, whatever goes wrong.
 */
#include "lib/fail.h"
#include "lib/http.h"
#include "lib/process.h"
#include "lib/scene.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

enum { SOON_MS = 60000 };

static struct scene scene;
static unsigned port;

static void done(void)
{
    scene_clean(&scene);
}

TestSuite(run_secrets, .fini = done, .timeout = 240);

static const char *const secrets[] = {
    "password-of-the-database", "password-of-redis",  "key-of-pseudonyms-0123456789", "row-value-mapped",
    "row-value-hashed",         "row-value-rejected", "row-value-not-mapped"};

static void expect_none(const char *text, const char *where)
{
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        cr_assert_null(strstr(text, secrets[i]), "%s holds \"%s\":\n%s", where, secrets[i], text);
}

static void look_everywhere(void)
{
    static const char *const paths[] = {"/",        "/fleet",         "/status",
                                        "/metrics", "/livez?verbose", "/readyz?verbose"};

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct http_answer answer = http_ask(port, "GET", paths[i]);
        expect_none(answer.text, paths[i]);
        http_answer_fini(&answer);
    }
    expect_none(agent_log(&scene.agent), "the log");
}

static void given(const char *format)
{
    char *top =
        text_print("log: {level: debug, format: %s}\npii: {key: key-of-pseudonyms-0123456789}\n", format);

    port = process_free_port();
    scene_set(
        &scene,
        &(struct scene_options){
            .schema =
                "CREATE TABLE person (id integer PRIMARY KEY, name text, mail text, kind text, note text)",
            .tables = "  public.person:\n"
                      "    entity: message\n"
                      "    key: {message_id: id}\n"
                      "    fields:\n"
                      "      campaign: name\n"
                      "      about: {column: mail, pii: hmac}\n"
                      "      status: {column: kind, values: {S: sent}}\n",
            .source = "  password: password-of-the-database\n",
            .redis = "  user: default\n  password: password-of-redis\n",
            .top = top,
            .http_port = port,
            .redis_settings = (const char *const[]){"appendonly=yes", NULL}});
    free(top);
    server_redis_do(scene.redis, "CONFIG SET requirepass password-of-redis");
}

static void run(const char *format)
{
    given(format);
    scene_start(&scene);
    scene_sql(
        &scene,
        "INSERT INTO person VALUES (1, 'row-value-mapped', 'row-value-hashed', 'S', 'row-value-not-mapped')");
    scene_sql(
        &scene,
        "INSERT INTO person VALUES (2, 'row-value-mapped', 'row-value-hashed', 'row-value-rejected', NULL)");
    scene_settle(&scene);
    http_await(port, "/readyz", 200, SOON_MS);
    look_everywhere();
    cr_assert_eq(agent_stop(&scene.agent), 0);
    server_redis_do(scene.redis, "CONFIG SET requirepass another");
    agent_run(&scene.agent);
    cr_assert_eq(agent_wait_exit(&scene.agent, SOON_MS), 77, "%s", agent_log(&scene.agent));
    expect_none(agent_log(&scene.agent), "the log");
    scene_end(&scene);
}

Test(run_secrets, text)
{
    run("text");
}

Test(run_secrets, json)
{
    run("json");
}
