/* Tables of character sets, as a server has them. */
#ifndef MYSQL_CHARSET_SERVER_H
#define MYSQL_CHARSET_SERVER_H

#include "charset.h"
#include "client.h"

/* Fills the tables that the set wants, over an open connection. */
int my_charset_server_fill(struct my_client *client, struct my_charset *charset,
                           struct cdc_err *err) CDC_MUST_CHECK;

#endif
