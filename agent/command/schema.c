/* `tributary schema`: the canonical model, for people or as JSON Schema. */
#include <stdio.h>

#include "command/command.h"
#include "model/model.h"

static int schema_main(const struct options *options)
{
    const struct model_entity *only = NULL;
    struct model *model;
    struct cdc_err err = {0};

    if (options->noperands > 1)
        return command_usage("schema: one entity at most");
    if (model_builtin(&model, &err))
        return command_fail(&err);
    if (options->noperands == 1)
        only = model_find(model, options->operands[0]);
    if (options->noperands == 1 && !only) {
        model_free(model);
        return command_usage("schema: the model has no entity \"%s\"", options->operands[0]);
    }
    if (options->json_schema)
        model_print_json_schema(model, only, stdout);
    else
        model_print(model, only, stdout);
    model_free(model);
    return EXIT_OK;
}

const struct command command_schema = {
    .name = "schema",
    .synopsis = "[ENTITY] [--json-schema]",
    .summary = "Show the canonical model",
    .details = "  --json-schema   the JSON Schema of the events\n\n"
               "Example:\n  tributary schema booking\n",
    .allows = "j",
    .main = schema_main,
};
