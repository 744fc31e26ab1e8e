/* `tributary checkpoint`: how far a connector has come, as Redis holds it, and forgetting that. */
#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "command/view.h"

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

/* Forgets it: the next start is a first run and begins where the slot does. States and events stay. */
static int reset(struct view *view, struct cdc_err *err)
{
    const struct redis_reply *reply;

    if (view_call(view, "GET", "lease", view->config->connector, NULL, &reply, err))
        return -1;
    if (redis_reply_type(reply) != REDIS_REPLY_IS_NIL)
        return cdc_err_set(err, CDC_ERR_RETRY, "connector %s is running: stop it first",
                           view->config->connector);
    if (view_call(view, "UNLINK", "checkpoint", view->config->connector, NULL, &reply, err))
        return -1;
    puts(redis_reply_integer(reply) ? "the checkpoint is gone: the next start is a first run"
                                    : "there was no checkpoint");
    return 0;
}

static int checkpoint_main(const struct options *options)
{
    const char *what = options->noperands == 1 ? options->operands[0] : "";
    bool resets = strcmp(what, "reset") == 0;
    struct view view = {0};
    struct cdc_err err = {0};
    int rc;

    if (!resets && strcmp(what, "show") != 0)
        return command_usage("checkpoint: say what to do: show, or reset");
    if (resets && !options->yes)
        return command_usage(
            "checkpoint: reset forgets how far the connector has come; what the slot no longer has, or "
            "was in the binlog until now, stays missing: say --yes");
    if (view_open(&view, options, &err))
        return command_fail(&err);
    rc = resets ? reset(&view, &err) : show(&view, &err);
    view_close(&view);
    return rc ? command_fail(&err) : EXIT_OK;
}

const struct command command_checkpoint = {
    .name = "checkpoint",
    .synopsis = "CONFIG show | reset --yes",
    .summary = "Show how far a connector has come, or forget it",
    .details = "reset      after a gap: begin anew where the slot does, or at the end of the binlog;\n"
               "           states and events stay\n"
               "position   everything before it is applied\n"
               "open_tx    a large transaction that is applied up to row change `ordinal`\n\n"
               "Example:\n  tributary checkpoint /etc/tributary/cinema-bookings.yaml show\n",
    .allows = "y",
    .needs_config = true,
    .most_operands = 1,
    .main = checkpoint_main,
};
