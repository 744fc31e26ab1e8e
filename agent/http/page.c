/*
 * The status page (page.h): from the state in one sentence down to the configuration. Made on the server's threads from facts that
 * were gathered for it; everything that is not constant is escaped. Tables and events: page_tables.c.
 */
#include "http/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/chart.h"
#include "http/frame.h"
#include "http/html.h"
#include "http/page_tables.h"

#define SPAN_MS ((int64_t)HISTORY_STEP_MS * HISTORY_SAMPLES)

static void put_remedy(struct cdc_buf *out, const char *hint)
{
    if (!*hint)
        return;
    cdc_buf_puts(out, "<p class=\"remedy\"><b>What helps:</b> ");
    html_hint(out, hint);
    cdc_buf_puts(out, "</p>");
}

static void put_state(const struct facts *facts, struct cdc_buf *out)
{
    cdc_buf_printf(out, "<section id=\"state\" data-live class=\"state %s\" role=\"status\"><h2>",
                   facts_mood_name(facts->mood));
    html_str(out, facts->headline);
    cdc_buf_puts(out, "</h2><p>");
    html_str(out, facts->sentence);
    cdc_buf_puts(out, "</p>");
    put_remedy(out, facts->remedy);
    cdc_buf_puts(out, "</section>\n");
}

static void begin_tile(struct cdc_buf *out, const char *name)
{
    cdc_buf_printf(out, "<div><dt>%s</dt><dd>", name);
}

static void end_tile(struct cdc_buf *out)
{
    cdc_buf_puts(out, "</dd></div>");
}

static void put_lag(const struct facts *facts, struct cdc_buf *out)
{
    uint64_t behind = stats_get(&facts->stats->behind_bytes);

    begin_tile(out, "Lag");
    if (facts->status.lag_ms < 0)
        cdc_buf_puts(out, "<span class=\"dim\">not known</span>");
    else
        html_duration(out, facts->status.lag_ms);
    if (behind) {
        cdc_buf_puts(out, "<small>");
        html_bytes(out, behind);
        cdc_buf_puts(out, " to read</small>");
    }
    end_tile(out);
}

static void put_throughput(const struct facts *facts, struct cdc_buf *out)
{
    begin_tile(out, "Events");
    cdc_buf_printf(out, facts->rate < 10 && facts->rate > 0 ? "%.1f/s" : "%.0f/s", facts->rate);
    cdc_buf_puts(out, "<small>");
    html_number(out, facts->events);
    cdc_buf_puts(out, " since the start</small>");
    end_tile(out);
}

static void put_queue(const struct facts *facts, struct cdc_buf *out)
{
    begin_tile(out, "Waiting for Redis");
    html_bytes(out, facts->status.queue_bytes);
    cdc_buf_puts(out, "<small>reading pauses at ");
    html_bytes(out, facts->status.queue_limit_bytes);
    cdc_buf_puts(out, "</small>");
    end_tile(out);
}

static void put_retained(const struct facts *facts, struct cdc_buf *out)
{
    bool postgresql = facts->config->source.type == CDC_SOURCE_POSTGRESQL;
    uint64_t retained = stats_get(&facts->stats->retained_bytes);
    int64_t safe = atomic_load(&facts->stats->safe_bytes),
            purge = stats_purge_ms(facts->stats, facts->status.lag_ms);

    if (!postgresql && !retained)
        return;
    begin_tile(out, postgresql ? "WAL kept for us" : "Binlog kept");
    html_bytes(out, retained);
    if (purge >= 0) {
        cdc_buf_printf(out, "<small>what we need, for %.1f h at least</small>", (double)purge / 3600000);
    } else if (safe >= 0) {
        cdc_buf_puts(out, "<small>slot is lost after ");
        html_bytes(out, (uint64_t)safe);
        cdc_buf_puts(out, " more</small>");
    } else if (postgresql) {
        cdc_buf_puts(out, "<small>the server has no limit</small>");
    }
    end_tile(out);
}

static void put_tiles(const struct facts *facts, struct cdc_buf *out)
{
    cdc_buf_puts(out, "<dl class=\"tiles\" id=\"tiles\" data-live>");
    put_lag(facts, out);
    put_throughput(facts, out);
    put_queue(facts, out);
    put_retained(facts, out);
    begin_tile(out, "Last commit");
    html_ago(out, atomic_load(&facts->stats->applied_commit_us), facts->now_us);
    end_tile(out);
    cdc_buf_puts(out, "</dl>\n");
}

struct series {
    struct history_sample samples[HISTORY_SAMPLES];
    int64_t at_ms[HISTORY_SAMPLES];
    double lag[HISTORY_SAMPLES], rate[HISTORY_SAMPLES];
};

