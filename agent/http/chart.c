/*
 * Charts (chart.h). The drawing is stretched to the width there is; lines keep their thickness. Colours come from the page's style.
 * What the chart shows is also said in words, for those who do not see it. Pure; any thread.
 */
#include "http/chart.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#define WIDTH  600.0
#define HEIGHT 120.0

/* 1, 2 or 5 times a power of ten, at least `value`. */
static double round_up(double value)
{
    double power = pow(10, floor(log10(value)));
    double first = value / power;

    return (first <= 1 ? 1 : first <= 2 ? 2 : first <= 5 ? 5 : 10) * power;
}

static double highest(const struct chart *chart)
{
    double most = 0;

    for (size_t i = 0; i < chart->n; i++)
        most = chart->values[i] > most ? chart->values[i] : most;
    return most;
}

static double x_of(const struct chart *chart, size_t i)
{
    double x = WIDTH - (double)(chart->now_ms - chart->at_ms[i]) * WIDTH / (double)chart->span_ms;

    return x < 0 ? 0 : x;
}

static double y_of(double value, double top)
{
    return HEIGHT - value / top * (HEIGHT - 4);
}

/* From sample `from`, the run of known values: *end is behind it. */
static size_t run_from(const struct chart *chart, size_t from, size_t *end)
{
    while (from < chart->n && chart->values[from] < 0)
        from++;
    for (*end = from; *end < chart->n && chart->values[*end] >= 0;)
        ++*end;
    return from;
}

static void put_run(const struct chart *chart, size_t from, size_t end, double top, bool area,
                    struct cdc_buf *out)
{
    if (area)
        cdc_buf_printf(out, "M%.1f %.0f", x_of(chart, from), HEIGHT);
    for (size_t i = from; i < end; i++)
        cdc_buf_printf(out, "%c%.1f %.1f", i == from && !area ? 'M' : 'L', x_of(chart, i),
                       y_of(chart->values[i], top));
    if (area)
        cdc_buf_printf(out, "L%.1f %.0fZ", x_of(chart, end - 1), HEIGHT);
    else if (end - from == 1)
        cdc_buf_puts(out, "h.1");
}

static void put_path(const struct chart *chart, double top, bool area, struct cdc_buf *out)
{
    size_t end = 0;

    cdc_buf_printf(out, "<path class=\"%s\" d=\"", area ? "area" : "line");
    for (size_t from = 0; from < chart->n; from = end) {
        from = run_from(chart, from, &end);
        if (from < end)
            put_run(chart, from, end, top, area, out);
    }
    cdc_buf_puts(out, "\"/>");
}

static void put_value(double value, const char *unit, struct cdc_buf *out)
{
    if (value < 0)
        cdc_buf_puts(out, "not known");
    else
        cdc_buf_printf(out, value < 10 && value != floor(value) ? "%.1f %s" : "%.0f %s", value, unit);
}

void chart_print(const struct chart *chart, struct cdc_buf *out)
{
    double most = highest(chart), top = round_up(most > chart->least_top ? most : chart->least_top);

    cdc_buf_printf(out, "<figure class=\"chart\"><figcaption>%s<span>", chart->title);
    put_value(chart->n ? chart->values[chart->n - 1] : -1, chart->unit, out);
    cdc_buf_puts(out, " now</span></figcaption><div class=\"plot\"><span class=\"top\">");
    put_value(top, chart->unit, out);
    cdc_buf_printf(
        out,
        "</span><svg viewBox=\"0 0 %.0f %.0f\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"%s over the "
        "last 15 minutes, at most ",
        WIDTH, HEIGHT, chart->title);
    put_value(most, chart->unit, out);
    cdc_buf_puts(out, "\"><path class=\"grid\" d=\"M0 4H600M0 62H600M0 120H600\"/>");
    put_path(chart, top, true, out);
    put_path(chart, top, false, out);
    cdc_buf_puts(
        out,
        "</svg></div><div class=\"axis\" aria-hidden=\"true\"><span>15 min ago</span><span>now</span></div>"
        "</figure>\n");
}
