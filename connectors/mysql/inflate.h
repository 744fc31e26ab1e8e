/* Bytes that MariaDB compressed (zlib), plain again bit by bit. */
#ifndef MYSQL_INFLATE_H
#define MYSQL_INFLATE_H

#include <zlib.h>

#include "large.h"

#define MY_INFLATE_READ (16u << 10)

/* Zeroed is closed. */
struct my_inflate {
    z_stream z;
    bool open;
    struct my_rest rest; /* packed bytes that have not been read */
    uint64_t left;       /* plain bytes that have not been read */
    unsigned char packed[MY_INFLATE_READ];
};

void my_inflate_fini(struct my_inflate *inflate);
/*
 * `packed` must stay until all has been read; `rest`: what follows it, or NULL; `size`: of the plain bytes. RETRY when memory is short.
 */
int my_inflate_open(struct my_inflate *inflate, struct cdc_slice packed, const struct my_rest *rest,
                    uint64_t size, struct cdc_err *err) CDC_MUST_CHECK;
/*
 * Exactly `n` plain bytes; `inflate` is a struct my_inflate. FATAL when there are fewer, or the bytes are damaged. Before the last one is
 * given out, all packed bytes have been read.
 */
int my_inflate_read(void *inflate, void *to, size_t n, struct cdc_err *err) CDC_MUST_CHECK;

#endif
