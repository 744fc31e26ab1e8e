/*
 * The text of positions (position.h), as checkpoints and people have it. Parsing refuses what it does not know (CONFIG): a position
 * that is half understood would be a silent gap.
 */
#include "position.h"

#include "digits.h"

#include <ctype.h>
#include <stdio.h>

static const struct cdc_slice form_names[] = {[MY_POSITION_NONE] = {"", 0},
                                              [MY_POSITION_FILE] = {"file:", 5},
                                              [MY_POSITION_MYSQL] = {"mysql:", 6},
                                              [MY_POSITION_MARIADB] = {"mariadb:", 8}};

static void print_place(const struct my_log_place *place, struct cdc_buf *out)
{
    cdc_buf_puts(out, place->name);
    cdc_buf_putc(out, ':');
    my_digits_put(out, place->offset);
}

void my_txid_print(const struct my_txid *id, struct cdc_buf *out)
{
    switch (id->form) {
    case MY_POSITION_NONE:
        break;
    case MY_POSITION_FILE:
        print_place(&id->place, out);
        break;
    case MY_POSITION_MYSQL:
        my_gtid_print(&id->gtid, out);
        break;
    case MY_POSITION_MARIADB:
        my_mgtid_print(id->mgtid, out);
        break;
    }
}

/* What the server must send again is not part of the set. */
static void print_set_less_held(const struct my_position *position, struct cdc_buf *out)
{
    struct my_gtid_set set = {0}, held = {0};

    for (size_t i = 0; i < position->nheld; i++)
        if (my_gtid_set_add(&held, &position->held[i].id.gtid))
            out->failed = true;
    if (my_gtid_set_copy(&set, &position->set) || my_gtid_set_subtract(&set, &held))
        out->failed = true;
    my_gtid_set_print(&set, out);
    my_gtid_set_fini(&set);
    my_gtid_set_fini(&held);
}

static void print_held(const struct my_position *position, struct cdc_buf *out)
{
    cdc_buf_puts(out, ";held=");
    for (size_t i = 0; i < position->nheld; i++) {
        if (i)
            cdc_buf_putc(out, ',');
        my_txid_print(&position->held[i].id, out);
    }
    if (position->form == MY_POSITION_MYSQL)
        return;
    cdc_buf_puts(out, ";from=");
    if (position->form == MY_POSITION_FILE)
        print_place(&position->held[0].id.place, out);
    else
        my_mgtid_list_print(&position->held[0].before, out);
}

void my_log_mark_set(struct my_log_mark *mark, const char *name, uint32_t created, uint32_t server_id)
{
    if (name != mark->name)
        snprintf(mark->name, sizeof mark->name, "%s", name);
    mark->created = created;
    mark->server_id = server_id;
    mark->text_len =
        (size_t)snprintf(mark->text, sizeof mark->text, ";log=%s/%u/%u", mark->name, created, server_id);
}

void my_position_print_as(const struct my_position *position, struct cdc_slice main, struct cdc_buf *out)
{
    struct cdc_slice form = form_names[position->form];
    size_t mark = position->mark.name[0] ? position->mark.text_len : 0;
    char *at = cdc_buf_reserve(out, form.len + main.len + mark);

    if (!at)
        return;
    memcpy(at, form.ptr, form.len);
    memcpy(at + form.len, main.ptr, main.len);
    memcpy(at + form.len + main.len, position->mark.text, mark);
    out->len += form.len + main.len + mark;
}

void my_position_print(const struct my_position *position, struct cdc_buf *out)
{
    cdc_buf_put_slice(out, form_names[position->form]);
    switch (position->form) {
    case MY_POSITION_NONE:
        return;
    case MY_POSITION_FILE:
        print_place(&position->place, out);
        break;
    case MY_POSITION_MYSQL:
        if (position->nheld)
            print_set_less_held(position, out);
        else
            my_gtid_set_print(&position->set, out);
        break;
    case MY_POSITION_MARIADB:
        my_mgtid_list_print(&position->list, out);
        break;
    }
    if (position->nheld)
        print_held(position, out);
    if (position->mark.name[0])
        cdc_buf_put(out, position->mark.text, position->mark.text_len);
}

/* Parsing. */

static int bad(struct cdc_slice part, const char *what, struct cdc_err *err)
{
    return cdc_err_set(err, CDC_ERR_CONFIG, "\"%.*s\" is not %s", (int)(part.len > 100 ? 100 : part.len),
                       part.ptr, what);
}

/* Cuts off what comes before the next `c`; false at the end. */
static bool next_part(struct cdc_slice *text, char c, struct cdc_slice *part)
{
    const char *end = text->len ? memchr(text->ptr, c, text->len) : NULL;

    *part = *text;
    if (!text->ptr)
        return false;
    if (end) {
        part->len = (size_t)(end - text->ptr);
        *text = cdc_slice(end + 1, text->len - part->len - 1);
    } else {
        *text = cdc_slice(NULL, 0);
    }
    return true;
}

static bool starts_with(struct cdc_slice text, const char *prefix, struct cdc_slice *rest)
{
    size_t n = strlen(prefix);

    if (text.len < n || memcmp(text.ptr, prefix, n) != 0)
        return false;
    *rest = cdc_slice(text.ptr + n, text.len - n);
    return true;
}

