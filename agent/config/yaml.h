/*
 * YAML as a small tree that knows where everything stood. The one wrapper of libyaml; the configuration and the model
 * are both read through it.
 *
 * Only what a configuration needs: maps, lists and scalars of one document. Anchors, aliases and tags are errors. All
 * scalars are text: `NO`, `010` and `1e3` mean what the reader of the tree takes them for.
 */
#ifndef CONFIG_YAML_H
#define CONFIG_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "cdc/arena.h"
#include "cdc/err.h"

enum { YAML_MAX_BYTES = 1024 * 1024, YAML_MAX_DEPTH = 32, YAML_MAX_NODES = 65536 };

struct config_diag;

enum yaml_kind { YAML_SCALAR, YAML_MAP, YAML_LIST };

struct yaml_node {
    enum yaml_kind kind;
    unsigned line, column; /* from 1 */
    unsigned index;        /* in a list, from 1 */
    bool quoted;           /* in quotes or a block: never null, never a keyword */
    bool repeated;         /* an earlier key of the map is the same: reported, to be skipped */
    char *text;            /* YAML_SCALAR: NUL-terminated, without NUL inside */
    size_t n;              /* children */
    struct yaml_node *first, *last;
    struct yaml_node *next; /* sibling */
    struct yaml_node *key;  /* of a map's child: its key, a scalar */
    struct yaml_node *up;   /* the map or list that holds it; NULL at the root */
};

/*
 * Parses `text` into a tree that lives in `arena`. Errors go to `diag`; a syntax error ends the parsing.
 * -1: there were errors, or memory ran out (diag->failed).
 */
int yaml_read(struct yaml_node **root, struct cdc_arena *arena, const char *text, size_t len,
              struct config_diag *diag) CDC_MUST_CHECK;
/* Overwrites every scalar: the tree may hold secrets. Of no further use afterwards. */
void yaml_wipe(struct yaml_node *root);

/* The value of a map's key, or NULL. `map` may be NULL or no map. */
const struct yaml_node *yaml_child(const struct yaml_node *map, const char *name);
/* An unquoted `null`, `~` or nothing at all. */
bool yaml_is_null(const struct yaml_node *node);
/* The unquoted scalar `word`. */
bool yaml_is_word(const struct yaml_node *node, const char *word);

#endif
