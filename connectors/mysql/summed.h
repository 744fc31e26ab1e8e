/* An event that is read in parts, and the CRC-32 behind it. */
#ifndef MYSQL_SUMMED_H
#define MYSQL_SUMMED_H

#include "large.h"

/* Zeroed is read to its end. */
struct my_summed {
    struct my_rest rest; /* what has not been read, without the checksum */
    uint32_t sum;        /* of all before it */
};

/* `head`: what has been read of the event; `rest`: what follows it, checksum and all. FATAL when malformed. */
int my_summed_open(struct my_summed *summed, struct cdc_slice head, const struct my_rest *rest,
                   struct cdc_err *err) CDC_MUST_CHECK;
/* What is to be read of it, in place of `rest`. The last byte is given out only if the checksum is right: RETRY else. */
struct my_rest my_summed_rest(struct my_summed *summed);
/* Passes over what nobody has read. */
int my_summed_finish(struct my_summed *summed, struct cdc_err *err) CDC_MUST_CHECK;

#endif
