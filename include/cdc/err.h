/*
 * Errors as values: what class, what happened, what to do about it.
 *
 * A fallible function returns 0 or -1 (or documents more), is marked CDC_MUST_CHECK and takes `struct cdc_err *`
 * last. The layer that meets the error sets it; each layer above wraps it once ("doing what: cause"). Nobody both
 * logs and returns an error. Messages never hold secrets or row values.
 */
#ifndef CDC_ERR_H
#define CDC_ERR_H

#define CDC_MUST_CHECK        __attribute__((warn_unused_result))
#define CDC_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
/* Kept out of line, so that a hot path saves no registers for it; RARE: which it nearly never takes, too. */
#define CDC_APART __attribute__((noinline))
#define CDC_RARE  __attribute__((noinline, cold))

enum cdc_err_class {
    CDC_ERR_NONE,
    CDC_ERR_RETRY,  /* passing: reconnect, wait, try again */
    CDC_ERR_DATA,   /* this row cannot be mapped: reject it and go on, as the configuration says */
    CDC_ERR_CONFIG, /* the configuration, or the set-up of a server, must be changed first */
    CDC_ERR_DENIED, /* authentication or permission */
    CDC_ERR_GAP,    /* changes were lost, or would be: stop, never go on silently */
    CDC_ERR_FENCED, /* another agent owns this connector now */
    CDC_ERR_FATAL,  /* a bug, or a state that cannot be continued from */
};

struct cdc_err {
    enum cdc_err_class class;
    char message[512]; /* what happened and where, one line */
    char hint[320];    /* what to do about it; may be empty */
    const char *
        word; /* constant: what it is, closer than the class, for metrics ("OOM"); NULL: only the class is known */
};

/* Sets class and message, clears the hint. Returns -1, so that `return cdc_err_set(…)` reads well. `err` may be NULL. */
int cdc_err_set(struct cdc_err *err, enum cdc_err_class class, const char *fmt, ...) CDC_PRINTF(3, 4);
/* Sets the hint of an error that has been set. Returns -1. */
int cdc_err_hint(struct cdc_err *err, const char *fmt, ...) CDC_PRINTF(2, 3);
/* Puts "doing what: " before the message. Returns -1. */
int cdc_err_wrap(struct cdc_err *err, const char *fmt, ...) CDC_PRINTF(2, 3);
/* Out of memory, as a retryable error. Returns -1. */
int cdc_err_memory(struct cdc_err *err);
/* "retry", "data", … for logs and metrics. */
const char *cdc_err_class_name(enum cdc_err_class class);

#endif
