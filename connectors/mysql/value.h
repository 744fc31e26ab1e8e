/* Values of row images to text, in the forms of cdc/value.h. */
#ifndef MYSQL_VALUE_H
#define MYSQL_VALUE_H

#include "cdc/arena.h"
#include "cdc/buf.h"
#include "cdc/reader.h"
#include "cdc/value.h"

#include "column.h"

/* Where converted values are made; texts that need no conversion stay where they are. */
struct my_value_space {
    struct cdc_arena arena; /* to be reset before each row */
    struct cdc_buf text;    /* for values whose size is not known before */
};

/*
 * Whether memory ran out while the values of this row were made, which is no fault of theirs: INVALID ones are not to be given out.
 * Says so once.
 */
bool my_value_starved(struct my_value_space *space);

/* Passes over a value. Sets the reader's error when it does not fit. */
static inline struct cdc_slice my_value_raw(const struct my_column *column, struct cdc_reader *r)
{
    size_t n = column->width;

    if (column->variable)
        n = n == 1 ? cdc_read_u8(r) : (size_t)cdc_read_le(r, n);

    return cdc_read_slice(r, n);
}

/*
 * Converts the bytes of a value (my_value_raw) that is not NULL. A value that cannot be converted gets the state INVALID and says
 * why, without showing anything of it.
 */
void my_value_decode(const struct my_column *column, struct cdc_slice raw, struct my_value_space *space,
                     struct cdc_value *value);
/* A partial JSON update of the document `base`; base.ptr is NULL when it is not known. */
void my_value_decode_json_diff(struct cdc_slice base, struct cdc_slice diffs, struct my_value_space *space,
                               struct cdc_value *value);
/* The kind that values of this column have. */
enum cdc_kind my_value_kind(const struct my_column *column);

/* Pieces that the reading of tables (sample.c) shares. */
static inline void my_value_set(struct cdc_value *value, const char *text, size_t len)
{
    value->ptr = text;
    value->len = (uint32_t)len;
    value->state = CDC_VALUE_PRESENT;
}
void my_value_invalid(struct cdc_value *value, const char *why);
void my_value_text(const struct my_column *column, struct cdc_slice raw, struct my_value_space *space,
                   struct cdc_value *value);
void my_value_bytes(struct cdc_slice raw, struct my_value_space *space, struct cdc_value *value);
void my_value_geometry(struct cdc_slice raw, struct my_value_space *space, struct cdc_value *value);
void my_value_vector(struct cdc_slice raw, struct my_value_space *space, struct cdc_value *value);

#endif
