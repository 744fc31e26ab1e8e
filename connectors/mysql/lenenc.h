/* Length-encoded integers of the MySQL protocol: below 251 one byte; 252, 253, 254 announce two, three, eight. */
#ifndef MYSQL_LENENC_H
#define MYSQL_LENENC_H

#include "cdc/reader.h"

static inline uint64_t my_read_lenenc(struct cdc_reader *r)
{
    uint8_t first = cdc_read_u8(r);

    if (first < 251)
        return first;
    if (first == 252)
        return cdc_read_le(r, 2);
    if (first == 253)
        return cdc_read_le(r, 3);
    if (first == 254)
        return cdc_read_le(r, 8);
    r->failed = true;
    return 0;
}

static inline struct cdc_slice my_read_lenenc_slice(struct cdc_reader *r)
{
    return cdc_read_slice(r, (size_t)my_read_lenenc(r));
}

#endif
