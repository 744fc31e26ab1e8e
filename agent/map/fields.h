/* The fields of an event, from a row's columns. */
#ifndef FIELDS_H
#define FIELDS_H

#include "map/bytes.h"
#include "map/run.h"

/* What could be made of the row before the change. */
enum fields_old {
    FIELDS_KNOWN,
    FIELDS_UNKNOWN, /* not sent, or not convertible: that is no fault of the new row */
    FIELDS_FAILED,  /* no memory */
};

/* The key's fields and the key. -1: the row is to be rejected, or there is no memory (as for all that return -1 here). */
int fields_key_after(struct run *run, struct cdc_slice *key) CDC_MUST_CHECK;
/* The same of the row before the change, into program->gone; row->before must be there. */
int fields_key_before(struct run *run, struct cdc_slice *key) CDC_MUST_CHECK;
/* All other fields, after the change. */
int fields_rest_after(struct run *run) CDC_MUST_CHECK;
/* What all fields held before, beside what they hold now; after fields_same(), of a row that came whole. */
enum fields_old fields_beside(struct run *run);
/* What all fields held before, into program->gone, where the key's already are; after the change there is nothing. */
enum fields_old fields_gone(struct run *run);

/* Whether the columns of the key, or of all fields, are certainly the same before and after; row->before must be there. */
bool fields_same_key(struct run *run);
bool fields_same(struct run *run);

static inline bool fields_changed(const struct cdc_field *f)
{
    return f->after_state != f->before_state ||
           (f->after_state == CDC_VALUE_PRESENT && !bytes_equal(f->after, f->before));
}

#endif
