/* MariaDB's COMPRESSED columns. */
#ifndef MYSQL_PACKED_TEXT_H
#define MYSQL_PACKED_TEXT_H

#include "cdc/arena.h"
#include "cdc/err.h"

#define MY_PACKED_MAX (64u << 20) /* bytes that one value may inflate to */

/* 0: the plain bytes in `out`, either a part of `in` or made in the arena. -1: *why. `out` may be &in. */
int my_packed_text(struct cdc_slice in, struct cdc_arena *arena, struct cdc_slice *out,
                   const char **why) CDC_MUST_CHECK;

#endif
