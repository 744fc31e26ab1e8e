/* What the pages and /status are made of: escaping, numbers for people, charts, and a page and a fleet as a whole. */
#include "http/chart.h"
#include "http/fleet.h"
#include "http/html.h"
#include "http/page.h"
#include "http/status.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

TestSuite(page);

static struct cdc_buf out;

static void is(const char *text)
{
    cr_assert_str_eq(cdc_buf_str(&out), text);
    cdc_buf_fini(&out);
}

static void has(const char *text)
{
    cr_assert(strstr(cdc_buf_str(&out), text), "no \"%s\" in\n%s", text, cdc_buf_str(&out));
}

static void lacks(const char *text)
{
    cr_assert_not(strstr(cdc_buf_str(&out), text), "\"%s\" in\n%s", text, cdc_buf_str(&out));
}

Test(page, text_is_escaped)
{
    html_str(&out, "<script>\"a\" & 'b'\x01\x7f");
    is("&lt;script&gt;&quot;a&quot; &amp; 'b'  ");
    html_hint(&out, "run `tributary <x>` or `that");
    is("run <code>tributary &lt;x&gt;</code> or `that");
}

Test(page, numbers_are_for_people)
{
    html_number(&out, 0);
    html_str(&out, "; ");
    html_number(&out, 999);
    html_str(&out, "; ");
    html_number(&out, 1234567);
    is("0; 999; 1,234,567");
    html_bytes(&out, 1023);
    html_str(&out, "; ");
    html_bytes(&out, 1536);
    html_str(&out, "; ");
    html_bytes(&out, (uint64_t)200 << 20);
    is("1023 B; 1.5 KiB; 200 MiB");
    html_duration(&out, 0);
    html_str(&out, "; ");
    html_duration(&out, 230);
    html_str(&out, "; ");
    html_duration(&out, 200000);
    html_str(&out, "; ");
    html_duration(&out, 90000000);
    is("0 s; 0.2 s; 3 min 20 s; 1 d 1 h");
    html_ago(&out, 0, 5);
    is("<span class=\"none\">never</span>");
    html_ago(&out, 1000000, 13500000);
    is("<time datetime=\"1970-01-01T00:00:01.000000Z\" title=\"1970-01-01T00:00:01.000000Z\">12 s ago</time>");
}

Test(page, a_chart_has_gaps_a_round_scale_and_words)
{
    const int64_t at[] = {0, 300000, 600000, 900000};
    const double values[] = {0, 3, -1, 7};
    const struct chart chart = {.title = "Lag",
                                .unit = "s",
                                .span_ms = 900000,
                                .now_ms = 900000,
                                .n = 4,
                                .at_ms = at,
                                .values = values,
                                .least_top = 1};

    chart_print(&chart, &out);
    has("<figcaption>Lag<span>7 s now</span>");
    has("<span class=\"top\">10 s</span>");
    has("aria-label=\"Lag over the last 15 minutes, at most 7 s\"");
    has("<path class=\"line\" d=\"M0.0 120.0L200.0 85.2M600.0 38.8h.1\"/>");
    cdc_buf_fini(&out);
}

Test(page, a_chart_of_nothing_is_one)
{
    const struct chart chart = {
        .title = "Lag", .unit = "s", .span_ms = 900000, .now_ms = 900000, .least_top = 1};

    chart_print(&chart, &out);
    has("not known now");
    has("d=\"\"/>");
    cdc_buf_fini(&out);
}

static struct stats stats;
static struct history history;
static struct config config = {.connector = "cinema", .system = "booking-site"};

/* Facts of a scene that never ran: what the renderers get, whatever it came from. */
static struct facts *facts_of(const char *headline)
{
    static const struct cdc_shape shape = {.table = {"public.<t>", 10}};
    struct facts *facts = calloc(1, sizeof *facts);

