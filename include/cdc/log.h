/*
 * The log, on stderr: one line per event, `message key=value …`. Under the journal each line starts with its
 * priority (`<6>`), else with a time stamp; or JSON. Thread-safe. Never pass secrets or row values. Of one kind of message, which is
 * one format, CDC_LOG_BURST lines (errors: all) are written in CDC_LOG_SPAN_MS; the next line after that says how many were left out.
 */
#ifndef CDC_LOG_H
#define CDC_LOG_H

#include <stdbool.h>

#include "cdc/err.h"

enum cdc_log_level { CDC_LOG_ERROR, CDC_LOG_WARNING, CDC_LOG_NOTICE, CDC_LOG_INFO, CDC_LOG_DEBUG };
enum cdc_log_format { CDC_LOG_AUTO, CDC_LOG_TEXT, CDC_LOG_JOURNAL, CDC_LOG_JSON };

enum { CDC_LOG_BURST = 20, CDC_LOG_SPAN_MS = 10000 };

/* Before any thread starts. `connector` is copied and stands on every line. */
void cdc_log_init(enum cdc_log_level level, enum cdc_log_format format, const char *connector);
/*
 * Up to where the store holds everything, in the source's own terms; stands on every line from then on ("applied=…"). Any thread. At most
 * CDC_LOG_POSITION bytes of it are kept.
 */
enum { CDC_LOG_POSITION = 96 };
void cdc_log_position(const char *position, unsigned long len);
bool cdc_log_on(enum cdc_log_level level);
void cdc_log(enum cdc_log_level level, const char *fmt, ...) CDC_PRINTF(2, 3);
/* "what: message" with the hint as its own key, at the level. */
void cdc_log_err(enum cdc_log_level level, const char *what, const struct cdc_err *err);

#endif
