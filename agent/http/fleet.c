/*
 * The page of all agents (fleet.h). What an agent wrote to Redis is text of any bytes and is escaped. An agent that stopped with
 * an error leaves its reason behind: this page is where a gap is seen, since the agent's own page ends with it. Pure; any thread.
 */
#include "http/fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cdc/clock.h"
#include "http/frame.h"
#include "http/html.h"

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct fleet_agent *)a)->name, ((const struct fleet_agent *)b)->name);
}

void fleet_sort(struct fleet *fleet)
{
    qsort(fleet->agents, fleet->n, sizeof *fleet->agents, by_name);
}

static bool is(const char *text, const char *word)
{
    return text && strcmp(text, word) == 0;
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static const char *mood_of(const struct fleet_agent *agent)
{
    if (agent->gap || *or_empty(agent->failure) || is(agent->state, "database down") ||
        is(agent->state, "redis down") || is(agent->state, "slot dropped"))
        return "bad";
    return is(agent->state, "streaming") ? "good" : "waiting";
}

static const char *word_of(const struct fleet_agent *agent)
{
    if (agent->gap || is(agent->failure, "gap"))
        return "stopped: gap";
    return agent->state ? agent->state : "not running";
}

/* "2026-11-21T18:30:00.000000Z" -> microseconds; 0 when it is not one. */
static int64_t parse_time(const char *text)
{
    int year, month, day, hour, minute, second;

    if (!text || sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &year, &month, &day, &hour, &minute, &second) != 6 ||
        month < 1 || month > 12 || day < 1 || day > 31)
        return 0;
    return ((cdc_days_from_civil(year, (unsigned)month, (unsigned)day) * 24 + hour) * 60 + minute) *
               60000000 +
           (int64_t)second * 1000000;
}

static void put_name(struct cdc_buf *out, const struct fleet_agent *agent, const char *here)
{
    bool is_here = is(here, agent->name);

    cdc_buf_puts(out, "<th scope=\"row\">");
    if (is_here)
        cdc_buf_puts(out, "<a href=\"/\">");
    html_str(out, agent->name);
    cdc_buf_puts(out, is_here ? "</a>" : "");
    cdc_buf_puts(out, "</th>");
}

static void put_why(struct cdc_buf *out, const struct fleet_agent *agent)
{
    const char *why = agent->gap                 ? agent->gap
                      : *or_empty(agent->reason) ? agent->reason
                                                 : or_empty(agent->trouble);

    if (*why) {
        cdc_buf_puts(out, "<p>");
        html_str(out, why);
        cdc_buf_puts(out, "</p>");
    }
    if (*or_empty(agent->remedy)) {
        cdc_buf_puts(out, "<p class=\"remedy\"><b>What helps:</b> ");
        html_hint(out, agent->remedy);
        cdc_buf_puts(out, "</p>");
    }
}

static void put_cell(struct cdc_buf *out, const char *text, const char *class)
{
    cdc_buf_printf(out, "<td class=\"%s\">", class);
    html_str(out, text && *text ? text : "-");
    cdc_buf_puts(out, "</td>");
}

static void put_agent(struct cdc_buf *out, const struct fleet_agent *agent, const char *here, int64_t now_us)
{
    long long lag = agent->lag_ms ? atoll(agent->lag_ms) : -1;

    cdc_buf_puts(out, "<tr>");
    put_name(out, agent, here);
    cdc_buf_printf(out, "<td class=\"why\"><span class=\"mark %s\">", mood_of(agent));
    html_str(out, word_of(agent));
    cdc_buf_puts(out, "</span>");
    put_why(out, agent);
    cdc_buf_puts(out, "</td><td class=\"n\">");
    if (lag < 0 || strcmp(mood_of(agent), "good") != 0)
        cdc_buf_puts(out, "<span class=\"none\">-</span>");
    else
        html_duration(out, lag);
    cdc_buf_puts(out, "</td><td class=\"n\">");
    html_number(out, agent->events ? strtoull(agent->events, NULL, 10) : 0);
    cdc_buf_puts(out, "</td><td class=\"n\">");
    html_number(out, agent->rejected ? strtoull(agent->rejected, NULL, 10) : 0);
    cdc_buf_puts(out, "</td>");
    put_cell(out, agent->source, "");
    put_cell(out, agent->host, "");
    cdc_buf_puts(out, "<td>");
    html_ago(out, parse_time(agent->seen), now_us);
    cdc_buf_puts(out, "</td></tr>");
}

static size_t count_moods(const struct fleet *fleet, const char *mood)
{
    size_t n = 0;

    for (size_t i = 0; i < fleet->n; i++)
        n += strcmp(mood_of(&fleet->agents[i]), mood) == 0;
    return n;
}

static void put_summary(const struct fleet *fleet, const char *trouble, struct cdc_buf *out)
{
    size_t bad = count_moods(fleet, "bad"), good = count_moods(fleet, "good");
    const char *mood = trouble || bad ? "bad" : good < fleet->n ? "waiting" : "good";

    cdc_buf_printf(out, "<section id=\"state\" data-live class=\"state %s\" role=\"status\"><h2>", mood);
    if (trouble)
        cdc_buf_puts(out, "Redis is not reachable");
    else if (bad)
        cdc_buf_printf(out, "%zu of %zu agents %s attention", bad, fleet->n, bad == 1 ? "needs" : "need");
    else
        cdc_buf_printf(out, "%zu of %zu agents are streaming", good, fleet->n);
    cdc_buf_puts(out, "</h2><p>");
    html_str(out, trouble ? trouble : "As they say of themselves in this Redis, once a second.");
    cdc_buf_puts(out, "</p></section>\n");
}

void fleet_print(const struct fleet *fleet, const char *here, const char *trouble, const char *nonce,
                 int64_t now_us, struct cdc_buf *out)
{
    static const char *const columns[] = {"Connector", "State", "#Lag",  "#Events", "#Rejected",
                                          "Source",    "Host",  "Heard", NULL};
    struct frame frame = {.nonce = nonce,
                          .title = "All agents",
                          .heading = "All agents",
                          .beneath = "Connectors that write to this Redis",
                          .fleet = true,
                          .mood = trouble || count_moods(fleet, "bad") ? "bad" : "good"};

    frame_begin(&frame, out);
    put_summary(fleet, trouble, out);
    frame_section(out, "agents", "Agents");
    frame_table(out, "Agents", columns);
    for (size_t i = 0; i < fleet->n; i++)
        put_agent(out, &fleet->agents[i], here, now_us);
    frame_table_end(out);
    if (fleet->more)
        cdc_buf_printf(
            out,
            "<p class=\"dim\">There are more than the %d that are shown: `tributary status` has all.</p>",
            FLEET_AGENTS);
    frame_section_end(out);
    frame_end(&frame, out);
}
