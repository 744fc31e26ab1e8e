/* The row of an event as packed JSON objects: all values are strings, what is NULL or not available is left out. */
#ifndef REDIS_IMAGE_H
#define REDIS_IMAGE_H

#include "cdc/buf.h"
#include "cdc/event.h"

/* What the row holds after the change. */
void redis_image_after(struct cdc_buf *body, const struct cdc_event *event);
/* What the changed fields held before; null where there was nothing. */
void redis_image_changes(struct cdc_buf *body, const struct cdc_event *event);
/* All that a deleted row held. */
void redis_image_before(struct cdc_buf *body, const struct cdc_event *event);

#endif
