/* Dead letters of a connector, a stream in Redis, as commands read them: page by page, those that are meant. */
#ifndef LETTERS_H
#define LETTERS_H

#include "command/view.h"

enum { LETTER_ID = 48 };

/* Which are meant. */
struct letters {
    struct view *view;
    const char *connector;
    const char *table;  /* "public.reservation", or its name alone; NULL: any */
    const char *reason; /* NULL: any */
    bool newest_first;
    char from[LETTER_ID],
        to[LETTER_ID]; /* as in XRANGE, or XREVRANGE; empty: all. letters_each() moves `from` on */
    bool ended;        /* letters_each() came to the end */
};

/* The value of a letter's field; empty if it has none. */
struct cdc_slice letter_field(const struct redis_reply *letter, const char *name);
/* The id of its entry in the stream. */
struct cdc_slice letter_entry(const struct redis_reply *letter);
/* Whether `text` may be such an id: "1732211400000-0", or without the last part. */
bool letter_is_entry(const char *text);

/* The newest entry there is, for `to`: what comes later is not meant. Empty if there is none. */
int letters_newest(struct letters *letters, char out[LETTER_ID], struct cdc_err *err) CDC_MUST_CHECK;
/*
 * Gives each to `each`, which must not use the connection, until it returns other than 0. The next call goes on behind the last one
 * that was given. -1 also when `each` returns -1.
 */
int letters_each(struct letters *letters, int (*each)(void *ctx, const struct redis_reply *letter), void *ctx,
                 struct cdc_err *err) CDC_MUST_CHECK;

#endif
