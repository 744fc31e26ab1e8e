/* Findings with a formatted text (cdc/report.h). */
#include "cdc/report.h"

#include <stdarg.h>
#include <stdio.h>

void cdc_report_add(const struct cdc_report *report, enum cdc_finding level, const char *remedy,
                    const char *fmt, ...)
{
    char what[768];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    report->add(report->ctx, level, what, remedy);
}
