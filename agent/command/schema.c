/* `tributary schema`: the canonical model, for people or as JSON Schema; and the JSON Schema of configurations that use it. */
#include <stdio.h>

#include "command/command.h"
#include "config/config_file.h"
#include "config/config_schema.h"
#include "config/yaml.h"
#include "model/model.h"

/* The built-in model, or a file; what is wrong with a file goes to stderr, each error with its place. */
static int load_model(struct model **model, const char *path, struct cdc_err *err)
{
    struct config_file file;
    int rc;

    if (!path)
        return model_builtin(model, err);
    rc = config_file_read(&file, path, YAML_MAX_BYTES, err);
    if (!rc)
        rc = model_parse(model, path, file.data, file.len, stderr, err);
    config_file_wipe(&file);
    return rc;
}

static int schema_main(const struct options *options)
{
    const struct model_entity *only = NULL;
    struct model *model;
    struct cdc_err err = {0};

    if (options->noperands > 1)
        return command_usage("schema: one entity at most");
    if (load_model(&model, options->model, &err))
        return command_fail(&err);
    if (options->noperands == 1)
        only = model_find(model, options->operands[0]);
    if (options->noperands == 1 && !only) {
        model_free(model);
        return command_usage("schema: the model has no entity \"%s\"", options->operands[0]);
    }
    if (options->config_schema)
        config_schema_print(model, stdout);
    else if (options->json_schema)
        model_print_json_schema(model, only, stdout);
    else
        model_print(model, only, stdout);
    model_free(model);
    return EXIT_OK;
}

const struct command command_schema = {
    .name = "schema",
    .synopsis = "[ENTITY] [--json-schema | --config-schema] [--model FILE]",
    .summary = "Show the canonical model",
    .details = "  --json-schema     the JSON Schema of the events\n"
               "  --config-schema   the JSON Schema of configurations, for editors\n"
               "  --model FILE      of a model of your own, instead of the built-in one\n\n"
               "Example:\n  tributary schema booking\n",
    .allows = "jCm",
    .most_operands = 1,
    .main = schema_main,
};
