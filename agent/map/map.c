/*
 * The mapping as the pipeline sees it (map.h): made from the configuration, bound to relations, run for each row. Between
 * the source's decoder and the queue; owned by the source thread. The configuration's mistakes fail map_new() or
 * map_bind(); a row's mistakes are rejects.
 */
#include "map/map.h"

#include <stdlib.h>

#include "map/binding.h"
#include "map/duties.h"
#include "map/reject.h"
#include "map/row.h"
#include "map/tables.h"
#include "map/vanish.h"
#include "map/zones.h"

#define ROW_LIMIT_MIN (1024 * 1024)

struct map {
    const struct config *config;
    struct cdc_arena arena; /* what lives as long as the map */
    struct zones zones;
    struct hmac *hmac;
    const struct cdc_table_ref *tables;
    size_t nplans;
    struct plan *plans; /* of all tables, in the configuration's order */
    struct cdc_shape *shapes;
    size_t *first_plan; /* of each table */
    struct binding *bindings;
    struct work work;
};

/* ---- making ---- */

static struct zone *get_zone(void *ctx, const char *name, struct cdc_err *err)
{
    return zones_get(ctx, name, err);
}

static size_t count_plans(const struct config *config)
{
    size_t n = 0;

    for (size_t i = 0; i < config->ntables; i++)
        n += config->tables[i].nmappings;
    return n;
}

static bool table_feeds(const struct config_table *table, const struct model_entity *entity)
{
    for (size_t i = 0; i < table->nmappings; i++)
        if (table->mappings[i].entity == entity)
            return true;
    return false;
}

static bool is_shared(const struct config *config, const struct model_entity *entity)
{
    size_t n = 0;

    for (size_t i = 0; i < config->ntables; i++)
        n += table_feeds(&config->tables[i], entity);
    return n > 1;
}

/* All mappings of an entity have the same rules. */
static int find_rules(struct map *map, const struct model_entity *entity, const struct cdc_rules **rules,
                      struct cdc_err *err)
{
    for (size_t i = 0; i < map->nplans; i++)
        if (map->plans[i].mapping->entity == entity) {
            *rules = map->shapes[i].rules;
            return 0;
        }
    return duties_make(map->config, entity, &map->arena, rules, err);
}

static int make_table(struct map *map, const struct rule_context *context, const struct config_table *table,
                      struct cdc_err *err)
{
    for (size_t i = 0; i < table->nmappings; i++) {
        const struct config_mapping *mapping = &table->mappings[i];
        struct cdc_shape *shape = &map->shapes[map->nplans];
        struct plan *plan = &map->plans[map->nplans];
        const struct cdc_rules *rules;
        if (find_rules(map, mapping->entity, &rules, err) ||
            plan_init(plan, context, table, mapping, shape, err))
            return -1;
        shape->rules = rules;
        shape->part = (uint32_t)i;
        shape->shared = is_shared(map->config, mapping->entity);
        map->nplans++;
    }
    return 0;
}

static int make_plans(struct map *map, struct cdc_err *err)
{
    const struct config *config = map->config;
    struct rule_context context = {&map->arena, config, map->hmac, get_zone, &map->zones};
    size_t n = count_plans(config);

    map->plans = cdc_arena_alloc(&map->arena, (n + 1) * sizeof *map->plans);
    map->shapes = cdc_arena_alloc(&map->arena, (n + 1) * sizeof *map->shapes);
    map->first_plan = cdc_arena_alloc(&map->arena, (config->ntables + 1) * sizeof *map->first_plan);
    if (!map->plans || !map->shapes || !map->first_plan)
        return cdc_err_memory(err);
    for (size_t i = 0; i < config->ntables; i++) {
        map->first_plan[i] = map->nplans;
        if (make_table(map, &context, &config->tables[i], err))
            return -1;
    }
    return 0;
}

/* One row may fill a quarter of the ceiling: source, queue and sink hold the same row at the same time. */
static size_t row_limit(const struct config *config)
{
    uint64_t quarter = config->limit_memory_bytes / 4;

    if (!config->limit_memory_bytes)
        return 0;
    return quarter < ROW_LIMIT_MIN ? ROW_LIMIT_MIN : (size_t)quarter;
}

/* First by itself: else the first field that needs it would be blamed. */
static int open_source_zone(struct map *m, struct cdc_err *err)
{
    struct cdc_err zone_err = {.class = CDC_ERR_NONE};

    (void)zones_get(&m->zones, m->config->source.timezone, &zone_err);
    if (zone_err.class == CDC_ERR_NONE)
        return 0;
    *err = zone_err;
    return cdc_err_wrap(err, "%s: error: source.timezone", m->config->path ? m->config->path : "config");
}

