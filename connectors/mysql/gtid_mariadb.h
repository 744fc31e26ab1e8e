/*
 * MariaDB's GTIDs: domain-server-sequence ("0-101-38"). A position is a list with the last transaction of each domain; a server's
 * binlog state is a list with the last one of each domain and server. Zeroed is empty and valid.
 */
#ifndef MYSQL_GTID_MARIADB_H
#define MYSQL_GTID_MARIADB_H

#include <stdint.h>

#include "cdc/buf.h"
#include "cdc/err.h"
#include "cdc/slice.h"

struct my_mgtid {
    uint32_t domain, server;
    uint64_t sequence;
};

struct my_mgtid_list {
    struct my_mgtid *items; /* ascending by domain, then server */
    size_t n, cap;
};

void my_mgtid_list_fini(struct my_mgtid_list *list);
void my_mgtid_list_clear(struct my_mgtid_list *list);
int my_mgtid_list_copy(struct my_mgtid_list *to, const struct my_mgtid_list *from) CDC_MUST_CHECK;
bool my_mgtid_list_equal(const struct my_mgtid_list *a, const struct my_mgtid_list *b);

/* As a position: the transaction becomes its domain's last one. -1: out of memory. */
int my_mgtid_list_advance(struct my_mgtid_list *list, struct my_mgtid gtid) CDC_MUST_CHECK;
/* As a position: whether the transaction lies at or before it. */
bool my_mgtid_list_covers(const struct my_mgtid_list *list, struct my_mgtid gtid);
/* As positions: whether all of `part` lies at or before `list`. */
bool my_mgtid_list_contains(const struct my_mgtid_list *list, const struct my_mgtid_list *part);
/* As positions: the later of both in each domain. */
int my_mgtid_list_union(struct my_mgtid_list *to, const struct my_mgtid_list *from) CDC_MUST_CHECK;
/* As positions: drops from `from` the domains that `what` covers. */
void my_mgtid_list_subtract(struct my_mgtid_list *from, const struct my_mgtid_list *what);
/* As a binlog state: whether this very server wrote a transaction of this domain up to at least this number. */
bool my_mgtid_list_wrote(const struct my_mgtid_list *state, struct my_mgtid gtid);

/* Replaces the list. `position`: one entry per domain is allowed, else one per domain and server. */
int my_mgtid_list_parse(struct my_mgtid_list *list, bool position, struct cdc_slice text,
                        struct cdc_err *err) CDC_MUST_CHECK;
void my_mgtid_list_print(const struct my_mgtid_list *list, struct cdc_buf *out);
/* One GTID, all of the text. */
int my_mgtid_parse(struct my_mgtid *gtid, struct cdc_slice text, struct cdc_err *err) CDC_MUST_CHECK;
void my_mgtid_print(struct my_mgtid gtid, struct cdc_buf *out);

#endif
