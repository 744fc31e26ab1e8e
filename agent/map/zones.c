/* Zones by name (zones.h). Used while the map is made; few names, so a list. */
#include "map/zones.h"

#include <stdlib.h>

struct zones_entry {
    struct zones_entry *next;
    const char *name; /* the configuration's */
    struct zone *zone;
};

static bool is_utc(const char *name)
{
    return !name || strcmp(name, "UTC") == 0 || strcmp(name, "Etc/UTC") == 0;
}

struct zone *zones_get(struct zones *zones, const char *name, struct cdc_err *err)
{
    struct zones_entry *entry;

    if (is_utc(name))
        return NULL;
    for (entry = zones->first; entry; entry = entry->next)
        if (strcmp(entry->name, name) == 0)
            return entry->zone;
    entry = calloc(1, sizeof *entry);
    if (!entry) {
        cdc_err_memory(err);
        return NULL;
    }
    if (zone_open(&entry->zone, name, err)) {
        free(entry);
        return NULL;
    }
    entry->name = name;
    entry->next = zones->first;
    zones->first = entry;
    return entry->zone;
}

void zones_fini(struct zones *zones)
{
    struct zones_entry *entry, *next;

    for (entry = zones->first; entry; entry = next) {
        next = entry->next;
        zone_free(entry->zone);
        free(entry);
    }
    zones->first = NULL;
}