    cr_assert_eq(stats_init(&stats, &shape, 1), 0);
    cr_assert_eq(history_init(&history), 0);
    stats_add(&stats.tables[0].ops[0], 1234);
    stats_add(&stats.tables[0].rejected[stats_reason(&stats, cdc_slice_str("enum"))], 2);
    config.source.type = CDC_SOURCE_POSTGRESQL;
    config.source.password = "secret-of-the-database";
    config.redis.password = "secret-of-redis";
    config.redis.prefix = "cdc";
    config.redis.host = "127.0.0.1";
    config.redis.port = 6379;
    *facts = (struct facts){.config = &config, .stats = &stats, .now_us = 60000000, .started_us = 1000000};
    facts->status.state = "streaming";
    facts->status.lag_ms = -1;
    facts->ntroubles = 1;
    facts->troubles[0] =
        (struct trouble){.what = "redis", .first_us = 30000000, .last_us = 50000000, .times = 3};
    cdc_err_set(&facts->troubles[0].err, CDC_ERR_RETRY, "refused by <host>");
    cdc_err_hint(&facts->troubles[0].err, "start it: `systemctl start redis`");
    facts->ncounts = 1;
    facts->counts[0] = (struct facts_count){"booking.created", 1234};
    snprintf(facts->headline, sizeof facts->headline, "%s", headline);
    return facts;
}

Test(page, the_page_says_all_and_keeps_secrets)
{
    struct facts *facts = facts_of("Streaming");

    page_print(facts, &history, "abc", &out);
    has("<title>cinema: Streaming</title>");
    has("class=\"state good\" role=\"status\"><h2>Streaming</h2>");
    has("<th scope=\"row\">public.&lt;t&gt;</th><td class=\"n\">1,234</td>");
    has("refused by &lt;host&gt;");
    has("<code>systemctl start redis</code>");
    has("3 times since");
    has("<style nonce=\"abc\">");
    has("<script nonce=\"abc\">");
    has("<meta http-equiv=\"refresh\"");
    lacks("secret-of");
    lacks("Rows read"); /* no snapshot runs */
    lacks("://cdn");
    cdc_buf_reset(&out);
    stats.snapshot_running = 1;
    stats.tables[0].snapshot_done = 250;
    stats.tables[0].snapshot_estimated = 1000;
    page_print(facts, &history, "abc", &out);
    has("<progress max=\"1000\" value=\"250\">25 %</progress>");
    cdc_buf_fini(&out);
    free(facts);
}

Test(page, status_is_json)
{
    struct facts *facts = facts_of("Streaming");

    status_print(facts, &out);
    has("{\"connector\":\"cinema\",\"version\":");
    has("\"lag_ms\":null,");
    has("\"tables\":[{\"table\":\"public.<t>\",\"insert\":1234,\"update\":0,\"delete\":0,\"truncate\":0,\"filtered\":0,"
        "\"rejected\":2,\"snapshot_rows\":0,\"snapshot_estimated\":0,\"changed\":null}],");
    has("\"events\":{\"booking.created\":1234},");
    has("\"times\":3}]}\n");
    lacks("secret-of");
    cdc_buf_fini(&out);
    free(facts);
}

Test(page, the_fleet_shows_who_stopped_and_why)
{
    static struct fleet fleet = {.n = 3};

    fleet.agents[0] = (struct fleet_agent){.name = "shop",
                                           .state = "stopped",
                                           .failure = "gap",
                                           .reason = "slot <x> is gone",
                                           .remedy = "load it anew: `tributary checkpoint`",
                                           .seen = "1970-01-01T00:00:01.5Z"};
    fleet.agents[1] =
        (struct fleet_agent){.name = "airline", .state = "streaming", .lag_ms = "230", .events = "1234"};
    fleet.agents[2] = (struct fleet_agent){.name = "mailer"};
    fleet_sort(&fleet);
    fleet_print(&fleet, "airline", NULL, "abc", 31000000, &out);
    has("1 of 3 agents needs attention");
    has("<a href=\"/\">airline</a></th><td class=\"why\"><span class=\"mark good\">streaming</span></td><td class=\"n\">0.2 s");
    has("<span class=\"mark waiting\">not running</span>");
    has("<span class=\"mark bad\">stopped: gap</span><p>slot &lt;x&gt; is gone</p>");
    has("<code>tributary checkpoint</code>");
    has("30 s ago");
    cdc_buf_reset(&out);
    fleet.n = 0;
    fleet_print(&fleet, "airline", "no answer", "abc", 0, &out);
    has("Redis is not reachable</h2><p>no answer</p>");
    cdc_buf_fini(&out);
}
