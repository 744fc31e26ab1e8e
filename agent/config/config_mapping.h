/* The tables of a configuration and what their rows become. */
#ifndef CONFIG_MAPPING_H
#define CONFIG_MAPPING_H

#include "config/config_build.h"

enum { CONFIG_MAX_TABLES = 4096, CONFIG_MAX_MAPPINGS = 64 };

/* The map under `tables`. Needs the source's settings and the model to be read before. */
void config_tables_read(struct config_build *build, const struct yaml_node *node);
/* One mapping of one table. */
void config_mapping_read(struct config_build *build, const struct yaml_node *node,
                         struct config_mapping *mapping);

#endif