int map_new(struct map **map, const struct config *config, struct cdc_err *err)
{
    struct map *m = calloc(1, sizeof *m);

    *map = NULL;
    if (!m)
        return cdc_err_memory(err);
    m->config = config;
    cdc_arena_init(&m->arena, 0);
    cdc_arena_init(&m->work.arena, row_limit(config));
    if (open_source_zone(m, err) || (config->pii_key && hmac_new(&m->hmac, config->pii_key, err)) ||
        tables_list(config, &m->arena, &m->tables, err) || make_plans(m, err)) {
        map_free(m);
        return -1;
    }
    *map = m;
    return 0;
}

void map_free(struct map *map)
{
    if (!map)
        return;
    map_unbind_all(map);
    zones_fini(&map->zones);
    hmac_free(map->hmac);
    cdc_arena_fini(&map->work.arena);
    cdc_arena_fini(&map->arena);
    free(map);
}

const struct cdc_table_ref *map_tables(const struct map *map, size_t *n)
{
    *n = map->config->ntables;
    return map->tables;
}

struct cdc_shape *map_shapes(struct map *map, size_t *n)
{
    *n = map->nplans;
    return map->shapes;
}

/* ---- binding ---- */

/* The relation is announced again under its id, or the source uses its memory for another. */
static void forget(struct map *map, const struct cdc_relation *relation)
{
    struct binding **link = &map->bindings;

    while (*link) {
        struct binding *b = *link;
        if (b->id == relation->id || b->relation == relation) {
            *link = b->next;
            binding_free(b);
        } else {
            link = &b->next;
        }
    }
}

static long find_table(const struct config *config, const struct cdc_relation *relation)
{
    for (size_t i = 0; i < config->ntables; i++)
        if (cdc_slice_is(relation->schema, config->tables[i].schema) &&
            cdc_slice_is(relation->name, config->tables[i].name))
            return (long)i;
    return -1;
}

static int report_missing(const struct map *map, const struct binding *b, struct cdc_err *err)
{
    for (size_t i = 0; i < b->nprograms; i++)
        if (b->programs[i].missing)
            return program_missing(&b->programs[i], map->config, err);
    return 0;
}

int map_bind(struct map *map, struct cdc_relation *relation, struct cdc_err *err)
{
    long table = find_table(map->config, relation);
    struct binding *b;
    size_t first;

    forget(map, relation);
    relation->binding = NULL;
    for (uint32_t i = 0; i < relation->ncolumns; i++)
        relation->columns[i].wanted = false;
    if (table < 0)
        return 0;
    first = map->first_plan[table];
    if (binding_new(&b, &map->plans[first], map->config->tables[table].nmappings, (uint32_t)first, relation))
        return cdc_err_memory(err);
    b->next = map->bindings;
    map->bindings = b;
    relation->binding = b;
    return report_missing(map, b, err);
}

void map_unbind_all(struct map *map)
{
    while (map->bindings) {
        struct binding *b = map->bindings;
        map->bindings = b->next;
        binding_free(b);
    }
}

const uint32_t *map_relation_shapes(const struct cdc_relation *relation, size_t *n)
{
    const struct binding *b = relation->binding;

    *n = b ? b->nprograms : 0;
    return b ? b->shapes : NULL;
}

/* ---- rows ---- */

int map_row(struct map *map, const struct cdc_row *row, const struct cdc_tx *tx, uint64_t ordinal,
            struct map_result *result, struct cdc_err *err)
{
    struct binding *b = row->relation->binding;
    struct run run = {.row = row, .work = &map->work, .tx = tx, .ordinal = ordinal};

    *result = (struct map_result){0};
    if (!b)
        return 0;
    cdc_arena_reset(&map->work.arena);
    run.events = b->events;
    for (size_t i = 0; i < b->nprograms; i++) {
        run.program = &b->programs[i];
        run.key = cdc_slice(NULL, 0);
        run.failed_slot = run.failed_where = PLAN_NONE;
        switch (row_apply(&run)) {
        case ROW_MAPPED:
            break;
        case ROW_FILTERED:
            result->nfiltered++;
            break;
        case ROW_REJECTED:
            reject_make(&run, &b->rejects[result->nrejects++]);
            break;
        case ROW_FAILED:
            *result = (struct map_result){0};
            return cdc_err_memory(err);
        }
    }
    result->events = b->events;
    result->nevents = run.nevents;
    result->rejects = b->rejects;
    return 0;
}

int map_vanished(struct map *map, uint32_t shape, struct cdc_slice key, struct cdc_event *event, bool *any,
                 struct cdc_err *err)
{
    enum vanish what;

    cdc_arena_reset(&map->work.arena);
    what = vanish_make(&map->plans[shape], key, &map->work.arena, event);
    *any = what == VANISH_EVENT;
    return what == VANISH_MEMORY ? cdc_err_memory(err) : 0;
}
