/* What a server is and how it is set up. */
#ifndef MYSQL_SERVER_H
#define MYSQL_SERVER_H

#include "cdc/buf.h"

#include "client.h"
#include "position.h"

#define MY_SERVER_TEXT 80

struct my_server {
    char version[MY_SERVER_TEXT];
    unsigned number; /* 101119 for 10.11.19, 80036 for 8.0.36 */
    bool mariadb;
    char uuid[MY_SERVER_TEXT]; /* MySQL */
    char hostname[MY_SERVER_TEXT];
    uint32_t server_id;
    bool log_bin, checksums, partial_json;
    char binlog_format[MY_SERVER_TEXT], row_image[MY_SERVER_TEXT], row_metadata[MY_SERVER_TEXT];
    char gtid_mode[MY_SERVER_TEXT]; /* MySQL */
    unsigned lower_case_names;
    double expire_s; /* 0: logs are kept for ever */
};

/* Asks an open connection. */
int my_server_read(struct my_client *client, struct my_server *server, struct cdc_err *err) CDC_MUST_CHECK;
/* Whether transactions are counted by GTIDs. */
bool my_server_has_gtids(const struct my_server *server);
/* The value of one global variable in `out`. *found false, and no error, when the server has no such variable. */
int my_server_variable(struct my_client *client, const char *name, struct cdc_buf *out, bool *found,
                       struct cdc_err *err) CDC_MUST_CHECK;
/* The same of MySQL's that hold GTIDs: gtid_executed, gtid_purged, gtid_owned (without who owns them). */
int my_server_gtids(struct my_client *client, const char *name, struct my_gtid_set *set,
                    struct cdc_err *err) CDC_MUST_CHECK;
/* The log that is being written and its end: needs REPLICATION CLIENT (MariaDB: BINLOG MONITOR). */
int my_server_log_end(struct my_client *client, const struct my_server *server, struct cdc_buf *name,
                      uint64_t *offset, struct cdc_err *err) CDC_MUST_CHECK;
/* Where the binlog ends now, into an empty position: by GTIDs where there are any, else by my_server_log_end(). */
int my_server_position(struct my_client *client, const struct my_server *server, struct my_position *position,
                       struct cdc_err *err) CDC_MUST_CHECK;

#endif