static bool parse_u64(struct cdc_slice text, uint64_t max, uint64_t *value)
{
    uint64_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned)(text.ptr[i] - '0');

        if (!isdigit((unsigned char)text.ptr[i]) || n > (max - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *value = n;
    return text.len > 0;
}

static bool parse_name(struct cdc_slice text, char name[MY_LOG_NAME + 1])
{
    if (!text.len || text.len > MY_LOG_NAME || memchr(text.ptr, '\0', text.len))
        return false;
    memcpy(name, text.ptr, text.len);
    name[text.len] = '\0';
    return true;
}

static int parse_place(struct cdc_slice text, struct my_log_place *place, struct cdc_err *err)
{
    size_t colon = text.len;

    while (colon > 0 && text.ptr[colon - 1] != ':')
        colon--;
    if (colon && parse_name(cdc_slice(text.ptr, colon - 1), place->name) &&
        parse_u64(cdc_slice(text.ptr + colon, text.len - colon), UINT64_MAX, &place->offset))
        return 0;
    return bad(text, "a log name and an offset", err);
}

static int parse_gtid(struct cdc_slice text, struct my_gtid *gtid, struct cdc_err *err)
{
    struct my_gtid_set one = {0};
    int rc = my_gtid_set_parse(&one, text, err);

    if (rc == 0 && my_gtid_set_count(&one) == 1) {
        *gtid = one.origins[0].id;
        gtid->number = one.origins[0].runs[0].start;
    } else if (rc == 0) {
        rc = bad(text, "one GTID", err);
    }
    my_gtid_set_fini(&one);
    return rc;
}

int my_txid_parse(enum my_position_form form, struct cdc_slice text, struct my_txid *id, struct cdc_err *err)
{
    *id = (struct my_txid){.form = form};
    switch (form) {
    case MY_POSITION_FILE:
        return parse_place(text, &id->place, err);
    case MY_POSITION_MYSQL:
        return parse_gtid(text, &id->gtid, err);
    case MY_POSITION_MARIADB:
        return my_mgtid_parse(&id->mgtid, text, err);
    case MY_POSITION_NONE:
        break;
    }
    return bad(text, "a transaction", err);
}

static int parse_held(struct my_position *position, struct cdc_slice text, struct cdc_err *err)
{
    struct cdc_slice part;
    struct my_txid id;

    while (next_part(&text, ',', &part)) {
        if (my_txid_parse(position->form, part, &id, err))
            return -1;
        if (my_position_hold(position, &id))
            return bad(part, "within the number of undecided XA transactions that can be kept", err);
        if (position->form == MY_POSITION_MYSQL && my_gtid_set_add(&position->set, &id.gtid))
            return cdc_err_memory(err);
    }
    return 0;
}

/* Until the held transactions have been read again, all of them share the place to read from. */
static int parse_from(struct my_position *position, struct cdc_slice text, struct cdc_err *err)
{
    for (size_t i = 0; i < position->nheld && position->form == MY_POSITION_MARIADB; i++)
        if (my_mgtid_list_parse(&position->held[i].before, true, text, err))
            return -1;
    return 0;
}

static int parse_mark(struct my_log_mark *mark, struct cdc_slice text, struct cdc_err *err)
{
    struct cdc_slice all = text, part;
    uint64_t created, server;

    if (next_part(&text, '/', &part) && parse_name(part, mark->name) && next_part(&text, '/', &part) &&
        parse_u64(part, UINT32_MAX, &created) && next_part(&text, '/', &part) &&
        parse_u64(part, UINT32_MAX, &server) && !text.ptr) {
        my_log_mark_set(mark, mark->name, (uint32_t)created, (uint32_t)server);
        return 0;
    }
    return bad(all, "a log, its time and its server", err);
}

static int parse_main(struct my_position *position, struct cdc_slice part, struct cdc_err *err)
{
    struct cdc_slice rest;

    if (starts_with(part, form_names[MY_POSITION_FILE].ptr, &rest)) {
        position->form = MY_POSITION_FILE;
        return parse_place(rest, &position->place, err);
    }
    if (starts_with(part, form_names[MY_POSITION_MYSQL].ptr, &rest)) {
        position->form = MY_POSITION_MYSQL;
        return my_gtid_set_parse(&position->set, rest, err);
    }
    if (starts_with(part, form_names[MY_POSITION_MARIADB].ptr, &rest)) {
        position->form = MY_POSITION_MARIADB;
        return my_mgtid_list_parse(&position->list, true, rest, err);
    }
    return bad(part, "a position", err);
}

static int parse_option(struct my_position *position, struct cdc_slice part, struct cdc_err *err)
{
    struct cdc_slice rest;

    if (starts_with(part, "held=", &rest))
        return parse_held(position, rest, err);
    if (starts_with(part, "from=", &rest))
        return parse_from(position, rest, err);
    if (starts_with(part, "log=", &rest))
        return parse_mark(&position->mark, rest, err);
    return bad(part, "a part of a position", err);
}

static int parse_all(struct my_position *position, struct cdc_slice text, struct cdc_err *err)
{
    struct cdc_slice part;

    if (!next_part(&text, ';', &part) || parse_main(position, part, err))
        return -1;
    while (next_part(&text, ';', &part))
        if (parse_option(position, part, err))
            return -1;
    return 0;
}

int my_position_parse(struct my_position *position, struct cdc_slice text, struct cdc_err *err)
{
    my_position_fini(position);
    if (!text.len || parse_all(position, text, err) == 0)
        return 0;
    cdc_err_wrap(err, "binlog position");
    return cdc_err_hint(err,
                        "positions look like mysql:<GTID set>, mariadb:<GTID list> or file:<log>:<offset>");
}
