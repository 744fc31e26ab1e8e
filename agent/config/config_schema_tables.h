/* The parts of the configuration's JSON Schema that the model decides: mappings, agreements, what falls due. Only for config_schema.c. */
#ifndef CONFIG_SCHEMA_TABLES_H
#define CONFIG_SCHEMA_TABLES_H

#include <stdio.h>

#include "model/model.h"

/* A JSON string. */
void config_schema_string(FILE *out, const char *text);
/* The members of "$defs". */
void config_schema_definitions(FILE *out, const struct model *model);
/* More members of the schema of `agree` and `due`, each with a comma before it. */
void config_schema_agree(FILE *out, const struct model *model);
void config_schema_due(FILE *out, const struct model *model);

#endif
