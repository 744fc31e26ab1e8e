/* `agree` and `due` of a configuration: what the store does besides with the entities of the model. */
#ifndef CONFIG_DUTIES_H
#define CONFIG_DUTIES_H

#include "config/config_build.h"

/* Reads both from the file's root; the model has been read. */
void config_duties_read(struct config_build *build, const struct yaml_node *root);
void config_duties_print(const struct config *config, FILE *out);
/* Whether the same must agree in both configurations. */
bool config_duties_same_agreement(const struct config *a, const struct config *b);

#endif