static void put_charts(const struct facts *facts, struct history *history, struct cdc_buf *out)
{
    struct series *series = calloc(1, sizeof *series);
    size_t n = series ? history_copy(history, series->samples) : 0;
    struct chart chart = {
        .title = "Lag", .unit = "s", .span_ms = SPAN_MS, .now_ms = facts->now_ms, .least_top = 1};

    for (size_t i = 0; i < n; i++) {
        series->at_ms[i] = series->samples[i].at_ms;
        series->lag[i] = series->samples[i].lag_ms < 0 ? -1 : (double)series->samples[i].lag_ms / 1000;
        series->rate[i] = series->samples[i].rate;
    }
    frame_section(out, "charts", "The last 15 minutes");
    if (series) {
        chart.n = n;
        chart.at_ms = series->at_ms;
        chart.values = series->lag;
        cdc_buf_puts(out, "<div class=\"charts\">");
        chart_print(&chart, out);
        chart.title = "Throughput";
        chart.unit = "events/s";
        chart.values = series->rate;
        chart.least_top = 10;
        chart_print(&chart, out);
        cdc_buf_puts(out, "</div>");
    }
    frame_section_end(out);
    free(series);
}

static void put_trouble(const struct facts *facts, const struct trouble *trouble, struct cdc_buf *out)
{
    cdc_buf_puts(out, "<li><b>");
    html_str(out, trouble->what);
    cdc_buf_puts(out, "</b> <span class=\"dim\">");
    html_ago(out, trouble->last_us, facts->now_us);
    if (trouble->times > 1) {
        cdc_buf_puts(out, ", ");
        html_number(out, trouble->times);
        cdc_buf_puts(out, " times since ");
        html_ago(out, trouble->first_us, facts->now_us);
    }
    cdc_buf_puts(out, "</span><p>");
    html_str(out, trouble->err.message);
    cdc_buf_puts(out, "</p>");
    put_remedy(out, trouble->err.hint);
    cdc_buf_puts(out, "</li>");
}

static void put_troubles(const struct facts *facts, struct cdc_buf *out)
{
    frame_section(out, "troubles", "Last errors");
    if (facts->ntroubles == 0)
        cdc_buf_puts(out, "<p class=\"none\">None since the start.</p>");
    else
        cdc_buf_puts(out, "<ul class=\"plain\">");
    for (unsigned i = 0; i < facts->ntroubles; i++)
        put_trouble(facts, &facts->troubles[i], out);
    if (facts->ntroubles)
        cdc_buf_puts(out, "</ul>");
    frame_section_end(out);
}

static void put_config(const struct facts *facts, struct cdc_buf *out)
{
    char *text = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&text, &len);

    if (!file)
        return;
    config_print(facts->config, file);
    fclose(file);
    cdc_buf_puts(
        out,
        "<section><details><summary>Configuration in effect, secrets hidden</summary><pre tabindex=\"0\">");
    html_text(out, cdc_slice(text, len));
    cdc_buf_puts(out, "</pre></details></section>\n");
    free(text);
}

static void put_about(const struct facts *facts, struct cdc_buf *out)
{
    frame_section(out, "about", "Where it stands");
    cdc_buf_puts(out, "<p>Position <code>");
    html_str(out, *facts->status.position ? facts->status.position : "-");
    cdc_buf_puts(out, "</code>; checkpoint written ");
    html_ago(out, atomic_load(&facts->stats->applied_us), facts->now_us);
    cdc_buf_puts(out, "; the agent started ");
    html_ago(out, facts->started_us, facts->now_us);
    cdc_buf_puts(out, ".</p>");
    frame_section_end(out);
}

void page_print(const struct facts *facts, struct history *history, const char *nonce, struct cdc_buf *out)
{
    bool postgresql = facts->config->source.type == CDC_SOURCE_POSTGRESQL;
    char title[160], beneath[400];
    struct frame frame = {.nonce = nonce,
                          .title = title,
                          .heading = facts->config->connector,
                          .beneath = beneath,
                          .mood = facts_mood_name(facts->mood)};

    snprintf(title, sizeof title, "%s: %s", facts->config->connector, facts->headline);
    snprintf(beneath, sizeof beneath, "%s%s%s to Redis, for system %s",
             postgresql ? "PostgreSQL" : "MariaDB or MySQL",
             facts->config->source.database ? ", database " : "",
             facts->config->source.database ? facts->config->source.database : "", facts->config->system);
    frame_begin(&frame, out);
    put_state(facts, out);
    put_tiles(facts, out);
    put_charts(facts, history, out);
    page_snapshot_print(facts, out);
    page_tables_print(facts, out);
    page_events_print(facts, out);
    put_troubles(facts, out);
    put_about(facts, out);
    put_config(facts, out);
    frame_end(&frame, out);
}
