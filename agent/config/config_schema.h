/*
 * The configuration as a JSON Schema (draft 2020-12), for editors: `tributary schema --config-schema`. It follows the tables of
 * settings (config_option.h) and the model; what only the program can judge (relations between settings, names of columns)
 * is left to `tributary check`.
 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include <stdio.h>

#include "model/model.h"

/* The caller checks `out` for errors. */
void config_schema_print(const struct model *model, FILE *out);

#endif
