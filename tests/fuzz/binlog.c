/*
 * Whatever bytes a server sends: the decoder must neither crash nor hang nor grow without limit. The input is a recorded stream
 * (lib/mysql_record.h); sizes and checksums in the events are put right before they are decoded, so that changes of their content
 * get behind those checks. The last byte decides whether events are fed whole or, as large ones are, in parts.
 */
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

#include "lib/mysql_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_le32(char *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (char)(value >> (8 * i));
}

static void mend(char *event, size_t len)
{
    if (len < 19 + 4)
        return;
    put_le32(event + 9, (uint32_t)len);
    put_le32(event + len - 4, (uint32_t)crc32(0, (const unsigned char *)event, (uInt)len - 4));
}

static void mend_all(char *bytes, size_t len)
{
    struct mysql_record record = {.left = {bytes + 1, len - 1}};
    struct cdc_slice event;

    while (mysql_record_event(&record, &event))
        mend(bytes + (event.ptr - bytes), event.len);
}

/* What has not been fed of an event. */
struct tail {
    struct cdc_slice left;
};

static int read_tail(void *ctx, void *to, size_t n, struct cdc_err *err)
{
    struct tail *tail = ctx;

    if (n > tail->left.len)
        return cdc_err_set(err, CDC_ERR_RETRY, "no more than %zu bytes are left", tail->left.len);
    if (to)
        memcpy(to, tail->left.ptr, n);
    tail->left = cdc_slice(tail->left.ptr + n, tail->left.len - n);
    return 0;
}

/* `parts`: 0, or how much of an event is its head, in 16 bytes. */
static void feed(struct my_decoder *decoder, struct cdc_slice event, unsigned parts, struct tail *tail)
{
    size_t head = 16 * (size_t)parts;
    struct my_rest rest = {.read = read_tail, .ctx = tail};

    if (parts == 0 || event.len <= head) {
        my_decoder_feed(decoder, event);
        return;
    }
    tail->left = cdc_slice(event.ptr + head, event.len - head);
    rest.left = tail->left.len;
    my_decoder_feed_part(decoder, cdc_slice(event.ptr, head), &rest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned parts = size && data[size - 1] % 2 ? data[size - 1] / 2 : 0;
    struct cdc_buf out = {.limit = 1 << 20};
    struct mysql_record record;
    struct cdc_err err = {0};
    char *copy;

    if (size < 2)
        return 0;
    copy = malloc(size);
    memcpy(copy, data, size);
    mend_all(copy, size);
    if (mysql_record_open(&record, cdc_slice(copy, size), 4096)) {
        struct cdc_slice event;
        struct cdc_item item;
        struct tail tail;
        unsigned items = 0;

        while (mysql_record_event(&record, &event) && items < 100000) {
            feed(record.decoder, event, parts, &tail);
            do {
                if (my_decoder_next(record.decoder, &item, &err))
                    goto done;
                cdc_buf_reset(&out);
                mysql_items_print(&item, &out);
                items++;
            } while (item.type != CDC_ITEM_NONE && items < 100000);
            if (my_decoder_wants_restart(record.decoder) && my_decoder_restart(record.decoder, &err))
                goto done;
        }
    done:
        mysql_record_close(&record);
    }
    cdc_buf_fini(&out);
    free(copy);
    return 0;
}
