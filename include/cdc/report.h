/* Findings of `tributary check`: each says what was found, why it matters and what mends it. */
#ifndef CDC_REPORT_H
#define CDC_REPORT_H

enum cdc_finding { CDC_FINDING_OK, CDC_FINDING_NOTE, CDC_FINDING_WARNING, CDC_FINDING_ERROR };

/* The caller of a check passes one; the check calls it for every finding, good ones too. */
struct cdc_report {
    void *ctx;
    /* `what`: one line. `remedy`: the command or the setting that mends it; NULL when there is nothing to mend. */
    void (*add)(void *ctx, enum cdc_finding level, const char *what, const char *remedy);
};

/* add() with a formatted `what`. */
void cdc_report_add(const struct cdc_report *report, enum cdc_finding level, const char *remedy,
                    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
