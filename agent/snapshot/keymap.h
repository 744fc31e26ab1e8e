/*
 * A mapping that makes nothing of a row but its keys, so that no other column is read (those of filters aside). Its shapes are in the
 * order of the whole mapping's. Snapshot thread.
 */
#ifndef KEYMAP_H
#define KEYMAP_H

#include "map/map.h"

struct keymap {
    struct map *map; /* NULL: closed */
    struct config config;
    struct config_table *tables;
    struct config_mapping *mappings;
};

/* `config` must outlive it. Fails as map_new() does, and is closed then. */
int keymap_open(struct keymap *keymap, const struct config *config, struct cdc_err *err) CDC_MUST_CHECK;
void keymap_close(struct keymap *keymap);
/* What of table `i` of the configuration has to be read. NULL: no column, keys are made of constants. */
const struct cdc_table_ref *keymap_table(const struct keymap *keymap, uint32_t i);

#endif
