/* What all pages have: head, style, script, navigation, foot. The style follows the reader's light or dark. */
#ifndef HTTP_FRAME_H
#define HTTP_FRAME_H

#include "cdc/buf.h"

struct frame {
    const char *nonce;
    const char *title;   /* of the window */
    const char *heading; /* above everything */
    const char *beneath; /* one line under it */
    bool fleet;          /* which page of the navigation this is */
    const char *mood;    /* "good", "waiting", "bad": the colour of the window's icon */
};

void frame_begin(const struct frame *frame, struct cdc_buf *out);
void frame_end(const struct frame *frame, struct cdc_buf *out);
/* A section that the script may replace when the page is read again. */
void frame_section(struct cdc_buf *out, const char *id, const char *heading);
void frame_section_end(struct cdc_buf *out);
/* A table that scrolls by itself where it is too wide. `columns`: headings, NULL-ended; one that begins with '#' is of numbers. */
void frame_table(struct cdc_buf *out, const char *label, const char *const *columns);
void frame_table_end(struct cdc_buf *out);

#endif
