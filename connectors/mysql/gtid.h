/*
 * MySQL's sets of global transaction ids: which transactions of which servers, as runs of numbers.
 *
 *   3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:7,4f…:1-9:blue:1-3      (a tag, from MySQL 8.3 on, splits a server's numbers)
 *
 * Numbers run from 1 to 2^63-2. A zeroed set is empty and valid. Functions that can run out of memory return -1 and leave
 * the set in a valid state, perhaps with a part of the work done.
 */
#ifndef MYSQL_GTID_H
#define MYSQL_GTID_H

#include <stdint.h>

#include "cdc/buf.h"
#include "cdc/err.h"
#include "cdc/slice.h"

#define MY_GTID_UUID 16
#define MY_GTID_TAG  32 /* longest tag */
#define MY_GTID_MAX  (INT64_MAX - 1)

/* One transaction. */
struct my_gtid {
    unsigned char uuid[MY_GTID_UUID];
    char tag[MY_GTID_TAG];
    uint8_t tag_len;
    uint64_t number;
};

/* Numbers from `start` to before `end`. */
struct my_gtid_run {
    uint64_t start, end;
};

/* The transactions of one server and tag: runs in ascending order that neither touch nor overlap. */
struct my_gtid_origin {
    struct my_gtid id; /* its number is not used */
    struct my_gtid_run *runs;
    size_t nruns, cap;
};

struct my_gtid_set {
    struct my_gtid_origin *origins; /* ascending by uuid, then tag; none is empty */
    size_t norigins, cap;
    size_t last; /* where the last addition went: mostly the next one goes there too */
};

void my_gtid_set_fini(struct my_gtid_set *set);
void my_gtid_set_clear(struct my_gtid_set *set);
int my_gtid_set_copy(struct my_gtid_set *to, const struct my_gtid_set *from) CDC_MUST_CHECK;
bool my_gtid_set_equal(const struct my_gtid_set *a, const struct my_gtid_set *b);

int my_gtid_set_add(struct my_gtid_set *set, const struct my_gtid *gtid) CDC_MUST_CHECK;
/* Adds a run of numbers of `id`'s origin. */
int my_gtid_set_add_run(struct my_gtid_set *set, const struct my_gtid *id,
                        struct my_gtid_run run) CDC_MUST_CHECK;
int my_gtid_set_union(struct my_gtid_set *to, const struct my_gtid_set *from) CDC_MUST_CHECK;
int my_gtid_set_subtract(struct my_gtid_set *from, const struct my_gtid_set *what) CDC_MUST_CHECK;
bool my_gtid_set_has(const struct my_gtid_set *set, const struct my_gtid *gtid);
/* Whether all of `part` is in `set`. */
bool my_gtid_set_contains(const struct my_gtid_set *set, const struct my_gtid_set *part);
/* How many transactions; stops at UINT64_MAX. */
uint64_t my_gtid_set_count(const struct my_gtid_set *set);

/* Replaces the set by what the text says; white space is ignored as the servers do. The message names the bad place. */
int my_gtid_set_parse(struct my_gtid_set *set, struct cdc_slice text, struct cdc_err *err) CDC_MUST_CHECK;
void my_gtid_set_print(const struct my_gtid_set *set, struct cdc_buf *out);
/* As COM_BINLOG_DUMP_GTID wants it. */
void my_gtid_set_encode(const struct my_gtid_set *set, struct cdc_buf *out);

/* "uuid:number" or "uuid:tag:number". */
void my_gtid_print(const struct my_gtid *gtid, struct cdc_buf *out);

#endif
