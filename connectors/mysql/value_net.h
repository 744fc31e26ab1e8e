/* MariaDB's UUID, INET4 and INET6 columns, which the binlog has as plain bytes. */
#ifndef MYSQL_VALUE_NET_H
#define MYSQL_VALUE_NET_H

#include "value.h"

void my_value_address(enum my_meaning meaning, struct cdc_slice bytes, struct my_value_space *space,
                      struct cdc_value *value);
/* The server's text of an IPv6 address in the form that the binlog's bytes get. */
void my_value_inet6(struct cdc_slice text, struct my_value_space *space, struct cdc_value *value);

#endif
