/* Writing HTML: text is escaped, numbers and times are as people read them. Times are from a moment that is given, so that they can be tested. */
#ifndef HTTP_HTML_H
#define HTTP_HTML_H

#include "cdc/buf.h"

/* Text of any bytes: what means something in HTML is escaped, control characters become blanks. Good in attributes with double quotes too. */
void html_text(struct cdc_buf *out, struct cdc_slice text);
void html_str(struct cdc_buf *out, const char *text);
/* The same of a hint: what stands in `backquotes` becomes code. */
void html_hint(struct cdc_buf *out, const char *hint);
/* "1,234,567" */
void html_number(struct cdc_buf *out, uint64_t n);
/* "1.2 MiB" */
void html_bytes(struct cdc_buf *out, uint64_t bytes);
/* "0.2 s", "3 min 20 s", "2 h 5 min", "4 d 2 h" */
void html_duration(struct cdc_buf *out, int64_t ms);
/* "just now", "12 s ago", with the time of day as its title; "never" for 0. */
void html_ago(struct cdc_buf *out, int64_t us, int64_t now_us);

#endif
