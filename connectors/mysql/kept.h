/* How much binlog a server keeps, and for how long, asked once a minute. */
#ifndef MYSQL_KEPT_H
#define MYSQL_KEPT_H

#include "catalog_server.h"

/* What SHOW BINARY LOGS needs; MariaDB knows it as another word for BINLOG MONITOR. */
#define MY_KEPT_RIGHT "REPLICATION CLIENT"

/* Zeroed: not asked yet. */
struct my_kept {
    int64_t asked_ms;
    uint64_t bytes;  /* 0: not known */
    int64_t keep_ms; /* after the last write to it a log may go; 0: never by itself, or not known */
};

/* Asks: the bytes of all logs. -1: CDC_ERR_DENIED without the right, or another error. */
int my_kept_ask(struct my_catalog_server *catalog, uint64_t *bytes, struct cdc_err *err) CDC_MUST_CHECK;
/* Asks after how many ms a log may go; 0: never by itself. Any account may ask. */
int my_kept_ask_time(struct my_catalog_server *catalog, int64_t *keep_ms, struct cdc_err *err) CDC_MUST_CHECK;
/* Asks if it is due. What goes wrong makes the number one that is not known; `check` says why. */
void my_kept_turn(struct my_kept *kept, struct my_catalog_server *catalog, int64_t now_ms);

#endif
