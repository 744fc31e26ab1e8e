/*
 * The pages as people see them, in headless Chromium, with real servers: PNGs go to the folder $PAGES (`make check-page`; without it
 * these tests are skipped). A picture must be there and not be blank; what it says is asked of the page itself.
 */
#include "lib/fail.h"
#include "lib/http.h"
#include "lib/process.h"
#include "lib/scene.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SOON_MS = 60000, RENDER_MS = 120000, BLANK_BYTES = 12000 };

static struct scene scene;
static unsigned port;
static const char *folder;

static void done(void)
{
    scene_clean(&scene);
}

TestSuite(run_page, .fini = done, .timeout = 400);

static void set(const char *rows)
{
    folder = getenv("PAGES");
    if (!folder)
        cr_skip_test("PAGES is not set: make check-page");
    port = process_free_port();
    scene_set(
        &scene,
        &(struct scene_options){
            .schema = rows,
            .tables =
                "  public.article: {entity: inventory, key: {sku: sku}, fields: {quantity: quantity}}\n",
            .http_port = port,
            .redis_settings = (const char *const[]){"appendonly=yes", NULL}});
}

static void given(void)
{
    set("CREATE TABLE article (sku integer PRIMARY KEY, quantity integer)");
    scene_start(&scene);
    scene_sql(&scene, "INSERT INTO article SELECT i, i FROM generate_series(1, 5000) i");
    scene_settle(&scene);
    http_await(port, "/readyz", 200, SOON_MS);
}

static void shoot(const char *path, const char *name, unsigned width, unsigned height, bool dark)
{
    char *profile = tempdir_path(&scene.agent.dir, name), *file = text_print("%s/%s.png", folder, name);
    char *arguments[] = {
        text_print("--user-data-dir=%s", profile), text_print("--window-size=%u,%u", width, height),
        text_print("--screenshot=%s", file), text_print("http://127.0.0.1:%u%s", port, path)};
    struct stat stat_of = {.st_size = 0};

    unlink(file);
    process_must((const char *const[]){"chromium", "--headless", "--no-sandbox", "--disable-gpu",
                                       "--disable-quic", "--no-first-run", "--disable-background-networking",
                                       "--disable-component-update", "--disable-sync", "--hide-scrollbars",
                                       "--virtual-time-budget=2000",
                                       dark ? "--blink-settings=preferredColorScheme=0" : "--mute-audio",
                                       arguments[0], arguments[1], arguments[2], arguments[3], NULL},
                 &(struct process_options){.output = "/dev/null"}, RENDER_MS);
    cr_assert_eq(stat(file, &stat_of), 0, "%s was not made", file);
    cr_assert_gt(stat_of.st_size, BLANK_BYTES, "%s is blank", file);
    for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++)
        free(arguments[i]);
    free(profile);
    free(file);
}

static void says(const char *path, const char *text)
{
    char *page = http_get(port, path);

    cr_assert(strstr(page, text), "%s does not say \"%s\":\n%s", path, text, page);
    cr_assert_null(strstr(page, "src=\"http"), "%s wants something from elsewhere", path);
    free(page);
}

Test(run_page, streaming)
{
    given();
    says("/", "<h2>Streaming</h2>");
    says("/", "<th scope=\"row\">public.article</th><td class=\"n\">5,000</td>");
    shoot("/", "streaming", 1280, 1500, false);
    shoot("/", "streaming-dark", 1280, 1500, true);
    shoot("/", "streaming-phone", 500, 2200, false);
    scene_end(&scene);
}

/* Redis stands still while the picture is taken, and so does the snapshot, half-way. */
Test(run_page, snapshot)
{
    set("CREATE TABLE article (sku integer PRIMARY KEY, quantity integer);"
        "INSERT INTO article SELECT i, i FROM generate_series(1, 300000) i; ANALYZE article");
    scene_replace(&scene, "snapshot: {mode: never}", "snapshot: {mode: initial, chunk_rows: 1000}");
    scene_start(&scene);
    http_await_metric(port, "tributary_snapshot_rows_total{connector=\"cinema\",table=\"public.article\"}",
                      20000);
    server_freeze(&scene.redis->server);
    says("/", ", and loading a snapshot</h2>");
    says("/", "<progress max=");
    shoot("/", "snapshot", 1280, 1600, false);
    server_thaw(&scene.redis->server);
    scene_end(&scene);
}

Test(run_page, redis_down)
{
    given();
    server_redis_down(scene.redis, SIGTERM);
    http_await(port, "/readyz", 503, SOON_MS);
    says("/", "<h2>Redis is not reachable</h2>");
    says("/", "Nothing is lost");
    shoot("/", "redis-down", 1280, 1500, false);
    says("/fleet", "<h2>Redis is not reachable</h2>");
    server_redis_up(scene.redis);
    http_await(port, "/readyz", 200, SOON_MS);
    scene_end(&scene);
}

/* The agent's own page ends with the agent; the page of another one tells what happened. */
Test(run_page, gap)
{
    unsigned other;
    char *from, *to;

    given();
    other = process_free_port();
    from = text_print("127.0.0.1:%u", port);
    to = text_print("127.0.0.1:%u", other);
    cr_assert_eq(agent_stop(&scene.agent), 0);
    scene_await_not_streaming(&scene);
    scene_sql(&scene, "SELECT pg_drop_replication_slot('tributary_cinema')");
    agent_run(&scene.agent);
    cr_assert_eq(agent_wait_exit(&scene.agent, SOON_MS), 5);
    scene_replace(&scene, from, to);
    scene_replace(&scene, "connector: cinema\n", "connector: box-office\n");
    scene_sql(&scene, "CREATE PUBLICATION tributary_box_office FOR ALL TABLES");
    agent_run(&scene.agent);
    port = other;
    http_await(port, "/readyz", 200, SOON_MS);
    says("/fleet", "<span class=\"mark bad\">stopped: gap</span>");
    says("/fleet", "<b>What helps:</b>");
    shoot("/fleet", "gap", 1280, 700, false);
    free(from);
    free(to);
    scene_end(&scene);
}
