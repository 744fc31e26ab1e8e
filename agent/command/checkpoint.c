/* `tributary checkpoint`: how far a connector has come, as Redis holds it. */
#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "command/view.h"

static const char *const shown[] = {"position", "open_tx", "ordinal", "batch", "epoch", "identity", "time"};

static int show(struct view *view, struct cdc_err *err)
{
    const struct redis_reply *reply;

    if (view_call(view, "HGETALL", "checkpoint", view->config->connector, NULL, &reply, err))
        return -1;
    if (redis_reply_count(reply) == 0) {
        cdc_err_set(err, CDC_ERR_FATAL, "connector %s has no checkpoint in this Redis",
                    view->config->connector);
        return cdc_err_hint(err, "it has never run with it; `tributary check` tells whether it could");
    }
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        struct cdc_slice value = redis_reply_text(redis_reply_field(reply, shown[i]));
        if (value.len)
            printf("%-9s %.*s\n", shown[i], CDC_ARG(value));
    }
    return 0;
}

static int checkpoint_main(const struct options *options)
{
    struct view view = {0};
    struct cdc_err err = {0};
    int rc;

    if (options->noperands != 1 || strcmp(options->operands[0], "show") != 0)
        return command_usage("checkpoint: say what to do: show");
    if (view_open(&view, options, &err))
        return command_fail(&err);
    rc = show(&view, &err);
    view_close(&view);
    return rc ? command_fail(&err) : EXIT_OK;
}

const struct command command_checkpoint = {
    .name = "checkpoint",
    .synopsis = "CONFIG show",
    .summary = "Show how far a connector has come",
    .details = "position   everything before it is applied\n"
               "open_tx    a large transaction that is applied up to row change `ordinal`\n\n"
               "Example:\n  tributary checkpoint /etc/tributary/cinema-bookings.yaml show\n",
    .allows = "",
    .needs_config = true,
    .main = checkpoint_main,
};
