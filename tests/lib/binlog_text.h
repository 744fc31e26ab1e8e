/*
 * A private server's binlogs as the server's own tool reads them (mariadb-binlog -v): the witness of what was committed, and
 * in which order, that shares no code with the agent. Failures end the test.
 */
#ifndef TESTS_LIB_BINLOG_TEXT_H
#define TESTS_LIB_BINLOG_TEXT_H

#include <stddef.h>

#include "lib/server_mariadb.h"

enum { BINLOG_TEXT_COLUMNS = 8, BINLOG_TEXT_VALUE = 256, BINLOG_TEXT_NAME = 64 };

struct binlog_image {
    size_t n;                                            /* columns; 0: there is no such image */
    char values[BINLOG_TEXT_COLUMNS][BINLOG_TEXT_VALUE]; /* without quotes */
};

/* One row change. */
struct binlog_change {
    char table[BINLOG_TEXT_NAME]; /* without the database */
    struct binlog_image before, after;
};

/* Calls `each` for every row change in all logs that the server has, in order of commit. It lives until `each` returns. */
void binlog_text_each(struct server_mariadb *server,
                      void (*each)(void *ctx, const struct binlog_change *change), void *ctx);

#endif
