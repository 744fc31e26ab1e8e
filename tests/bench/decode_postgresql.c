/*
 * The decoding of PostgreSQL's stream alone, from CopyData messages in memory to items: for budget.sh, which counts the instructions
 * of a row under valgrind. The connector as the agent uses it, over a libpq wrapper that gives out the messages of one transaction
 * again and again (the Makefile links it with --wrap=pq_copy_get).
 *
 *     decode_postgresql ROWS SIZE
 *
 * ROWS updates of a reservation, SIZE of them in a transaction. Each brings the row as it was and as it is, five columns, all wanted.
 */
#include <stdio.h>
#include <stdlib.h>

#include "postgresql/pgstream.h"

enum { RELATION = 16385, INT4 = 23, BPCHAR = 1042, XLOG_HEADER = 1 + 24, COLUMNS = 5, SIZE_MAX_ROWS = 1000 };

struct transaction {
    struct cdc_buf relation, begin, update, commit;
    unsigned long size, place; /* place: of the next message; 0: its BEGIN */
    bool announced;
    uint64_t lsn;
};

static struct transaction transaction; /* the wrapper has no place for it */

static void require(int rc, const struct cdc_err *err)
{
    if (rc == 0)
        return;
    fprintf(stderr, "decode_postgresql: %s %s\n", err->message, err->hint);
    exit(1);
}

static void put_be(struct cdc_buf *out, uint64_t value, unsigned bytes)
{
    while (bytes--)
        cdc_buf_putc(out, (char)(value >> (8 * bytes)));
}

static void put_text(struct cdc_buf *out, const char *text)
{
    cdc_buf_put(out, text, strlen(text) + 1);
}

static void put_head(struct cdc_buf *out, char type)
{
    cdc_buf_putc(out, 'w');
    put_be(out, 0, 8 + 8);
    put_be(out, 0, 8);
    cdc_buf_putc(out, type);
}

static void put_tuple(struct cdc_buf *out, char kind, const char *const values[COLUMNS])
{
    cdc_buf_putc(out, kind);
    put_be(out, COLUMNS, 2);
    for (int i = 0; i < COLUMNS; i++) {
        cdc_buf_putc(out, 't');
        put_be(out, strlen(values[i]), 4);
        cdc_buf_puts(out, values[i]);
    }
}

static void make_relation(struct cdc_buf *out)
{
    static const char *const names[COLUMNS] = {"id", "member_no", "screening_id", "state", "price_pence"};

    put_head(out, 'R');
    put_be(out, RELATION, 4);
    put_text(out, "public");
    put_text(out, "reservation");
    cdc_buf_putc(out, 'f');
    put_be(out, COLUMNS, 2);
    for (int i = 0; i < COLUMNS; i++) {
        cdc_buf_putc(out, 1);
        put_text(out, names[i]);
        put_be(out, i == 3 ? BPCHAR : INT4, 4);
        put_be(out, UINT32_MAX, 4);
    }
}

static void make_update(struct cdc_buf *out)
{
    static const char *const old[COLUMNS] = {"4711", "723", "78", "H", "831"};
    static const char *const new[COLUMNS] = {"4711", "723", "78", "C", "881"};

    put_head(out, 'U');
    put_be(out, RELATION, 4);
    put_tuple(out, 'O', old);
    put_tuple(out, 'N', new);
}

/* Positions are filled in each time. */
static void make_ends(struct cdc_buf *begin, struct cdc_buf *commit)
{
    put_head(begin, 'B');
    put_be(begin, 0, 8);
    put_be(begin, 817000000000000, 8);
    put_be(begin, 731, 4);
    put_head(commit, 'C');
    put_be(commit, 0, 1 + 8 + 8);
    put_be(commit, 817000000000000, 8);
}

static void set_lsn(struct cdc_buf *message, size_t at, uint64_t lsn)
{
    for (int i = 0; i < 8; i++)
        message->data[XLOG_HEADER + at + (size_t)i] = (char)(lsn >> (56 - 8 * i));
}

static struct cdc_slice next_message(struct transaction *t)
{
    unsigned long place = t->place++;

    if (place == 0) {
        t->lsn += 0x98;
        set_lsn(&t->begin, 1, t->lsn);
        return cdc_buf_slice(&t->begin);
    }
    if (place <= t->size)
        return cdc_buf_slice(&t->update);
    set_lsn(&t->commit, 2, t->lsn);
    set_lsn(&t->commit, 10, t->lsn + 0x30);
    t->place = 0;
    return cdc_buf_slice(&t->commit);
}

int __wrap_pq_copy_get(struct pq *pq, struct cdc_slice *message, struct cdc_err *err);
int __wrap_pq_copy_get(struct pq *pq, struct cdc_slice *message, struct cdc_err *err)
{
    (void)pq;
    (void)err;
    *message = transaction.announced ? next_message(&transaction) : cdc_buf_slice(&transaction.relation);
    transaction.announced = true;
    return 1;
}

int __wrap_pq_copy_start(struct pq *pq, const char *command, int timeout_ms, struct cdc_err *err);
int __wrap_pq_copy_start(struct pq *pq, const char *command, int timeout_ms, struct cdc_err *err)
{
    (void)pq;
    (void)command;
    (void)timeout_ms;
    (void)err;
    return 0;
}

static void want_all(const struct cdc_item *item)
{
    for (uint32_t i = 0; i < item->relation->ncolumns; i++)
        item->relation->columns[i].wanted = true;
}

static unsigned long decode(struct pgstream *stream, unsigned long rows)
{
    unsigned long seen = 0, commits = 0;
    struct cdc_item item = {.type = CDC_ITEM_NONE};
    struct cdc_err err;

    while (seen < rows || item.type != CDC_ITEM_COMMIT) {
        require(pgstream_next(stream, &item, &err), &err);
        if (item.type == CDC_ITEM_RELATION)
            want_all(&item);
        seen += item.type == CDC_ITEM_ROW;
        commits += item.type == CDC_ITEM_COMMIT;
    }
    return commits;
}

int main(int argc, char **argv)
{
    unsigned long rows = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
    struct cdc_source_config config = {.slot = "bench", .publication = "bench", .heartbeat_ms = 1000000};
    struct pgside side = {0};
    struct pgstream *stream;
    struct cdc_err err;

    transaction.size = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    if (!rows || transaction.size < 1 || transaction.size > SIZE_MAX_ROWS) {
        fprintf(stderr, "usage: decode_postgresql ROWS SIZE\n");
        return 64;
    }
    make_relation(&transaction.relation);
    make_update(&transaction.update);
    make_ends(&transaction.begin, &transaction.commit);
    stream = pgstream_new(&(struct pgstream_params){&config, &side, -1});
    if (!stream)
        abort();
    require(pgstream_start(stream, NULL, 1, 1, 0, &err), &err);
    printf("%lu rows, %lu transactions\n", rows, decode(stream, rows));
    pgstream_free(stream);
    cdc_buf_fini(&transaction.relation);
    cdc_buf_fini(&transaction.begin);
    cdc_buf_fini(&transaction.update);
    cdc_buf_fini(&transaction.commit);
    return 0;
}
