/* The checksum of binlog events: CRC-32 as zlib has it. */
#ifndef MYSQL_CHECKSUM_H
#define MYSQL_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Goes on from `sum`, the checksum of what comes before; 0 at the beginning. Any thread. */
uint32_t my_checksum(uint32_t sum, const void *bytes, size_t len);

#endif
