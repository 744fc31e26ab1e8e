/* Parts of config_print(). Only for the files of this folder. */
#ifndef CONFIG_PRINT_H
#define CONFIG_PRINT_H

#include "config/config.h"

/* A scalar: plain where no reader of YAML could take it for something else, else in double quotes. */
void config_print_text(const char *text, FILE *out);
/* In double quotes whatever it is. */
void config_print_quoted(const char *text, FILE *out);
/* "tables:" and everything below. */
void config_print_tables(const struct config *config, FILE *out);

#endif
