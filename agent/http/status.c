/* The JSON of `/status` (status.h). Times are RFC 3339, what is not known is null. */
#include "http/status.h"

#include <inttypes.h>

#include "cdc/clock.h"
#include "core/json.h"

static void put_text(struct cdc_buf *out, const char *name, const char *text)
{
    json_put_string(out, cdc_slice_str(name));
    cdc_buf_putc(out, ':');
    json_put_string(out, cdc_slice_str(text));
    cdc_buf_putc(out, ',');
}

static void put_number(struct cdc_buf *out, const char *name, uint64_t number)
{
    cdc_buf_printf(out, "\"%s\":%" PRIu64 ",", name, number);
}

static void put_truth(struct cdc_buf *out, const char *name, int truth)
{
    cdc_buf_printf(out, "\"%s\":%s,", name, truth ? "true" : "false");
}

static void put_time(struct cdc_buf *out, const char *name, int64_t us)
{
    char text[CDC_TIME_TEXT];

    if (us)
        put_text(out, name, cdc_time_print(us, text));
    else
        cdc_buf_printf(out, "\"%s\":null,", name);
}

/* Ends an object or array: the last comma goes. */
static void end(struct cdc_buf *out, char with)
{
    if (!out->failed && out->len && out->data[out->len - 1] == ',')
        out->len--;
    cdc_buf_putc(out, with);
}

static void put_tables(struct cdc_buf *out, const struct stats *stats)
{
    cdc_buf_puts(out, "\"tables\":[");
    for (size_t i = 0; i < stats->ntables; i++) {
        const struct stats_table *table = &stats->tables[i];
        uint64_t rejected = 0;
        cdc_buf_puts(out, "{\"table\":");
        json_put_string(out, table->name);
        cdc_buf_putc(out, ',');
        for (unsigned op = 0; op < STATS_OPS; op++)
            put_number(out, stats_op_name(op), stats_get(&table->ops[op]));
        for (unsigned r = 0; r < STATS_REASONS; r++)
            rejected += stats_get(&table->rejected[r]);
        put_number(out, "filtered", stats_get(&table->filtered));
        put_number(out, "rejected", rejected);
        put_number(out, "snapshot_rows", stats_get(&table->snapshot_done));
        put_number(out, "snapshot_estimated", stats_get(&table->snapshot_estimated));
        put_time(out, "changed", atomic_load(&table->changed_us));
        end(out, '}');
        cdc_buf_putc(out, ',');
    }
    end(out, ']');
    cdc_buf_putc(out, ',');
}

static void put_events(struct cdc_buf *out, const struct facts *facts)
{
    cdc_buf_puts(out, "\"events\":{");
    for (size_t i = 0; i < facts->ncounts; i++) {
        json_put_string(out, cdc_slice_str(facts->counts[i].type));
        cdc_buf_printf(out, ":%" PRIu64 ",", facts->counts[i].n);
    }
    end(out, '}');
    cdc_buf_putc(out, ',');
}

static void put_troubles(struct cdc_buf *out, const struct facts *facts)
{
    cdc_buf_puts(out, "\"troubles\":[");
    for (unsigned i = 0; i < facts->ntroubles; i++) {
        const struct trouble *trouble = &facts->troubles[i];
        cdc_buf_putc(out, '{');
        put_text(out, "what", trouble->what);
        put_text(out, "class", cdc_err_class_name(trouble->err.class));
        put_text(out, "message", trouble->err.message);
        put_text(out, "remedy", trouble->err.hint);
        put_time(out, "first", trouble->first_us);
        put_time(out, "last", trouble->last_us);
        put_number(out, "times", trouble->times);
        end(out, '}');
        cdc_buf_putc(out, ',');
    }
    end(out, ']');
    cdc_buf_putc(out, ',');
}

static void put_state(struct cdc_buf *out, const struct facts *facts)
{
    const struct stats *stats = facts->stats;

    put_text(out, "connector", facts->config->connector);
    put_text(out, "version", TRIBUTARY_VERSION);
    put_text(out, "source", facts->config->source.type == CDC_SOURCE_POSTGRESQL ? "postgresql" : "mysql");
    put_text(out, "state", facts->status.state);
    put_text(out, "mood", facts_mood_name(facts->mood));
    put_text(out, "headline", facts->headline);
    put_text(out, "sentence", facts->sentence);
    put_text(out, "remedy", facts->remedy);
    put_truth(out, "ready", facts->ready);
    put_truth(out, "alive", facts->alive);
    put_truth(out, "source_connected", atomic_load(&stats->source_up));
    put_truth(out, "redis_connected", atomic_load(&stats->sink_up));
    put_truth(out, "leader", atomic_load(&stats->leader));
    put_text(out, "position", facts->status.position);
    if (facts->status.lag_ms < 0)
        cdc_buf_puts(out, "\"lag_ms\":null,");
    else
        put_number(out, "lag_ms", (uint64_t)facts->status.lag_ms);
    cdc_buf_printf(out, "\"events_per_second\":%.1f,", facts->rate);
}

/* Of MariaDB and MySQL not everybody may ask. */
static void put_retained(struct cdc_buf *out, const struct facts *facts)
{
    uint64_t retained = stats_get(&facts->stats->retained_bytes);

    if (!retained && facts->config->source.type == CDC_SOURCE_MYSQL)
        cdc_buf_puts(out, "\"retained_bytes\":null,");
    else
        put_number(out, "retained_bytes", retained);
}

void status_print(const struct facts *facts, struct cdc_buf *out)
{
    const struct stats *stats = facts->stats;

    cdc_buf_putc(out, '{');
    put_state(out, facts);
    put_time(out, "now", facts->now_us);
    put_time(out, "started", facts->started_us);
    put_time(out, "last_commit", atomic_load(&stats->applied_commit_us));
    put_time(out, "checkpoint", atomic_load(&stats->applied_us));
    put_number(out, "queue_bytes", facts->status.queue_bytes);
    put_number(out, "queue_limit_bytes", facts->status.queue_limit_bytes);
    put_retained(out, facts);
    put_number(out, "behind_bytes", stats_get(&stats->behind_bytes));
    put_number(out, "transactions", stats_get(&stats->transactions));
    put_number(out, "batches", stats_get(&stats->batches));
    put_truth(out, "snapshot_running", atomic_load(&stats->snapshot_running));
    put_tables(out, stats);
    put_events(out, facts);
    put_troubles(out, facts);
    end(out, '}');
    cdc_buf_putc(out, '\n');
}
