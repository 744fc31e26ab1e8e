/* `tributary tail`: events as JSON lines, as they come, of some entities or of all. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/view.h"
#include "config/config_scalar.h"
#include "core/json.h"
#include "redis/keys.h"

#include "cdc/clock.h"

#define BLOCK_MS 5000
#define ID_BYTES 48

struct tail {
    struct view view;
    const struct options *options;
    size_t n; /* streams */
    const char **entities;
    struct cdc_slice *keys;
    char (*ids)[ID_BYTES]; /* of the last entry that was read of each */
    uint64_t printed;
};

/* A duration before now ("10m") or a time ("2026-11-21T18:30:00Z", the time of day may be left out). -1: neither. */
static int parse_since(const char *text, int64_t *unix_ms)
{
    unsigned month, day, hour = 0, minute = 0, second = 0;
    int year, used = 0;
    int64_t ms;

    if (!config_scalar_duration(text, &ms)) {
        *unix_ms = cdc_wall_us() / 1000 - ms;
        return 0;
    }
    if (sscanf(text, "%4d-%2u-%2uT%2u:%2u:%2uZ%n", &year, &month, &day, &hour, &minute, &second, &used) < 6 &&
        sscanf(text, "%4d-%2u-%2u%n", &year, &month, &day, &used) < 3)
        return -1;
    if (text[used] || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 ||
        second > 60)
        return -1;
    *unix_ms =
        ((cdc_days_from_civil(year, month, day) * 24 + hour) * 60 + minute) * 60000 + (int64_t)second * 1000;
    return 0;
}

static int add_stream(struct tail *t, const char *entity, struct cdc_err *err)
{
    struct cdc_buf key = {0};
    char *copy;

    redis_key_events(&key, t->view.redis.prefix, cdc_slice_str(entity));
    copy = key.failed ? NULL : cdc_arena_str(&t->view.arena, cdc_buf_slice(&key));
    cdc_buf_fini(&key);
    t->entities[t->n] = cdc_arena_str(&t->view.arena, cdc_slice_str(entity));
    if (!copy || !t->entities[t->n])
        return cdc_err_memory(err);
    t->keys[t->n++] = cdc_slice_str(copy);
    return 0;
}

static int choose_streams(struct tail *t, struct cdc_err *err)
{
    struct model *model;
    int rc = 0;
    size_t n;

    if (model_builtin(&model, err))
        return -1;
    n = t->options->noperands ? (size_t)t->options->noperands : model_count(model);
    t->entities = cdc_arena_alloc(&t->view.arena, n * sizeof *t->entities);
    t->keys = cdc_arena_alloc(&t->view.arena, n * sizeof *t->keys);
    t->ids = cdc_arena_alloc(&t->view.arena, n * sizeof *t->ids);
    if (!t->entities || !t->keys || !t->ids)
        rc = cdc_err_memory(err);
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = add_stream(t, t->options->noperands ? t->options->operands[i] : model_at(model, i)->name, err);
    model_free(model);
    return rc;
}

/* Where to begin: the time that was asked for, or the newest entry that is there now. */
static int find_start(struct tail *t, size_t i, struct cdc_err *err)
{
    const struct redis_reply *reply;
    struct cdc_slice id;
    int64_t since_ms;

    if (t->options->since) {
        if (parse_since(t->options->since, &since_ms))
            return cdc_err_set(err, CDC_ERR_CONFIG, "--since: not a duration or a time in UTC: %s",
                               t->options->since);
        snprintf(t->ids[i], ID_BYTES, "%" PRId64 "-0", since_ms > 0 ? since_ms - 1 : 0);
        return 0;
    }
    if (redis_client_call(t->view.client, &reply, err, "XREVRANGE", t->keys[i].ptr, "+", "-", "COUNT", "1",
                          (char *)NULL))
        return -1;
    id = redis_reply_text(redis_reply_at(redis_reply_at(reply, 0), 0));
    snprintf(t->ids[i], ID_BYTES, "%.*s", id.len ? (int)id.len : 1, id.len ? id.ptr : "0");
    return 0;
}

static bool is_json(struct cdc_slice name)
{
    return cdc_slice_is(name, "data") || cdc_slice_is(name, "previous");
}

