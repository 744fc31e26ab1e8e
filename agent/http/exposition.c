/* The text format (exposition.h), as the Prometheus documentation "Exposition formats" has it. Cannot fail but by the buffer. */
#include "http/exposition.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define PREFIX "tributary_"

static void put_escaped(struct cdc_buf *out, struct cdc_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\\' || c == '"')
            cdc_buf_putc(out, '\\');
        if (c == '\n')
            cdc_buf_puts(out, "\\n");
        else
            cdc_buf_putc(out, c);
    }
}

static void put_label(struct cdc_buf *out, const char *before, const char *name, struct cdc_slice value)
{
    cdc_buf_puts(out, before);
    cdc_buf_puts(out, name);
    cdc_buf_puts(out, "=\"");
    put_escaped(out, value);
    cdc_buf_putc(out, '"');
}

/* "tributary_<family><suffix>{connector="…",…} " */
static void begin_sample(struct exposition *to, const char *suffix, const struct exposition_label *labels)
{
    cdc_buf_puts(to->out, PREFIX);
    cdc_buf_puts(to->out, to->family);
    cdc_buf_puts(to->out, suffix);
    put_label(to->out, "{", "connector", cdc_slice_str(to->connector));
    for (; labels && labels->name; labels++)
        put_label(to->out, ",", labels->name, labels->value);
    cdc_buf_puts(to->out, "} ");
}

static void put_number(struct cdc_buf *out, double value)
{
    if (isnan(value))
        cdc_buf_puts(out, "NaN");
    else if (value == floor(value) && fabs(value) < 1e15)
        cdc_buf_printf(out, "%.0f", value);
    else
        cdc_buf_printf(out, "%.9g", value);
}

static void put_head(struct cdc_buf *out, const char *prefix, const char *name, const char *type,
                     const char *help)
{
    cdc_buf_printf(out, "# HELP %s%s %s\n# TYPE %s%s %s\n", prefix, name, help, prefix, name, type);
}

void exposition_family(struct exposition *to, const char *name, const char *type, const char *help)
{
    to->family = name;
    put_head(to->out, PREFIX, name, type, help);
}

void exposition_count(struct exposition *to, const struct exposition_label *labels, uint64_t value)
{
    begin_sample(to, "", labels);
    cdc_buf_printf(to->out, "%" PRIu64 "\n", value);
}

void exposition_value(struct exposition *to, const struct exposition_label *labels, double value)
{
    begin_sample(to, "", labels);
    put_number(to->out, value);
    cdc_buf_putc(to->out, '\n');
}

void exposition_counter(struct exposition *to, const char *name, const char *help, uint64_t value)
{
    exposition_family(to, name, "counter", help);
    exposition_count(to, NULL, value);
}

void exposition_gauge(struct exposition *to, const char *name, const char *help, double value)
{
    exposition_family(to, name, "gauge", help);
    exposition_value(to, NULL, value);
}

static void put_bucket(struct exposition *to, const char *bound, uint64_t count)
{
    const struct exposition_label labels[] = {{"le", cdc_slice_str(bound)}, {NULL, {NULL, 0}}};

    begin_sample(to, "_bucket", labels);
    cdc_buf_printf(to->out, "%" PRIu64 "\n", count);
}

/* The buckets are read one after the other while others count: the total is theirs, so that it always agrees with them. */
void exposition_histogram(struct exposition *to, const char *name, const char *help,
                          const struct stats_histogram *histogram, double unit)
{
    uint64_t count = 0;
    char bound[32];

    exposition_family(to, name, "histogram", help);
    for (size_t i = 0; i < histogram->n; i++) {
        count += stats_get(&histogram->buckets[i]);
        snprintf(bound, sizeof bound, "%g", (double)histogram->bounds[i] / unit);
        put_bucket(to, bound, count);
    }
    count += stats_get(&histogram->buckets[histogram->n]);
    put_bucket(to, "+Inf", count);
    begin_sample(to, "_sum", NULL);
    put_number(to->out, (double)stats_get(&histogram->sum) / unit);
    cdc_buf_putc(to->out, '\n');
    begin_sample(to, "_count", NULL);
    cdc_buf_printf(to->out, "%" PRIu64 "\n", count);
}

void exposition_bare(struct exposition *to, const char *name, const char *type, const char *help,
                     double value)
{
    put_head(to->out, "", name, type, help);
    cdc_buf_puts(to->out, name);
    cdc_buf_putc(to->out, ' ');
    put_number(to->out, value);
    cdc_buf_putc(to->out, '\n');
}
