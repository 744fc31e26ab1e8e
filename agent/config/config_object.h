/* A JSON object made of columns: `{json: {colour: colour, size: {json: {w: width}}}}`. */
#ifndef CONFIG_OBJECT_H
#define CONFIG_OBJECT_H

#include "config/config_build.h"

enum { CONFIG_OBJECT_DEPTH = 8, CONFIG_OBJECT_MEMBERS = 256 };

/* Reads the map behind `json` into the field's members. */
void config_object_read(struct config_build *build, const struct yaml_node *map, struct config_field *field);
/* `json: {…}`, which reads back as the same. */
void config_object_print(const struct config_field *field, FILE *out);

#endif
