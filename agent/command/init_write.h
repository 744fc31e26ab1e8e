/* A first configuration as YAML: what is sure in force, what is not as comments. For `tributary init`. */
#ifndef INIT_WRITE_H
#define INIT_WRITE_H

#include <stdio.h>

#include "cdc/config.h"
#include "command/init_guess.h"

struct init_head {
    const struct cdc_source_config *source;
    const char *connector, *redis_url;
    bool password; /* $TRIBUTARY_PASSWORD was needed */
};

/* Everything up to and with `tables:`. The caller checks `out` for errors. */
void init_write_head(const struct init_head *head, FILE *out);
/* One table: its mapping, or what it might be as a comment. */
void init_write_table(const struct cdc_found_table *table, const struct guess *guess, const char *connector,
                      FILE *out);

#endif
