/*
 * The log (cdc/log.h). One write per line, so lines of several threads do not mix. The only mutable globals of the
 * program: what the log is to be like, where the connector stands, and what was said lately.
 */
#include "cdc/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cdc/clock.h"

#define LINE_BYTES    2048
#define END_BYTES     4   /* what must still fit behind everything: "} and the new line */
#define TAIL_BYTES    256 /* and what must fit behind the message */
#define MESSAGE_BYTES (LINE_BYTES - 256)

static enum cdc_log_level log_level = CDC_LOG_INFO;
static enum cdc_log_format log_format = CDC_LOG_TEXT;
static char log_connector[128];

/* Under the lock: the position, and how often each format was used lately. */
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static char log_position[CDC_LOG_POSITION + 1];

#define KINDS 32

static struct kind {
    const char *fmt; /* by its address */
    int64_t since_ms;
    unsigned lines, left_out;
} log_kinds[KINDS];

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

void cdc_log_position(const char *position, unsigned long len)
{
    if (len > CDC_LOG_POSITION)
        len = CDC_LOG_POSITION;
    pthread_mutex_lock(&log_lock);
    memcpy(log_position, position, len);
    log_position[len] = '\0';
    pthread_mutex_unlock(&log_lock);
}

/* The place of a format; the one that was quiet for longest makes room. */
static struct kind *find_kind(const char *fmt)
{
    struct kind *oldest = log_kinds;

    for (struct kind *kind = log_kinds; kind < log_kinds + KINDS; kind++) {
        if (kind->fmt == fmt)
            return kind;
        if (kind->since_ms < oldest->since_ms)
            oldest = kind;
    }
    *oldest = (struct kind){.fmt = fmt};
    return oldest;
}

/* Whether a line of this format may be written now; *left_out: how many before it were not, to be told with it. */
static bool take_turn(const char *fmt, unsigned *left_out)
{
    int64_t now = cdc_now_ms();
    struct kind *kind;
    bool may;

    pthread_mutex_lock(&log_lock);
    kind = find_kind(fmt);
    *left_out = 0;
    if (kind->lines == 0 || now - kind->since_ms >= CDC_LOG_SPAN_MS) {
        *left_out = kind->left_out;
        *kind = (struct kind){.fmt = fmt, .since_ms = now};
    }
    may = kind->lines < CDC_LOG_BURST;
    kind->lines += may;
    kind->left_out += !may;
    pthread_mutex_unlock(&log_lock);
    return may;
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
static void put_clean_within(struct line *line, const char *text, size_t reserve)
{
    char escaped[8];

    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (log_format == CDC_LOG_JSON && (c < 0x20 || c == '"' || c == '\\'))
            snprintf(escaped, sizeof escaped, c < 0x20 ? "\\u%04x" : "\\%c", c);
        else
            snprintf(escaped, sizeof escaped, "%c", c < 0x20 || c == 0x7f ? ' ' : c);
        if (line->len + strlen(escaped) > sizeof line->text - reserve)
            return; /* never half an escape */
        put(line, escaped);
    }
}

static void put_clean(struct line *line, const char *text)
{
    put_clean_within(line, text, END_BYTES);
}

static void put_message(struct line *line, const char *text)
{
    put_clean_within(line, text, TAIL_BYTES);
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

/* What stands behind the message; a long message leaves room for it. */
static void put_tail(struct line *line, unsigned left_out)
{
    char position[sizeof log_position], count[64];

    pthread_mutex_lock(&log_lock);
    memcpy(position, log_position, sizeof position);
    pthread_mutex_unlock(&log_lock);
    if (left_out) {
        snprintf(count, sizeof count, " left_out=%u", left_out);
        put(line, count);
    }
    if (*position) {
        put(line, log_format == CDC_LOG_JSON ? "\",\"applied\":\"" : " applied=");
        put_clean(line, position);
    }
    if (log_format == CDC_LOG_JSON)
        put(line, "\"}");
}

void cdc_log(enum cdc_log_level level, const char *fmt, ...)
{
    char message[MESSAGE_BYTES];
    struct line line = {.len = 0};
    unsigned left_out;
    va_list ap;

    if (!cdc_log_on(level) || (!take_turn(fmt, &left_out) && level != CDC_LOG_ERROR))
        return;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    put_head(&line, level);
    put_message(&line, message);
    put_tail(&line, left_out);
    line.text[line.len++] = '\n';
    if (write(STDERR_FILENO, line.text, line.len) < 0)
        return; /* nowhere left to say it */
}

void cdc_log_err(enum cdc_log_level level, const char *what, const struct cdc_err *err)
{
    cdc_log(level, "%s: %s class=%s%s%s", what, err->message, cdc_err_class_name(err->class),
            err->hint[0] ? " hint=" : "", err->hint);
}
