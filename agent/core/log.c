/*
 * The log (cdc/log.h). One write per line, so lines of several threads do not mix. The only mutable globals of the
 * program besides the signal flag.
 */
#include "cdc/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cdc/clock.h"

#define LINE_BYTES 2048
#define END_BYTES  4 /* what must still fit behind the message: "} and the new line */

static enum cdc_log_level log_level = CDC_LOG_INFO;
static enum cdc_log_format log_format = CDC_LOG_TEXT;
static char log_connector[128];

static const struct {
    const char *name;
    int priority; /* of syslog */
} levels[] = {
    [CDC_LOG_ERROR] = {"error", 3}, [CDC_LOG_WARNING] = {"warning", 4}, [CDC_LOG_NOTICE] = {"notice", 5},
    [CDC_LOG_INFO] = {"info", 6},   [CDC_LOG_DEBUG] = {"debug", 7},
};

void cdc_log_init(enum cdc_log_level level, enum cdc_log_format format, const char *connector)
{
    log_level = level;
    if (format == CDC_LOG_AUTO)
        format = getenv("JOURNAL_STREAM") ? CDC_LOG_JOURNAL : CDC_LOG_TEXT;
    log_format = format;
    snprintf(log_connector, sizeof log_connector, "%s", connector ? connector : "");
}

bool cdc_log_on(enum cdc_log_level level)
{
    return level <= log_level;
}

struct line {
    char text[LINE_BYTES];
    size_t len;
};

static void put(struct line *line, const char *text)
{
    size_t n = strlen(text), room = sizeof line->text - 1 - line->len;

    if (n > room)
        n = room;
    memcpy(line->text + line->len, text, n);
    line->len += n;
}

/* Control bytes never reach a terminal or a log file; in JSON the text is escaped. */
static void put_clean(struct line *line, const char *text)
{
    char escaped[8];

    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (log_format == CDC_LOG_JSON && (c < 0x20 || c == '"' || c == '\\'))
            snprintf(escaped, sizeof escaped, c < 0x20 ? "\\u%04x" : "\\%c", c);
        else
            snprintf(escaped, sizeof escaped, "%c", c < 0x20 || c == 0x7f ? ' ' : c);
        if (line->len + strlen(escaped) > sizeof line->text - END_BYTES)
            return; /* never half an escape */
        put(line, escaped);
    }
}

static void put_head(struct line *line, enum cdc_log_level level)
{
    char now[CDC_TIME_TEXT], head[160];

    cdc_time_print(cdc_wall_us(), now);
    switch (log_format) {
    case CDC_LOG_JOURNAL:
        snprintf(head, sizeof head, "<%d>", levels[level].priority);
        break;
    case CDC_LOG_JSON:
        snprintf(head, sizeof head, "{\"time\":\"%s\",\"level\":\"%s\",\"connector\":\"", now,
                 levels[level].name);
        break;
    case CDC_LOG_AUTO:
    case CDC_LOG_TEXT:
        snprintf(head, sizeof head, "%s %-7s ", now, levels[level].name);
        break;
    }
    put(line, head);
    put_clean(line, log_connector);
    put(line, log_format == CDC_LOG_JSON ? "\",\"message\":\"" : log_connector[0] ? ": " : "");
}

void cdc_log(enum cdc_log_level level, const char *fmt, ...)
{
    char message[LINE_BYTES - 256];
    struct line line = {.len = 0};
    va_list ap;

    if (!cdc_log_on(level))
        return;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    put_head(&line, level);
    put_clean(&line, message);
    if (log_format == CDC_LOG_JSON)
        put(&line, "\"}");
    line.text[line.len++] = '\n';
    if (write(STDERR_FILENO, line.text, line.len) < 0)
        return; /* nowhere left to say it */
}

void cdc_log_err(enum cdc_log_level level, const char *what, const struct cdc_err *err)
{
    cdc_log(level, "%s: %s class=%s%s%s", what, err->message, cdc_err_class_name(err->class),
            err->hint[0] ? " hint=" : "", err->hint);
}
