/* Log sequence numbers, the positions of PostgreSQL: "0/16B3740", the two halves of 64 bits in hexadecimal. */
#ifndef PGLSN_H
#define PGLSN_H

#include <stdint.h>

#include "cdc/slice.h"

/* The longest text and its NUL. */
#define PGLSN_TEXT 18

/* 0, or -1 (and *lsn 0) when the text is not a position. */
int pglsn_parse(struct cdc_slice text, uint64_t *lsn);
/* Prints with a NUL behind it; returns the length without it. */
size_t pglsn_print(uint64_t lsn, char out[PGLSN_TEXT]);
/* Whether a stream at `position` has brought all that was written up to `high`. False when either is not a position. */
bool pglsn_reached(struct cdc_slice position, struct cdc_slice high);
/*
 * Where the record before the insert position `lsn` ends. The server gives it behind the header of a page that nothing was written to
 * yet, and a stream does not get there before something is. `page` and `segment` are sizes in bytes.
 */
uint64_t pglsn_record_end(uint64_t lsn, uint64_t page, uint64_t segment);
/* <0, 0, >0. What is not a position comes first. */
int pglsn_compare(struct cdc_slice a, struct cdc_slice b);

#endif
