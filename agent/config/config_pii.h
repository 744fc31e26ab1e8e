/* `pii: drop`, `hmac`, `mask`, `truncate:N`: of a field, or of a member of a JSON object. */
#ifndef CONFIG_PII_H
#define CONFIG_PII_H

#include "config/config_build.h"

/* False after reporting that the node is no such rule; then nothing is stored. */
bool config_pii_read(struct config_build *build, const struct yaml_node *node, enum config_pii *pii,
                     unsigned *truncate);
/* ", pii: …", or nothing. */
void config_pii_print(enum config_pii pii, unsigned truncate, FILE *out);

#endif
