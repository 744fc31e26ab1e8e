/* `tributary setup`: prints, or runs, what source and sink need. */
#include <stdio.h>

#include "command/command.h"
#include "command/wiring.h"

static int print_setup(struct wiring *w, const struct options *options, struct cdc_err *err)
{
    struct cdc_buf sql = {0}, acl = {0};
    int rc = w->source_ops->setup(w->source, options->run, &sql, err);

    if (rc == 0)
        rc = w->sink_ops->setup(w->sink, &acl, err);
    if (rc == 0) {
        printf("-- %s, %s\n%s\n", w->source_ops->name,
               options->run ? "run now" : "to run as an administrator", cdc_buf_str(&sql));
        printf("-- %s: add to the ACL file, or run each with ACL SETUSER\n%s", w->sink_ops->name,
               cdc_buf_str(&acl));
    }
    cdc_buf_fini(&sql);
    cdc_buf_fini(&acl);
    return rc;
}

static int setup_main(const struct options *options)
{
    struct wiring w = {0};
    struct cdc_err err = {0};
    int rc;

    if (wiring_open(&w, options->config, &err))
        return command_fail(&err);
    rc = print_setup(&w, options, &err);
    wiring_close(&w);
    return rc ? command_fail(&err) : EXIT_OK;
}

const struct command command_setup = {
    .name = "setup",
    .synopsis = "CONFIG [--run]",
    .summary = "Print, or run, the SQL and the Redis ACL that are needed",
    .details = "  --run   run the SQL on the configured connection, as its user\n\n"
               "Example:\n  tributary setup /etc/tributary/cinema-bookings.yaml | less\n",
    .allows = "r",
    .needs_config = true,
    .main = setup_main,
};
