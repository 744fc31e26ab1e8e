/*
 * What client.c (connections, queries) and client_dump.c (the binlog) share: together they are the one wrapper of the client
 * library, and nobody else includes this.
 */
#ifndef MYSQL_CLIENT_IMPL_H
#define MYSQL_CLIENT_IMPL_H

#include "client.h"

#include <pthread.h>

#include <mysql.h>
#include <errmsg.h>

struct my_client {
    const struct cdc_source_config *config;
    MYSQL *mysql;
    bool encrypted;
    uint64_t bytes;
    unsigned number;       /* of the server's last failure */
    struct cdc_slice held; /* an event that my_client_wait() has read */
    bool has_held;
    pthread_mutex_t
        lock; /* guards what follows: interrupt() must not shut down a closed and reused descriptor */
    int fd;   /* -1: not connected */
    bool interrupted;
#ifndef LIBMARIADB
    MYSQL_RPL rpl;
    bool dumping;
    struct cdc_slice gtids;
#endif
};

/* Classes the library's last error. Returns -1. */
int my_client_fail(struct my_client *client, struct cdc_err *err, const char *doing);
/* Frees what a dump holds, before the connection is closed. */
void my_client_end_dump(struct my_client *client);

#endif
