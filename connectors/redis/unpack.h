/* Reading back what pack.h wrote, object by object. Pure; any thread. */
#ifndef REDIS_UNPACK_H
#define REDIS_UNPACK_H

#include "cdc/reader.h"

enum redis_packed_type { REDIS_PACKED_NOTHING, REDIS_PACKED_BOOL, REDIS_PACKED_UINT, REDIS_PACKED_STR };

struct redis_packed {
    enum redis_packed_type type; /* NOTHING: the end, or something that pack.h does not write (r->failed) */
    bool truth;
    uint64_t number;
    struct cdc_slice text; /* into what the reader reads */
};

struct redis_packed redis_unpack(struct cdc_reader *r);
/* The text of a string; empty for anything else. */
struct cdc_slice redis_unpack_text(struct cdc_reader *r);
/* The value of a number; 0 for anything else. */
uint64_t redis_unpack_number(struct cdc_reader *r);

#endif
