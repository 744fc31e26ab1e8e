/*
 * The decoding of MariaDB's binlog alone, from packets in memory to items: for budget.sh, which counts the instructions of a row
 * under valgrind.
 *
 *     decode_mariadb ROWS 1|100
 *
 * ROWS updates of a reservation, five columns, one or a hundred in a transaction, from tests/bench/reservation.binlog: what a
 * MariaDB 10.11 wrote (see lib/mysql_record.h for the form), of which the one transaction or the other is decoded again and again.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/mysql_record.h"

static char bytes[1 << 14];

static void require(int rc, const struct cdc_err *err)
{
    if (rc == 0)
        return;
    fprintf(stderr, "decode_mariadb: %s %s\n", err->message, err->hint);
    exit(1);
}

static struct cdc_slice load(void)
{
    FILE *file = fopen(TEST_TREE "/tests/bench/reservation.binlog", "rb");
    size_t n = file ? fread(bytes, 1, sizeof bytes, file) : 0;

    if (file)
        fclose(file);
    return cdc_slice(bytes, n);
}

struct seen {
    unsigned long rows, commits;
};

static void take(const struct cdc_item *item, struct seen *seen)
{
    if (item->type == CDC_ITEM_RELATION)
        for (uint32_t i = 0; i < item->relation->ncolumns; i++)
            item->relation->columns[i].wanted = true;
    seen->rows += item->type == CDC_ITEM_ROW;
    seen->commits += item->type == CDC_ITEM_COMMIT;
}

/* Feeds the next event; false when there is none. */
static bool step(struct mysql_record *record, struct seen *seen)
{
    struct cdc_slice event;
    struct cdc_item item;
    struct cdc_err err;

    if (!mysql_record_event(record, &event))
        return false;
    my_decoder_feed(record->decoder, event);
    do {
        require(my_decoder_next(record->decoder, &item, &err), &err);
        take(&item, seen);
    } while (item.type != CDC_ITEM_NONE);
    return true;
}

/* Goes through the record once; returns its last transaction of so many rows. */
static struct cdc_slice find(struct mysql_record *record, unsigned long size)
{
    struct seen seen = {0}, before = {0};
    struct cdc_slice found = {NULL, 0};

    while (step(record, &seen)) {
        if (seen.commits == before.commits)
            continue;
        if (seen.rows - before.rows == size)
            found = cdc_slice(record->group.ptr, (size_t)(record->left.ptr - record->group.ptr));
        before = seen;
    }
    return found;
}

int main(int argc, char **argv)
{
    unsigned long rows = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
    struct cdc_slice transaction;
    struct mysql_record record;
    struct seen seen = {0};

    if (!rows) {
        fprintf(stderr, "usage: decode_mariadb ROWS 1|100\n");
        return 64;
    }
    if (!mysql_record_open(&record, load(), 1 << 20))
        abort();
    transaction = find(&record, strtoul(argv[2], NULL, 10));
    if (!transaction.len) {
        fprintf(stderr, "decode_mariadb: the record has no transaction of %s rows\n", argv[2]);
        return 64;
    }
    while (seen.rows < rows) {
        record.left = transaction;
        while (step(&record, &seen))
            ;
    }
    printf("%lu rows, %lu transactions\n", seen.rows, seen.commits);
    mysql_record_close(&record);
    return 0;
}
