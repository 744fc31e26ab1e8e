/* Writing Prometheus' text format 0.0.4, so that every family has its help and its type, and every label is escaped. */
#ifndef HTTP_EXPOSITION_H
#define HTTP_EXPOSITION_H

#include "cdc/buf.h"
#include "pipeline/stats.h"

#define EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Names and values in turn, ended by a NULL name; values are slices of any bytes. */
struct exposition_label {
    const char *name;
    struct cdc_slice value;
};

struct exposition {
    struct cdc_buf *out;
    const char *connector; /* on every sample of exposition_… but `bare` ones */
    const char *family;    /* the one that samples belong to, without the prefix */
};

/* Begins a family "tributary_<name>". `type`: "counter", "gauge", "histogram". */
void exposition_family(struct exposition *to, const char *name, const char *type, const char *help);
/* One sample; `labels` may be NULL. Numbers that are whole are written as such. */
void exposition_count(struct exposition *to, const struct exposition_label *labels, uint64_t value);
void exposition_value(struct exposition *to, const struct exposition_label *labels, double value);
/* A family of one sample. */
void exposition_counter(struct exposition *to, const char *name, const char *help, uint64_t value);
void exposition_gauge(struct exposition *to, const char *name, const char *help, double value);
/* A whole histogram; its values are divided by `unit`. */
void exposition_histogram(struct exposition *to, const char *name, const char *help,
                          const struct stats_histogram *histogram, double unit);
/* A family of one sample that is the process's, not Tributary's: no prefix, no label. */
void exposition_bare(struct exposition *to, const char *name, const char *type, const char *help,
                     double value);

#endif
