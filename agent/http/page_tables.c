/* Tables of the status page (page_tables.h). Reads counters. */
#include "http/page_tables.h"

#include <inttypes.h>

#include "http/frame.h"
#include "http/html.h"

#define ROWS_SHOWN 200 /* of tables and types; /status has all */

static void put_number(struct cdc_buf *out, uint64_t n)
{
    cdc_buf_puts(out, n ? "<td class=\"n\">" : "<td class=\"n none\">");
    html_number(out, n);
    cdc_buf_puts(out, "</td>");
}

static uint64_t rejects(const struct stats_table *table)
{
    uint64_t n = 0;

    for (unsigned r = 0; r < STATS_REASONS; r++)
        n += stats_get(&table->rejected[r]);
    return n;
}

static void put_table(const struct facts *facts, const struct stats_table *table, struct cdc_buf *out)
{
    cdc_buf_puts(out, "<tr><th scope=\"row\">");
    html_text(out, table->name);
    cdc_buf_puts(out, "</th>");
    for (unsigned op = 0; op <= CDC_OP_DELETE; op++)
        put_number(out, stats_get(&table->ops[op]));
    put_number(out, stats_get(&table->filtered));
    put_number(out, rejects(table));
    cdc_buf_puts(out, "<td>");
    html_ago(out, atomic_load(&table->changed_us), facts->now_us);
    cdc_buf_puts(out, "</td></tr>");
}

static void put_more(struct cdc_buf *out, size_t n)
{
    if (n > ROWS_SHOWN)
        cdc_buf_printf(out, "<p class=\"dim\">and %zu more, see <a href=\"/status\">/status</a></p>",
                       n - ROWS_SHOWN);
}

void page_tables_print(const struct facts *facts, struct cdc_buf *out)
{
    static const char *const columns[] = {"Table",         "#Inserted", "#Updated",    "#Deleted",
                                          "#Filtered out", "#Rejected", "Last change", NULL};
    const struct stats *stats = facts->stats;

    frame_section(out, "tables", "Tables");
    frame_table(out, "Tables", columns);
    for (size_t i = 0; i < stats->ntables && i < ROWS_SHOWN; i++)
        put_table(facts, &stats->tables[i], out);
    frame_table_end(out);
    put_more(out, stats->ntables);
    frame_section_end(out);
}

void page_events_print(const struct facts *facts, struct cdc_buf *out)
{
    static const char *const columns[] = {"Event", "#Emitted", NULL};

    frame_section(out, "events", "Events");
    if (facts->ncounts == 0) {
        cdc_buf_puts(out, "<p class=\"none\">None since the start.</p>");
        frame_section_end(out);
        return;
    }
    frame_table(out, "Events", columns);
    for (size_t i = 0; i < facts->ncounts && i < ROWS_SHOWN; i++) {
        cdc_buf_puts(out, "<tr><th scope=\"row\">");
        html_str(out, facts->counts[i].type);
        cdc_buf_puts(out, "</th>");
        put_number(out, facts->counts[i].n);
        cdc_buf_puts(out, "</tr>");
    }
    frame_table_end(out);
    put_more(out, facts->ncounts);
    frame_section_end(out);
}

static void put_progress(const struct stats_table *table, struct cdc_buf *out)
{
    uint64_t rows = stats_get(&table->snapshot_done), all = stats_get(&table->snapshot_estimated);

    cdc_buf_puts(out, "<tr><th scope=\"row\">");
    html_text(out, table->name);
    cdc_buf_puts(out, "</th>");
    put_number(out, rows);
    cdc_buf_puts(out, "<td class=\"n\">");
    if (all) {
        cdc_buf_puts(out, "about ");
        html_number(out, all);
        cdc_buf_printf(out, "</td><td><progress max=\"%" PRIu64 "\" value=\"%" PRIu64 "\">", all,
                       rows < all ? rows : all);
        cdc_buf_printf(out, "%.0f %%</progress>", rows < all ? (double)rows * 100 / (double)all : 100.0);
    } else {
        cdc_buf_puts(out, "</td><td>");
    }
    cdc_buf_puts(out, "</td></tr>");
}

void page_snapshot_print(const struct facts *facts, struct cdc_buf *out)
{
    static const char *const columns[] = {"Table", "#Rows read", "#Of", "Progress", NULL};
    const struct stats *stats = facts->stats;

    if (!atomic_load(&stats->snapshot_running))
        return;
    frame_section(out, "snapshot", "Snapshot");
    frame_table(out, "Snapshot", columns);
    for (size_t i = 0; i < stats->ntables && i < ROWS_SHOWN; i++)
        if (stats_get(&stats->tables[i].snapshot_done) || stats_get(&stats->tables[i].snapshot_estimated))
            put_progress(&stats->tables[i], out);
    frame_table_end(out);
    frame_section_end(out);
}
