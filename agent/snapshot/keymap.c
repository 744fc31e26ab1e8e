/* The configuration without fields, and the map of that (keymap.h). Fails for want of memory, or as map_new() does. */
#include "snapshot/keymap.h"

#include <stdlib.h>

static size_t count_mappings(const struct config *config)
{
    size_t n = 0;

    for (size_t i = 0; i < config->ntables; i++)
        n += config->tables[i].nmappings;
    return n;
}

static void copy_tables(struct keymap *k, const struct config *config)
{
    size_t n = 0;

    for (size_t i = 0; i < config->ntables; i++) {
        k->tables[i] = config->tables[i];
        k->tables[i].mappings = &k->mappings[n];
        for (size_t m = 0; m < config->tables[i].nmappings; m++, n++) {
            k->mappings[n] = config->tables[i].mappings[m];
            k->mappings[n].nfields = k->mappings[n].nset = 0;
        }
    }
}

int keymap_open(struct keymap *k, const struct config *config, struct cdc_err *err)
{
    int rc = -1;

    *k = (struct keymap){.config = *config};
    k->tables = calloc(config->ntables + 1, sizeof *k->tables);
    k->mappings = calloc(count_mappings(config) + 1, sizeof *k->mappings);
    k->config.tables = k->tables;
    if (k->tables && k->mappings) {
        copy_tables(k, config);
        rc = map_new(&k->map, &k->config, err);
    } else {
        cdc_err_memory(err);
    }
    if (rc)
        keymap_close(k);
    return rc;
}

void keymap_close(struct keymap *k)
{
    map_free(k->map);
    free(k->tables);
    free(k->mappings);
    *k = (struct keymap){.map = NULL};
}

const struct cdc_table_ref *keymap_table(const struct keymap *k, uint32_t i)
{
    size_t n;
    const struct cdc_table_ref *table = &map_tables(k->map, &n)[i];

    return table->ncolumns ? table : NULL;
}
