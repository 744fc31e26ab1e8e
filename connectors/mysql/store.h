/* Events that are kept until it is known what becomes of their transaction. */
#ifndef MYSQL_STORE_H
#define MYSQL_STORE_H

#include "cdc/buf.h"

#include "event.h"
#include "large.h"

struct my_relation;

struct my_store {
    struct cdc_buf bytes; /* of each event a head and itself, without checksum; the limit is the buffer's */
};

struct my_kept {
    struct cdc_slice event;
    struct my_relation *relation; /* whose rows these are; NULL: a TABLE_MAP */
    struct cdc_slice cut;         /* for my_rows_set_cut(); empty: nothing is missing */
};

/* -1: the limit is reached or memory is short; the store is as it was. */
int my_store_add(struct my_store *store, const struct my_event *event,
                 struct my_relation *relation) CDC_MUST_CHECK;
/* The same with a row that my_large_next() gave, as a plain event of its own. */
int my_store_add_cut(struct my_store *store, const struct my_large *large,
                     struct my_relation *relation) CDC_MUST_CHECK;
/* The event at *at, which moves on; false at the end. */
bool my_store_next(const struct my_store *store, size_t *at, struct my_kept *kept);

#endif
