/*
 * Where in a binlog a reader stands, in one of three forms, and its text, which is what checkpoints keep:
 *
 *   mysql:<GTID set>          every transaction that has been read (less the held ones: the server sends those again)
 *   mariadb:<GTID list>       the last transaction of each domain
 *   file:<name>:<offset>      for servers without GTIDs
 *
 * followed by any of
 *
 *   ;held=<id>,<id>           XA transactions that were prepared before the position and are not decided yet
 *   ;from=<list or name:offset>   where to read from so as to get them again (MariaDB, file)
 *   ;log=<name>/<created>/<server id>   which log the last transaction was read from and when that log was begun; tells a
 *                             server whose logs were reset from the one that was read, where names and numbers repeat
 */
#ifndef MYSQL_POSITION_H
#define MYSQL_POSITION_H

#include "gtid.h"
#include "gtid_mariadb.h"

#define MY_LOG_NAME 255  /* longest binlog file name */
#define MY_HELD_MAX 1000 /* XA transactions that may be prepared and undecided at a time */

enum my_position_form { MY_POSITION_NONE, MY_POSITION_FILE, MY_POSITION_MYSQL, MY_POSITION_MARIADB };

struct my_log_place {
    char name[MY_LOG_NAME + 1];
    uint64_t offset;
};

/* Names a transaction: which of the members counts is for the form to say. */
struct my_txid {
    enum my_position_form form;
    struct my_gtid gtid;
    struct my_mgtid mgtid;
    struct my_log_place place; /* of its first event */
};

struct my_held {
    struct my_txid id;
    struct my_mgtid_list before; /* MariaDB: the position before it */
};

struct my_log_mark {
    char name[MY_LOG_NAME + 1]; /* "": not known */
    uint32_t created, server_id;
    char text[MY_LOG_NAME + 32]; /* as it is printed, once and for all */
    size_t text_len;
};

/* Zeroed is empty and valid. */
struct my_position {
    enum my_position_form form;
    struct my_gtid_set set;
    struct my_mgtid_list list;
    struct my_log_place place;
    struct my_log_mark mark;
    struct my_held *held; /* in the order of their prepares */
    size_t nheld, held_cap;
};

void my_position_fini(struct my_position *position);
int my_position_copy(struct my_position *to, const struct my_position *from) CDC_MUST_CHECK;

/* The empty text gives the form NONE. CONFIG when malformed. */
int my_position_parse(struct my_position *position, struct cdc_slice text,
                      struct cdc_err *err) CDC_MUST_CHECK;
void my_position_print(const struct my_position *position, struct cdc_buf *out);
/* The same, of a position without held transactions whose set or list has been printed already: it is `main`. */
void my_position_print_as(const struct my_position *position, struct cdc_slice main, struct cdc_buf *out);
/* <0, 0, >0; forms that cannot be compared, and sets neither of which contains the other, count as equal. */
int my_position_compare(const struct my_position *a, const struct my_position *b);

/* The transaction is read to its end, which in file form is `end`. */
int my_position_advance(struct my_position *position, const struct my_txid *id,
                        const struct my_log_place *end) CDC_MUST_CHECK;
/* The transaction, which must not have been advanced over yet, is prepared and waits for its decision. */
int my_position_hold(struct my_position *position, const struct my_txid *id) CDC_MUST_CHECK;
void my_position_release(struct my_position *position, const struct my_txid *id);
bool my_position_holds(const struct my_position *position, const struct my_txid *id);
/* Whether the transaction, of the same form, lies before the position. */
bool my_position_covers(const struct my_position *position, const struct my_txid *id);

void my_log_mark_set(struct my_log_mark *mark, const char *name, uint32_t created, uint32_t server_id);
bool my_txid_equal(const struct my_txid *a, const struct my_txid *b);
/* "uuid:7", "0-101-38", "bin.000003:1234" */
void my_txid_print(const struct my_txid *id, struct cdc_buf *out);
/* CONFIG when it is not that of a transaction in this form. */
int my_txid_parse(enum my_position_form form, struct cdc_slice text, struct my_txid *id,
                  struct cdc_err *err) CDC_MUST_CHECK;
/* Binlog names end in a number that grows: <0, 0, >0. */
int my_log_place_compare(const struct my_log_place *a, const struct my_log_place *b);
int my_log_name_compare(const char *a, const char *b);

#endif
