/* Reload (reload.h): all or nothing. What the file's diagnostics and the checks say goes to the log, a line each. */
#include "command/reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cdc/log.h"

static void log_lines(char *text)
{
    char *rest = text;

    for (const char *line = strtok_r(rest, "\n", &rest); line; line = strtok_r(rest, "\n", &rest))
        cdc_log(CDC_LOG_ERROR, "reload: %s", line);
}

/* Loads the file, as far as it may replace `now`. */
static int load(struct config **config, const struct config *now, FILE *diagnostics, struct cdc_err *err)
{
    if (config_load(config, now->path, diagnostics, err))
        return -1;
    if (config_reloadable(now, *config, diagnostics, err)) {
        config_free(*config);
        return -1;
    }
    return 0;
}

static int load_and_tell(struct config **config, const struct config *now, struct cdc_err *err)
{
    char *text = NULL;
    size_t len = 0;
    FILE *diagnostics = open_memstream(&text, &len);
    int rc = diagnostics ? load(config, now, diagnostics, err) : cdc_err_memory(err);

    if (diagnostics)
        fclose(diagnostics);
    if (rc && text)
        log_lines(text);
    free(text);
    return rc;
}

static void note(void *ctx, enum cdc_finding level, const char *what, const char *remedy)
{
    unsigned *errors = ctx;

    if (level != CDC_FINDING_ERROR)
        return;
    ++*errors;
    cdc_log(CDC_LOG_ERROR, "reload: %s%s%s", what, remedy ? "; " : "", remedy ? remedy : "");
}

static int check(struct wiring *next, struct cdc_err *err)
{
    unsigned errors = 0;
    struct cdc_report report = {&errors, note};

    if (next->source_ops->check(next->source, NULL, &report, err) ||
        next->sink_ops->check(next->sink, &report, err))
        return -1;
    if (errors == 0)
        return 0;
    cdc_err_set(err, CDC_ERR_CONFIG, "%s: the check found %u error%s", next->config->path, errors,
                errors == 1 ? "" : "s");
    return cdc_err_hint(err, "mend what the log says, and reload again; see `tributary check`");
}

int reload_prepare(struct wiring *next, const struct wiring *now, struct cdc_err *err)
{
    struct config *config;

    if (load_and_tell(&config, now->config, err) || wiring_make(next, config, err))
        return -1;
    if (check(next, err)) {
        wiring_close(next);
        return -1;
    }
    return 0;
}
