/* ${file:PATH}, ${env:NAME} and ${cred:NAME} in the values of a configuration. */
#ifndef CONFIG_SECRET_H
#define CONFIG_SECRET_H

#include "config/config_build.h"

/*
 * The text of a scalar with every ${…} replaced, in the configuration's arena; `$${` stands for `${`. *expanded: whether
 * anything was; the text is then treated as a secret. NULL after reporting what is wrong; no report holds a secret.
 */
const char *config_secret_expand(struct config_build *build, const struct yaml_node *node,
                                 bool *expanded) CDC_MUST_CHECK;

#endif
