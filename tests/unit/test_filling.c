/*
 * Where batches may be cut. Records are one letter each; their txlast mark is the letter itself, made upper case. So a cut reads
 * like "abC|d": what went, and what stayed.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <ctype.h>

#include "pipeline/filling.h"

static struct queue queue;
static struct filling filling;
static char shown[200];

/* The rest begins with a '=' that counts for nothing, as a sink's own head would. */
static int split(const struct cdc_buf *body, size_t at, struct cdc_buf *rest, size_t *begin)
{
    cdc_buf_putc(rest, '=');
    *begin = rest->len;
    cdc_buf_put(rest, body->data + at, body->len - at);
    return 0;
}

static size_t letters(const struct cdc_buf *body)
{
    return body->len - (body->len && body->data[0] == '=');
}

static void init(void)
{
    struct cdc_checkpoint from = {0};

    queue_init(&queue, 1 << 20);
    filling_init(&filling, &queue, split);
    cr_assert_eq(filling_restart(&filling, &from, 1), 0);
    cr_assert_eq(filling_ready(&filling), 0);
}

static void fini(void)
{
    filling_fini(&filling);
    queue_fini(&queue);
}

static void begin(const char *id)
{
    cr_assert_eq(filling_ready(&filling), 0);
    cr_assert_eq(filling_begin_tx(&filling, cdc_slice_str(id)), 0);
}

/* One row change that makes these records. */
static void row(uint64_t ordinal, const char *records)
{
    cr_assert_eq(filling_ready(&filling), 0);
    filling_begin_row(&filling, ordinal);
    for (; *records; records++) {
        size_t last = filling.batch->body.len;
        cdc_buf_putc(&filling.batch->body, *records);
        filling_added(&filling, last);
    }
}

static void mark(struct cdc_buf *body, size_t last)
{
    body->data[last] = (char)toupper(body->data[last]);
}

static void commit(const char *position)
{
    cr_assert_eq(filling_ready(&filling), 0);
    cr_assert_eq(filling_commit(&filling, cdc_slice_str(position), mark), 0);
}

/* "records @position open_tx:ordinal | rest" */
static const char *cut(bool force)
{
    struct cdc_batch *batch;

    cr_assert_eq(filling_cut(&filling, force, &batch), 0);
    if (!batch)
        return "nothing";
    cr_assert_eq(batch->records, letters(&batch->body));
    snprintf(shown, sizeof shown, "%.*s @%.*s %.*s:%d | %.*s", CDC_ARG(cdc_buf_slice(&batch->body)),
             CDC_ARG(cdc_buf_slice(&batch->position)), CDC_ARG(cdc_buf_slice(&batch->open_tx)),
             (int)batch->ordinal, filling.batch ? (int)filling.batch->body.len : 0,
             filling.batch ? filling.batch->body.data : "");
    if (filling.batch)
        cr_assert_eq(filling.batch->records, letters(&filling.batch->body));
    queue_discard(&queue, batch);
    return shown;
}

Test(filling, complete_transactions_go_whole, .init = init, .fini = fini)
{
    begin("T1");
    row(1, "a");
    row(2, "b");
    commit("P1");
    begin("T2");
    row(1, "c");
    commit("P2");
    cr_assert_str_eq(cut(false), "aBC @P2 :0 | ");
    cr_assert_str_eq(cut(false), "nothing");
}

Test(filling, an_unfinished_transaction_stays, .init = init, .fini = fini)
{
    begin("T1");
    row(1, "a");
    commit("P1");
    begin("T2");
    row(1, "b");
    row(2, "c");
    cr_assert_str_eq(cut(false), "A @P1 :0 | =bc");
    row(3, "d");
    commit("P2");
    cr_assert_str_eq(cut(false), "=bcD @P2 :0 | ");
}

Test(filling, a_large_transaction_goes_in_pieces_without_its_newest_row, .init = init, .fini = fini)
{
    begin("T1");
    row(1, "a");
    cr_assert_str_eq(cut(false), "nothing");
    row(2, "b");
    row(3, "cd");
    cr_assert_str_eq(cut(false), "ab @ T1:2 | =cd");
    row(4, "e");
    cr_assert_str_eq(cut(false), "=cd @ T1:3 | =e");
    commit("P1");
    cr_assert_str_eq(cut(false), "=E @P1 :0 | ");
}

Test(filling, rows_without_records_move_the_ordinal_only, .init = init, .fini = fini)
{
    begin("T1");
    row(1, "a");
    row(2, "");
    row(3, "b");
    row(4, "");
    cr_assert_str_eq(cut(false), "a @ T1:2 | =b");
    commit("P1");
    cr_assert_str_eq(cut(false), "=B @P1 :0 | ");
}

Test(filling, forced_everything_goes, .init = init, .fini = fini)
{
    begin("T1");
    row(1, "a");
    commit("P1");
    begin("T2");
    row(1, "b");
    row(2, "c");
    cr_assert_str_eq(cut(true), "Abc @P1 T2:2 | ");
    row(3, "d");
    commit("P2");
    cr_assert_str_eq(cut(false), "D @P2 :0 | ");
}

Test(filling, transactions_of_no_interest_move_the_position, .init = init, .fini = fini)
{
    begin("T1");
    commit("P1");
    cr_assert_not(filling_has_complete(&filling));
    cr_assert_str_eq(cut(false), " @P1 :0 | ");
    begin("T2");
    row(1, "");
    commit("P2");
    begin("T3");
    row(1, "a");
    cr_assert_not(filling_has_complete(&filling));
    row(2, "b");
    cr_assert_str_eq(cut(false), "a @P2 T3:1 | =b");
}

Test(filling, a_reconnect_resumes_behind_what_was_filled, .init = init, .fini = fini)
{
    struct cdc_checkpoint at = {0};

    begin("T1");
    row(1, "a");
    commit("P1");
    begin("T2");
    row(1, "b");
    row(2, "");
    cr_assert_eq(filling_checkpoint(&filling, &at), 0);
    cr_assert_str_eq(cdc_buf_str(&at.position), "P1");
    cr_assert_str_eq(cdc_buf_str(&at.open_tx), "T2");
    cr_assert_eq(at.ordinal, 2);
    cdc_checkpoint_fini(&at);
}

Test(filling, a_restart_forgets_and_takes_the_checkpoint, .init = init, .fini = fini)
{
    struct cdc_checkpoint from = {.ordinal = 7};

    begin("T1");
    row(1, "a");
    cdc_buf_puts(&from.position, "P8");
    cdc_buf_puts(&from.open_tx, "T9");
    cr_assert_eq(filling_restart(&filling, &from, 2), 0);
    row(8, "x");
    row(9, "y");
    cr_assert_str_eq(cut(false), "x @P8 T9:8 | =y");
    cdc_checkpoint_fini(&from);
}
