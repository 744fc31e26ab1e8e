/* Geometry columns as well-known text. */
#ifndef MYSQL_GEOMETRY_H
#define MYSQL_GEOMETRY_H

#include "cdc/buf.h"
#include "cdc/slice.h"

/*
 * Appends the WKT of a column's bytes (SRID u32, then WKB) with the coordinates in the order in which they are stored; the SRID
 * is left out. false when the bytes are no geometry, or nested too deeply.
 */
bool my_geometry_print(struct cdc_slice bytes, struct cdc_buf *out);

#endif
