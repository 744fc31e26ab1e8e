/* Small questions that check and setup ask a server. */
#ifndef MYSQL_PROBE_H
#define MYSQL_PROBE_H

#include "cdc/source.h"

#include "server.h"

/* The first value of the first row, appended to `out`; *found says whether there was one that is not NULL. */
int my_probe_text(struct my_client *client, const char *sql, struct cdc_buf *out, bool *found,
                  struct cdc_err *err) CDC_MUST_CHECK;
/* The same as a number; 0 when there is none or it may not be asked for. */
uint64_t my_probe_number(struct my_client *client, const char *sql);
/* Whether a statement succeeds. */
bool my_probe_works(struct my_client *client, const char *sql, struct cdc_err *why);

/*
 * The account as grants name it, "'tributary'@'localhost'", appended: as the server sees it, or as it should be called if `client` is
 * NULL or is not told.
 */
int my_probe_account(struct my_client *client, const struct cdc_source_config *config,
                     struct cdc_buf *account, struct cdc_err *err) CDC_MUST_CHECK;

/* "`shop`.`orders`" */
void my_probe_put_table(struct cdc_buf *sql, const struct cdc_table_ref *table);
/* Whether the account may read the table; *missing: it does not exist. */
bool my_probe_may_read(struct my_client *client, const struct cdc_table_ref *table, bool *missing,
                       struct cdc_err *why);
/* A number that nobody else is likely to use, made from ours. */
#define MY_PROBE_NUMBER(server_id) ((server_id) ^ UINT32_C(0x5a000000))
/* Whether the account may replicate. A passing registration under another number, so that a running agent is not disturbed. */
bool my_probe_may_replicate(struct my_client *client, uint32_t server_id, struct cdc_err *why);

/*
 * What another replica that uses `server_id` calls itself, appended to `holder`, which stays empty when there is none, or when the
 * server does not let the account ask: MySQL does, MariaDB wants the privilege REPLICATION MASTER ADMIN. `ours`: what we call
 * ourselves. *told: the server has answered; may be NULL.
 */
int my_probe_server_id(struct my_client *client, const struct my_server *server, uint32_t server_id,
                       const char *ours, struct cdc_buf *holder, bool *told,
                       struct cdc_err *err) CDC_MUST_CHECK;

/* Whether changes that foreign keys cascade to are in the binlog: InnoDB kept them to itself before MySQL 9.6. */
bool my_probe_logs_cascades(const struct my_server *server);

#endif
