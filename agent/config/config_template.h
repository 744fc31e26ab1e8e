/* Templates of fields: literal text with ${column} in it; `$${` stands for `${`. */
#ifndef CONFIG_TEMPLATE_H
#define CONFIG_TEMPLATE_H

#include "cdc/buf.h"
#include "config/config_build.h"

enum { CONFIG_TEMPLATE_PIECES = 64 };

/* Whether a short field spec is a template and not a column's name. */
bool config_template_is(const char *text);
/* Whether a text names a variable of the other sections: ${file:…}, ${env:…} or ${cred:…}. */
bool config_template_has_variable(const char *text);
/* Fills npieces and pieces of `field`. False after reporting what is wrong. */
bool config_template_read(struct config_build *build, const struct yaml_node *node,
                          struct config_field *field);
/* The text that reads back as the same pieces. */
void config_template_print(const struct config_field *field, struct cdc_buf *out);

#endif
