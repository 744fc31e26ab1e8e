/*
 * Checksums of events that are read in parts (summed.h): connection -> here -> whoever reads the event (large.c, inflate.c, payload.c).
 * Source thread. A wrong checksum is a RETRY, as it is for whole events: what was given out of the event belongs to a transaction that
 * is not complete, and the next connection sends it again.
 */
#include "summed.h"

#include "checksum.h"

#define SCRATCH 4096

int my_summed_open(struct my_summed *summed, struct cdc_slice head, const struct my_rest *rest,
                   struct cdc_err *err)
{
    if (rest->left <= MY_EVENT_CRC)
        return cdc_err_set(err, CDC_ERR_FATAL, "reading the binlog: a large event without its checksum");
    summed->rest = *rest;
    summed->rest.left -= MY_EVENT_CRC;
    summed->sum = my_checksum(0, head.ptr, head.len);
    return 0;
}

static int check(struct my_summed *summed, struct cdc_err *err)
{
    char bytes[MY_EVENT_CRC];
    struct cdc_reader r = cdc_reader(bytes, sizeof bytes);

    if (summed->rest.read(summed->rest.ctx, bytes, sizeof bytes, err))
        return -1;
    if (cdc_read_le(&r, sizeof bytes) == summed->sum)
        return 0;
    cdc_err_set(err, CDC_ERR_RETRY, "reading the binlog: wrong checksum of a large event");
    return cdc_err_hint(err, "if it repeats at the same place, the server's binlog is damaged");
}

static int read_on(void *ctx, void *to, size_t n, struct cdc_err *err)
{
    struct my_summed *summed = ctx;

    if (n > summed->rest.left)
        return cdc_err_set(err, CDC_ERR_FATAL, "reading the binlog: a large event ends too early");
    if (n == 0)
        return 0;
    if (summed->rest.read(summed->rest.ctx, to, n, err))
        return -1;
    summed->sum = my_checksum(summed->sum, to, n);
    summed->rest.left -= n;
    return summed->rest.left ? 0 : check(summed, err);
}

struct my_rest my_summed_rest(struct my_summed *summed)
{
    return (struct my_rest){.read = read_on, .ctx = summed, .left = summed->rest.left};
}

int my_summed_finish(struct my_summed *summed, struct cdc_err *err)
{
    char scratch[SCRATCH];

    while (summed->rest.left > 0) {
        size_t n = summed->rest.left < SCRATCH ? (size_t)summed->rest.left : SCRATCH;

        if (read_on(summed, scratch, n, err))
            return -1;
    }
    return 0;
}
