/*
 * Dead letters (letters.h). Reads pages of the stream with the agent's rights; a reader of states and events has none here. One
 * thread. Fails as the connection does.
 */
#include "command/letters.h"

#include <stdio.h>

#include "redis/keys.h"

#define PAGE "200"

struct cdc_slice letter_field(const struct redis_reply *letter, const char *name)
{
    return redis_reply_text(redis_reply_field(redis_reply_at(letter, 1), name));
}

struct cdc_slice letter_entry(const struct redis_reply *letter)
{
    return redis_reply_text(redis_reply_at(letter, 0));
}

bool letter_is_entry(const char *text)
{
    size_t first = strspn(text, "0123456789"), second;

    if (first == 0 || first > 20)
        return false;
    if (!text[first])
        return true;
    second = text[first] == '-' ? strspn(text + first + 1, "0123456789") : 0;
    return second > 0 && second <= 20 && !text[first + 1 + second];
}

static bool is_table(struct cdc_slice full, const char *wanted)
{
    const char *dot = full.len ? memchr(full.ptr, '.', full.len) : NULL;

    return cdc_slice_is(full, wanted) ||
           (dot && cdc_slice_is(cdc_slice(dot + 1, full.len - (size_t)(dot + 1 - full.ptr)), wanted));
}

static bool is_meant(const struct letters *letters, const struct redis_reply *letter)
{
    return (!letters->table || is_table(letter_field(letter, "table"), letters->table)) &&
           (!letters->reason || cdc_slice_is(letter_field(letter, "reason"), letters->reason));
}

static int read_page(const struct letters *letters, const struct redis_reply **page, struct cdc_err *err)
{
    const char *command = letters->newest_first ? "XREVRANGE" : "XRANGE";
    const char *from = letters->newest_first ? "+" : "-", *to = letters->newest_first ? "-" : "+";
    struct cdc_buf key = {0};
    int rc;

    redis_key_named(&key, letters->view->redis.prefix, "dlq", letters->connector);
    rc = key.failed ? cdc_err_memory(err)
                    : redis_client_call(letters->view->client, page, err, command, cdc_buf_str(&key),
                                        letters->from[0] ? letters->from : from,
                                        letters->to[0] ? letters->to : to, "COUNT", PAGE, (char *)NULL);
    cdc_buf_fini(&key);
    if (rc && err->class == CDC_ERR_DENIED)
        cdc_err_hint(err, "readers have no right to dead letters: use the agent's Redis user");
    return rc;
}

int letters_newest(struct letters *letters, char out[LETTER_ID], struct cdc_err *err)
{
    struct letters newest = {.view = letters->view, .connector = letters->connector, .newest_first = true};
    const struct redis_reply *page;

    if (read_page(&newest, &page, err))
        return -1;
    snprintf(out, LETTER_ID, "%.*s", CDC_ARG(letter_entry(redis_reply_at(page, 0))));
    return 0;
}

int letters_each(struct letters *letters, int (*each)(void *ctx, const struct redis_reply *letter), void *ctx,
                 struct cdc_err *err)
{
    const struct redis_reply *page, *letter;
    int rc = 0;
    size_t n;

    do {
        if (read_page(letters, &page, err))
            return -1;
        n = redis_reply_count(page);
        letters->ended = n == 0;
        for (size_t i = 0; i < n && rc == 0; i++) {
            letter = redis_reply_at(page, i);
            snprintf(letters->from, sizeof letters->from, "(%.*s", CDC_ARG(letter_entry(letter)));
            if (is_meant(letters, letter))
                rc = each(ctx, letter);
        }
    } while (rc == 0 && !letters->ended);
    return rc < 0 ? -1 : 0;
}
