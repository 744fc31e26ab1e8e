/*
 * History under `tributary check` (check_history.h): has the server all that follows the checkpoint, and for how long. Servers say that
 * logs are gone only when they are asked for them, so the stream is begun as `run` would, under a number of its own, and left again at
 * once. Over both connections; findings only, nothing fails.
 */
#include "check_history.h"

#include "probe.h"

#include "cdc/clock.h"

#include <stdio.h>

#define HOUR_S 3600.0
#define DAY_S  86400.0

enum { DURATION = 32 };

static const char *duration(double seconds, char out[DURATION])
{
    if (seconds < 2 * DAY_S)
        snprintf(out, DURATION, "%.1f hours", seconds / HOUR_S);
    else
        snprintf(out, DURATION, "%.1f days", seconds / DAY_S);
    return out;
}

/* Whether nothing follows the checkpoint: false too where that cannot be asked. */
static bool at_end(struct cdc_source *source, const struct my_position *position)
{
    struct my_position end = {0};
    struct cdc_err ignored;
    bool is = my_server_position(source->control, &source->server, &end, &ignored) == 0 &&
              end.form == position->form && position->nheld == 0 && my_position_compare(position, &end) >= 0;

    my_position_fini(&end);
    return is;
}

/* Whether the log of the checkpoint is the one that is being written, which is never purged. */
static bool is_newest(struct cdc_source *source, const struct my_log_mark *mark, bool *told)
{
    struct cdc_buf name = {0};
    struct cdc_err ignored;
    uint64_t offset;
    bool is;

    *told = my_server_log_end(source->control, &source->server, &name, &offset, &ignored) == 0;
    is = *told && cdc_slice_is(cdc_buf_slice(&name), mark->name);
    cdc_buf_fini(&name);
    return is;
}

/* A log is purged when it was ended long enough ago; when it was begun is all that the checkpoint tells. */
static void report_left(struct cdc_source *source, const struct my_position *position,
                        const struct cdc_report *report)
{
    const struct my_log_mark *mark = &position->mark;
    double age = (double)(cdc_wall_us() / 1000000) - (double)mark->created, kept = source->server.expire_s;
    char left[DURATION], begun[DURATION];
    bool told = true;

    if (at_end(source, position))
        cdc_report_add(report, CDC_FINDING_OK, NULL, "the checkpoint is at the end of the binlog");
    else if (kept == 0 || !mark->name[0] || is_newest(source, mark, &told))
        cdc_report_add(report, CDC_FINDING_OK, NULL, "the server still has all that follows the checkpoint");
    else if (age < kept)
        cdc_report_add(report, CDC_FINDING_OK, NULL,
                       "the server still has all that follows the checkpoint, and keeps it for %s at least",
                       duration(kept - age, left));
    else
        cdc_report_add(
            report, told ? CDC_FINDING_WARNING : CDC_FINDING_NOTE,
            "start the agent if it stands still, or raise binlog_expire_logs_seconds until it has caught up",
            "the server still has all that follows the checkpoint, but may purge it any time: binlogs are kept for "
            "%s, and %s was begun %s ago",
            duration(kept, left), mark->name, duration(age, begun));
}

static void report_gap(const struct cdc_report *report, const struct cdc_err *why)
{
    cdc_report_add(report, CDC_FINDING_ERROR, why->hint[0] ? why->hint : NULL, "%s", why->message);
}

void my_check_history(struct cdc_source *source, const struct cdc_checkpoint *from,
                      const struct cdc_report *report)
{
    struct my_position position = {0};
    struct cdc_err why = {0};

    if (!from || !from->position.len)
        return;
    if (my_source_verify(source, from, &why))
        report_gap(report, &why);
    else if (my_source_try(source, from, &why) == 0 &&
             my_position_parse(&position, cdc_buf_slice(&from->position), &why) == 0)
        report_left(source, &position, report);
    else if (why.class == CDC_ERR_GAP)
        report_gap(report, &why);
    else if (why.class != CDC_ERR_DENIED) /* that, the check of the rights finds */
        cdc_report_add(report, CDC_FINDING_NOTE, why.hint[0] ? why.hint : NULL,
                       "whether the server still has what follows the checkpoint could not be tried: %s",
                       why.message);
    my_position_fini(&position);
}
