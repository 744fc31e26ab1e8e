/* The parameters of a connection, as libpq wants them, from the configuration. */
#ifndef PGPARAMS_H
#define PGPARAMS_H

#include <stdbool.h>

#include "cdc/config.h"

enum { PGPARAMS_MAX = 20 };

struct pgparams {
    const char *keywords[PGPARAMS_MAX + 1], *values[PGPARAMS_MAX + 1]; /* ended by NULL */
    unsigned n;
    char host[256], port[8], application[64], options[480];
};

/* "tributary <connector> <owner>", or without an owner; a long owner loses its beginning. */
void pgparams_application(char *out, size_t size, const char *connector, const char *owner);
/* The texts live as long as `config`, the rest in `params`. `replication`, `writes`: as in struct pq_params. */
void pgparams_init(struct pgparams *params, const struct cdc_source_config *config, const char *connector,
                   const char *owner, bool replication, bool writes);
/* NULL if there is none. */
const char *pgparams_get(const struct pgparams *params, const char *keyword);

#endif
