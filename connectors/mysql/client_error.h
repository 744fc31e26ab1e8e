/* What a server's or the library's error number means for the agent: class and remedy. */
#ifndef MYSQL_CLIENT_ERROR_H
#define MYSQL_CLIENT_ERROR_H

#include "cdc/err.h"

/* Sets `err` from the number and text of a failure while `doing` something ("reading the binlog"). Returns -1. */
int my_client_error_set(struct cdc_err *err, unsigned number, const char *text, const char *doing);

#endif
