/*
 * Finding mapped tables (tables.h): a hash by name, a short list by number. Owned by the decoder, source thread. Only making it can
 * fail.
 */
#include "tables.h"

#include <stdlib.h>

static char folded(const struct my_tables *tables, char c)
{
    return tables->fold_case && c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool same_name(const struct my_tables *tables, struct cdc_slice a, struct cdc_slice b)
{
    if (a.len != b.len)
        return false;
    if (!tables->fold_case)
        return memcmp(a.ptr, b.ptr, a.len) == 0;
    for (size_t i = 0; i < a.len; i++)
        if (folded(tables, a.ptr[i]) != folded(tables, b.ptr[i]))
            return false;
    return true;
}

/* Eight bytes at a time, for each statement looks a table up. Bits that tell letters' cases apart never count. */
static uint64_t mix(uint64_t h, struct cdc_slice s)
{
    uint64_t word;

    for (; s.len > sizeof word; s.ptr += sizeof word, s.len -= sizeof word) {
        memcpy(&word, s.ptr, sizeof word);
        h = (h ^ (word | UINT64_C(0x2020202020202020))) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 32;
    }
    word = s.len;
    for (size_t i = 0; i < s.len; i++)
        word = word << 8 | (unsigned char)(s.ptr[i] | 0x20);
    h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 32;
}

static uint64_t hash(struct cdc_slice schema, struct cdc_slice name)
{
    return mix(mix(0, schema), name);
}

static struct my_relation **slot_of(const struct my_tables *tables, struct cdc_slice schema,
                                    struct cdc_slice name)
{
    size_t at = hash(schema, name) & (tables->nslots - 1);

    while (tables->slots[at] && !(same_name(tables, tables->slots[at]->public.name, name) &&
                                  same_name(tables, tables->slots[at]->public.schema, schema)))
        at = (at + 1) & (tables->nslots - 1);
    return &tables->slots[at];
}

void my_tables_fold_case(struct my_tables *tables, bool fold)
{
    tables->fold_case = fold;
    memset(tables->seen, 0, sizeof tables->seen);
    memset(tables->slots, 0, tables->nslots * sizeof *tables->slots);
    for (size_t i = 0; i < tables->nrelations; i++) {
        const struct cdc_relation *r = &tables->relations[i].public;

        *slot_of(tables, r->schema, r->name) = &tables->relations[i];
    }
}

int my_tables_init(struct my_tables *tables, const struct cdc_source_params *params)
{
    *tables = (struct my_tables){.nslots = 4};
    while (tables->nslots < params->ntables * 2 + 1)
        tables->nslots *= 2;
    tables->relations = calloc(params->ntables + 1, sizeof *tables->relations);
    tables->slots = calloc(tables->nslots, sizeof *tables->slots);
    tables->active = calloc(MY_ACTIVE_MAX, sizeof *tables->active);
    if (!tables->relations || !tables->slots || !tables->active) {
        my_tables_fini(tables);
        return -1;
    }
    for (size_t i = 0; i < params->ntables; i++)
        my_relation_init(&tables->relations[i], &params->tables[i], i + 1);
    tables->nrelations = params->ntables;
    my_tables_fold_case(tables, false);
    return 0;
}

void my_tables_fini(struct my_tables *tables)
{
    for (size_t i = 0; i < tables->nrelations; i++)
        my_relation_fini(&tables->relations[i]);
    free(tables->relations);
    free(tables->slots);
    free(tables->active);
    *tables = (struct my_tables){0};
}

void my_tables_forget(struct my_tables *tables)
{
    for (size_t i = 0; i < tables->nrelations; i++)
        my_relation_forget(&tables->relations[i]);
    my_tables_deactivate(tables);
}

struct my_relation *my_tables_find(const struct my_tables *tables, struct cdc_slice schema,
                                   struct cdc_slice name)
{
    return *slot_of(tables, schema, name);
}

/* Each statement sends its tables' maps: of all that repeats, only the definition is left to the caller to compare. */
bool my_tables_map(struct my_tables *tables, const struct my_event *event, struct my_table_map *map,
                   struct my_relation **relation)
{
    struct cdc_reader r = cdc_reader(event->body.ptr, event->body.len);
    struct my_seen *seen;

    map->id = cdc_read_le(&r, 6);
    seen = &tables->seen[map->id % MY_SEEN_MAX];
    if (seen->len && seen->len <= event->body.len && memcmp(seen->head, event->body.ptr, seen->len) == 0) {
        map->definition = cdc_slice(event->body.ptr + seen->len, event->body.len - seen->len);
        *relation = seen->relation;
        return true;
    }
    if (!my_table_map_parse(event, map))
        return false;
    *relation = my_tables_find(tables, map->schema, map->table);
    seen->len = event->body.len - map->definition.len;
    seen->relation = *relation;
    if (seen->len > MY_SEEN_BYTES)
        seen->len = 0;
    memcpy(seen->head, event->body.ptr, seen->len);
    return true;
}
