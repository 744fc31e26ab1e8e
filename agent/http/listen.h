/* The socket that http.listen names. */
#ifndef HTTP_LISTEN_H
#define HTTP_LISTEN_H

#include <stdbool.h>

#include "cdc/err.h"

/* "127.0.0.1:9187", "[::1]:9187", "host:9187" (checked by the configuration). A listening descriptor, or -1: CDC_ERR_RETRY. */
int listen_open(const char *where, struct cdc_err *err) CDC_MUST_CHECK;
/* Whether only this host can reach it. */
bool listen_is_local(const char *where);

#endif
