/* `tributary checkpoint`: how far a connector has come, as Redis holds it; moving and forgetting that. */
#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "command/forget.h"
#include "command/view.h"
#include "command/wiring.h"
#include "redis/keys.h"

static const char *const shown[] = {"position", "open_tx", "ordinal", "batch", "epoch",
                                    "identity", "time",    "gap",     "broken"};

static int show(struct view *view, struct cdc_err *err)
{
    const struct redis_reply *reply;

    if (view_call(view, "HGETALL", "checkpoint", view->config->connector, NULL, &reply, err))
        return -1;
    if (redis_reply_count(reply) == 0) {
        cdc_err_set(err, CDC_ERR_FATAL, "connector %s has no checkpoint in this Redis",
                    view->config->connector);
        return cdc_err_hint(
            err, "it has not run since it was set up or reset; `tributary check` tells whether it could");
    }
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        struct cdc_slice value = redis_reply_text(redis_reply_field(reply, shown[i]));
        if (value.len)
            printf("%-9s %.*s\n", shown[i], CDC_ARG(value));
    }
    return 0;
}

static int expect_stopped(struct view *view, struct cdc_err *err)
{
    const struct redis_reply *reply;

    if (view_call(view, "GET", "lease", view->config->connector, NULL, &reply, err))
        return -1;
    return redis_reply_type(reply) == REDIS_REPLY_IS_NIL
               ? 0
               : cdc_err_set(err, CDC_ERR_RETRY, "connector %s is running: stop it first",
                             view->config->connector);
}

/*
 * Forgets it: the next start is a first run and begins where the slot does. States and events stay; what lies between the old position
 * and the new one may be lost, so the tables are to be compared with the states.
 */
static int reset(const struct options *options)
{
    struct wiring w = {0};
    struct cdc_err err = {0};
    bool reload, was;
    int rc;

    if (wiring_open(&w, options->config, &err))
        return command_fail(&err);
    reload = w.config->snapshot_mode != CONFIG_SNAPSHOT_NEVER;
    rc = forget_checkpoint(&w, reload, &was, &err);
    wiring_close(&w);
    if (rc)
        return command_fail(&err);
    printf("%s%s\n",
           was ? "the checkpoint is gone: the next start is a first run" : "there was no checkpoint",
           reload ? ", and loads all tables anew" : "");
    return EXIT_OK;
}

/* What belongs to the position that was, goes first: a half of it must not be taken for a half of the new one. */
static int put_position(struct view *view, const char *position, struct cdc_err *err)
{
    const struct redis_reply *reply;
    struct cdc_buf key = {0};
    int rc;

    redis_key_named(&key, view->redis.prefix, "checkpoint", view->config->connector);
    rc = key.failed ? cdc_err_memory(err)
                    : redis_client_call(view->client, &reply, err, "HDEL", cdc_buf_str(&key), "open_tx",
                                        "ordinal", "gap", "broken", (char *)NULL);
    if (rc == 0)
        rc = redis_client_call(view->client, &reply, err, "HSET", cdc_buf_str(&key), "position", position,
                               (char *)NULL);
    cdc_buf_fini(&key);
    return rc;
}

/* Moves it: what lies between the two positions comes again, or never. */
static int set(struct view *view, const char *position, struct cdc_err *err)
{
    const struct cdc_source_ops *ops = wiring_source_ops(view->config->source.type);
    const struct redis_reply *reply;

    if (!ops->reached(cdc_slice_str(position), cdc_slice_str(position)))
        return cdc_err_set(err, CDC_ERR_CONFIG, "\"%.100s\" is no position of %s", position, ops->name);
    if (expect_stopped(view, err) ||
        view_call(view, "HGET", "checkpoint", view->config->connector, "position", &reply, err))
        return -1;
    if (redis_reply_type(reply) == REDIS_REPLY_IS_NIL) {
        cdc_err_set(err, CDC_ERR_FATAL, "connector %s has no checkpoint in this Redis",
                    view->config->connector);
        return cdc_err_hint(err, "the first run makes it; there is nothing to move");
    }
    printf("position was %.*s\n", CDC_ARG(redis_reply_text(reply)));
    if (put_position(view, position, err))
        return -1;
    printf("position is  %s\n", position);
    return 0;
}

static int checkpoint_main(const struct options *options)
{
    const char *what = options->noperands ? options->operands[0] : "";
    bool sets = strcmp(what, "set") == 0, resets = strcmp(what, "reset") == 0;
    struct view view = {0};
    struct cdc_err err = {0};
    int rc;

    if (!resets && !sets && strcmp(what, "show") != 0)
        return command_usage("checkpoint: say what to do: show, set POSITION, or reset");
    if (sets && options->noperands < 2)
        return command_usage("checkpoint: set it to which position?");
    if (!sets && options->noperands > 1)
        return command_usage("checkpoint: what is \"%s\"?", options->operands[1]);
    if (resets && !options->yes)
        return command_usage(
            "checkpoint: reset forgets how far the connector has come; what the slot no longer has, or "
            "was in the binlog until now, stays missing: say --yes");
    if (sets && !options->yes)
        return command_usage(
            "checkpoint: set makes changes come again when it goes back, and leaves them out for good when "
            "it goes on: say --yes");
    if (resets)
        return reset(options);
    if (view_open(&view, options, &err))
        return command_fail(&err);
    rc = sets ? set(&view, options->operands[1], &err) : show(&view, &err);
    view_close(&view);
    return rc ? command_fail(&err) : EXIT_OK;
}

const struct command command_checkpoint = {
    .name = "checkpoint",
    .synopsis = "CONFIG show | set POSITION --yes | reset --yes",
    .summary = "Show how far a connector has come, move it, or forget it",
    .details =
        "set        begin at a position of the source, as `show` prints them: going back makes events come\n"
        "           again with the ids that they had; going on leaves changes out for good\n"
        "reset      after a gap: begin anew where the slot does, or at the end of the binlog;\n"
        "           states and events stay. Unless `snapshot.mode` is `never`, all tables are loaded anew then,\n"
        "           and what they no longer have leaves Redis, with an event\n"
        "position   everything before it is applied\n"
        "open_tx    a large transaction that is applied up to row change `ordinal`\n\n"
        "Example:\n  tributary checkpoint /etc/tributary/cinema-bookings.yaml show\n",
    .allows = "y",
    .needs_config = true,
    .most_operands = 2,
    .main = checkpoint_main,
};
