/*
 * What is wrong with a file, all of it, each with its place: collected while the file is read, printed sorted by
 * position as `file:line:col: error: where: what`. Nobody stops at the first error.
 */
#ifndef CONFIG_DIAG_H
#define CONFIG_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cdc/arena.h"
#include "cdc/err.h"
#include "config/yaml.h"

enum { CONFIG_DIAG_MAX = 1000 }; /* more are counted, not kept */

struct config_diag_entry;

struct config_diag {
    const char *name; /* of the file, as messages show it; borrowed */
    struct cdc_arena arena;
    struct config_diag_entry *newest;
    size_t kept;
    size_t errors, warnings;
    bool denied; /* set by whoever reports that a permission is missing */
    bool failed; /* memory ran out; what is here is not all */
};

void config_diag_init(struct config_diag *diag, const char *name);
void config_diag_fini(struct config_diag *diag);

/* An error at a place of the file (line and column from 1). */
void config_diag_at(struct config_diag *diag, unsigned line, unsigned column, const char *fmt, ...)
    CDC_PRINTF(4, 5);
/* An error in a value: stands at the value and names the way to it ("source.port"). */
void config_diag_node(struct config_diag *diag, const struct yaml_node *node, const char *fmt, ...)
    CDC_PRINTF(3, 4);
/* An error in the key of a map's child: stands at the key and names the way to the map. */
void config_diag_key(struct config_diag *diag, const struct yaml_node *child, const char *fmt, ...)
    CDC_PRINTF(3, 4);
/* As config_diag_node(), but a warning. */
void config_diag_warning(struct config_diag *diag, const struct yaml_node *node, const char *fmt, ...)
    CDC_PRINTF(3, 4);

/* Prints everything, sorted by position, one line each, control bytes replaced. `out` may be NULL. */
void config_diag_print(const struct config_diag *diag, FILE *out);
/*
 * 0 when there was no error. Else -1, with err set: "NAME: 3 errors" and the first of them (CDC_ERR_CONFIG or
 * CDC_ERR_DENIED), or out of memory (CDC_ERR_RETRY).
 */
int config_diag_result(const struct config_diag *diag, struct cdc_err *err) CDC_MUST_CHECK;

#endif