static void print_event(struct tail *t, size_t i, const struct redis_reply *entry)
{
    const struct redis_reply *fields = redis_reply_at(entry, 1);
    struct cdc_slice customer = redis_reply_text(redis_reply_field(fields, "customer"));
    struct cdc_buf line = {0};

    if (t->options->customer && !cdc_slice_is(customer, t->options->customer))
        return;
    cdc_buf_puts(&line, "{\"entity\":");
    json_put_string(&line, cdc_slice_str(t->entities[i]));
    cdc_buf_puts(&line, ",\"entry\":");
    json_put_string(&line, redis_reply_text(redis_reply_at(entry, 0)));
    for (size_t f = 0; f + 1 < redis_reply_count(fields); f += 2) {
        struct cdc_slice name = redis_reply_text(redis_reply_at(fields, f)),
                         value = redis_reply_text(redis_reply_at(fields, f + 1));
        cdc_buf_putc(&line, ',');
        json_put_string(&line, name);
        cdc_buf_putc(&line, ':');
        if (is_json(name))
            cdc_buf_put_slice(&line, value);
        else
            json_put_string(&line, value);
    }
    cdc_buf_puts(&line, "}\n");
    fputs(cdc_buf_str(&line), stdout);
    cdc_buf_fini(&line);
    t->printed++;
}

static bool enough(const struct tail *t)
{
    return t->options->limit && t->printed >= t->options->limit;
}

static void print_stream(struct tail *t, const struct redis_reply *stream)
{
    const struct redis_reply *entries = redis_reply_at(stream, 1);
    struct cdc_slice key = redis_reply_text(redis_reply_at(stream, 0)), id;
    size_t i = 0;

    while (i < t->n && !cdc_slice_eq(t->keys[i], key))
        i++;
    for (size_t e = 0; i < t->n && e < redis_reply_count(entries) && !enough(t); e++) {
        print_event(t, i, redis_reply_at(entries, e));
        id = redis_reply_text(redis_reply_at(redis_reply_at(entries, e), 0));
        snprintf(t->ids[i], ID_BYTES, "%.*s", CDC_ARG(id));
    }
}

static int read_more(struct tail *t, struct cdc_err *err)
{
    const struct redis_reply *reply;
    struct cdc_buf command = {0};
    int rc;

    redis_resp_command(&command, 6 + 2 * t->n);
    redis_resp_str(&command, "XREAD");
    redis_resp_str(&command, "COUNT");
    redis_resp_str(&command, "500");
    redis_resp_str(&command, "BLOCK");
    redis_resp_number(&command, BLOCK_MS);
    redis_resp_str(&command, "STREAMS");
    for (size_t i = 0; i < t->n; i++)
        redis_resp_arg(&command, t->keys[i]);
    for (size_t i = 0; i < t->n; i++)
        redis_resp_str(&command, t->ids[i]);
    rc = command.failed
             ? cdc_err_memory(err)
             : redis_client_send(t->view.client, &command, BLOCK_MS + REDIS_CLIENT_COMMAND_MS, &reply, err);
    cdc_buf_fini(&command);
    for (size_t s = 0; rc == 0 && s < redis_reply_count(reply); s++)
        print_stream(t, redis_reply_at(reply, s));
    fflush(stdout);
    return rc;
}

static int follow(struct tail *t, struct cdc_err *err)
{
    if (choose_streams(t, err))
        return -1;
    for (size_t i = 0; i < t->n; i++)
        if (find_start(t, i, err))
            return -1;
    while (!enough(t) && !ferror(stdout))
        if (read_more(t, err))
            return -1;
    return 0;
}

static int tail_main(const struct options *options)
{
    struct tail t = {.options = options};
    struct cdc_err err = {0};
    int rc;

    if (view_open(&t.view, options, &err))
        return command_fail(&err);
    rc = follow(&t, &err);
    view_close(&t.view);
    return rc ? command_fail(&err) : EXIT_OK;
}

const struct command command_tail = {
    .name = "tail",
    .synopsis = "--redis URL [--prefix P] [--customer REF] [--since T] [--limit N] [ENTITY…]",
    .summary = "Print events as JSON lines, as they come",
    .details = "  --redis URL      or $TRIBUTARY_REDIS\n"
               "  --prefix P       of the keys (cdc)\n"
               "  --customer REF   only events of this customer, as booking-site:991\n"
               "  --since T        begin earlier: a duration (10m) or a time in UTC (2026-11-21T18:30:00Z)\n"
               "  --limit N        end after N events\n\n"
               "Example:\n  tributary tail --redis redis://127.0.0.1:6379/0 booking price\n",
    .allows = "RpcSl",
    .main = tail_main,
};
