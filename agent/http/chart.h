/* A line over the last 15 minutes as inline SVG, with its scale in words beside it, so that it reads at any width. */
#ifndef HTTP_CHART_H
#define HTTP_CHART_H

#include "cdc/buf.h"

struct chart {
    const char *title; /* "Lag" */
    const char *unit;  /* "s" */
    int64_t span_ms;   /* from left to right */
    int64_t now_ms;    /* the right edge */
    size_t n;
    const int64_t *at_ms;
    const double *values; /* below 0: not known, a gap in the line */
    double least_top;     /* the scale goes up to this at least */
};

void chart_print(const struct chart *chart, struct cdc_buf *out);

#endif
