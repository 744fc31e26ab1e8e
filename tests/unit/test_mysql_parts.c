/*
 * Recorded events that are read in parts (summed.h), compressed ones among them: the same items as if they were whole, and no damage to
 * any byte goes through.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include "cdc/log.h"

#include "lib/mysql_record.h"

TestSuite(mysql_parts);

enum { HEAD = 36, HOLD_ALL = 1 << 20 };

static char bytes[1 << 16];

static struct cdc_slice load(const char *name)
{
    char path[512];
    FILE *file;
    size_t n;

    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/binlog/%s", TEST_TREE, name);
    file = fopen(path, "rb");
    cr_assert(file, "%s", path);
    n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    cdc_log_init(CDC_LOG_ERROR, CDC_LOG_TEXT, "");
    return cdc_slice(bytes, n);
}

static bool comes_in_parts(struct cdc_slice event)
{
    uint8_t type = (uint8_t)event.ptr[4];

    return (my_rows_is(type) || type == MY_EVENT_PAYLOAD) && event.len > HEAD + MY_EVENT_CRC;
}

/* What is left of the event; `damaged`: where a bit has been turned. */
struct tail {
    struct cdc_slice left;
    const char *damaged;
};

static int read_tail(void *ctx, void *to, size_t n, struct cdc_err *err)
{
    struct tail *tail = ctx;

    if (n > tail->left.len)
        return cdc_err_set(err, CDC_ERR_FATAL, "more is read than there is");
    if (to && n)
        memcpy(to, tail->left.ptr, n);
    if (to && tail->damaged >= tail->left.ptr && tail->damaged < tail->left.ptr + n)
        ((char *)to)[tail->damaged - tail->left.ptr] ^= 4;
    tail->left = cdc_slice(tail->left.ptr + n, tail->left.len - n);
    return 0;
}

/* Items of a record; those events that come in parts are counted, and their number may be asked for. */
struct run {
    const char *damaged;
    struct cdc_slice part; /* the newest of them */
    unsigned parts;
    unsigned commits, commits_before; /* before the damaged event came */
};

static int feed(struct run *run, struct mysql_record *record, struct cdc_slice event, struct cdc_buf *out,
                struct cdc_err *err)
{
    struct tail tail = {cdc_slice(event.ptr + HEAD, event.len - HEAD), run->damaged};
    struct my_rest rest = {.read = read_tail, .ctx = &tail, .left = event.len - HEAD};
    struct cdc_item item;

    if (run->damaged >= event.ptr && run->damaged < event.ptr + event.len)
        run->commits_before = run->commits;
    if (comes_in_parts(event)) {
        run->parts++;
        my_decoder_feed_part(record->decoder, cdc_slice(event.ptr, HEAD), &rest);
    } else {
        my_decoder_feed(record->decoder, event);
    }
    do {
        if (my_decoder_next(record->decoder, &item, err))
            return -1;
        run->commits += item.type == CDC_ITEM_COMMIT;
        mysql_items_print(&item, out);
    } while (item.type != CDC_ITEM_NONE);
    return 0;
}

static int go(struct run *run, struct cdc_slice whole, struct cdc_buf *out, struct cdc_err *err)
{
    struct mysql_record record;
    struct cdc_slice event;
    int rc = 0;

    *err = (struct cdc_err){0};
    cdc_buf_reset(out);
    cr_assert(mysql_record_open(&record, whole, HOLD_ALL));
    while (rc == 0 && mysql_record_event(&record, &event)) {
        rc = feed(run, &record, event, out, err);
        if (rc == 0 && my_decoder_wants_restart(record.decoder)) {
            record.left = record.group;
            rc = my_decoder_restart(record.decoder, err);
        }
    }
    mysql_record_close(&record);
    return rc;
}

static struct cdc_buf as_whole(struct cdc_slice whole)
{
    struct mysql_record record;
    struct cdc_buf out = {0};
    struct cdc_err err;

    cr_assert(mysql_record_open(&record, whole, HOLD_ALL));
    (void)!mysql_record_run(&record, &out, &err); /* it may end with a gap, as recorded */
    mysql_record_close(&record);
    return out;
}

static const char *const names[] = {"mariadb10", "mariadb11", "mysql9"};

Test(mysql_parts, the_items_are_those_of_the_whole_event)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct cdc_slice whole = load(names[i]);
        struct cdc_buf expected = as_whole(whole), out = {0};
        struct run run = {0};
        struct cdc_err err;

        (void)!go(&run, whole, &out, &err);
        cr_expect_gt(run.parts, 5, "%s: %u", names[i], run.parts);
        cr_expect_str_eq(cdc_buf_str(&out), cdc_buf_str(&expected), "%s: %s", names[i], err.message);
        cdc_buf_fini(&out);
        cdc_buf_fini(&expected);
    }
}

/* Also of a byte that nobody needs, as there are behind compressed ones. */
static void damage(struct cdc_slice whole, struct cdc_slice event)
{
    struct cdc_buf out = {0};
    struct cdc_err err;

    for (size_t at = HEAD; at<event.len; at += event.len - at> 12 ? 5 : 1) {
        struct run run = {.damaged = event.ptr + at};

        cr_assert_eq(go(&run, whole, &out, &err), -1, "byte %zu of %zu, type %u", at, event.len,
                     (unsigned char)event.ptr[4]);
        cr_assert_eq(err.class, CDC_ERR_RETRY, "byte %zu of %zu, type %u: %s", at, event.len,
                     (unsigned char)event.ptr[4], err.message);
        cr_assert_eq(run.commits, run.commits_before, "byte %zu of %zu", at, event.len);
    }
    cdc_buf_fini(&out);
}

Test(mysql_parts, a_damaged_byte_is_noticed_before_the_commit)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct cdc_slice whole = load(names[i]), event;
        struct mysql_record record = {.left = {whole.ptr + 1, whole.len - 1}};

        while (mysql_record_event(&record, &event))
            if (comes_in_parts(event))
                damage(whole, event);
    }
}
