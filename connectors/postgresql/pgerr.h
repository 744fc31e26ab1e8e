/* What PostgreSQL's errors mean to us: SQLSTATE to class and remedy. */
#ifndef PGERR_H
#define PGERR_H

#include "cdc/err.h"

/*
 * Sets `err` from what the server (or libpq) said. `sqlstate` may be NULL or empty: then the text decides. The message
 * is made one line. Returns -1.
 */
int pgerr_set(struct cdc_err *err, const char *sqlstate, const char *message);
/*
 * The same from the text of a failed connection in libpq's verbose form, in which the SQLSTATE stands before the message
 * ("FATAL:  28P01: password …\nLOCATION: …").
 */
int pgerr_set_connection(struct cdc_err *err, const char *text);
/* Of a stream that ended with an error: as pgerr_set(), but what says that log is gone is a gap. */
int pgerr_set_stream(struct cdc_err *err, const char *sqlstate, const char *message);

#endif
