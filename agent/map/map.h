/*
 * The mapping: row change in, canonical events out. Knows no source and no sink. Compiled once from the configuration;
 * bound to a relation when the stream announces one, so that a row costs no look-up by name. PII rules, filters, value
 * maps, time zones, keys and verbs are applied here, before anything is queued. Owned by the source thread.
 */
#ifndef MAP_H
#define MAP_H

#include "cdc/event.h"
#include "cdc/row.h"
#include "cdc/source.h"
#include "config/config.h"

struct map;

/* What one row change became. Valid until the next call of map_row(). */
struct map_result {
    size_t nevents;
    const struct cdc_event *events;
    size_t nrejects;
    const struct cdc_reject *rejects;
    size_t nfiltered; /* mappings whose `where` did not match */
};

/* `config` must outlive the map. -1: CDC_ERR_CONFIG (unknown time zone, …) or CDC_ERR_RETRY (memory). */
int map_new(struct map **map, const struct config *config, struct cdc_err *err) CDC_MUST_CHECK;
void map_free(struct map *map);

/* Every mapped table with every column that is needed; for struct cdc_source_params. Lives as long as the map. */
const struct cdc_table_ref *map_tables(const struct map *map, size_t *n);

/* All shapes of the map, for the sink's prepare() and unprepare(); they live as long as the map. */
struct cdc_shape *map_shapes(struct map *map, size_t *n);

/*
 * Binds a relation: sets `binding` and the columns' `wanted`. A table that is not mapped gets no binding. When the relation
 * lacks something that the mapping needs, returns -1 (CDC_ERR_CONFIG, with the place in the configuration) and binds it so
 * that every row of it is rejected with that reason.
 */
int map_bind(struct map *map, struct cdc_relation *relation, struct cdc_err *err) CDC_MUST_CHECK;
/* Forgets all bindings: the source closes or reconnects. */
void map_unbind_all(struct map *map);

/* Shapes that a bound relation feeds, as indexes into map_shapes(); for TRUNCATE. */
const uint32_t *map_relation_shapes(const struct cdc_relation *relation, size_t *n);

/* `ordinal`: of the row in its transaction. -1 only for CDC_ERR_RETRY (memory): what is wrong with a row is a reject. */
int map_row(struct map *map, const struct cdc_row *row, const struct cdc_tx *tx, uint64_t ordinal,
            struct map_result *result, struct cdc_err *err) CDC_MUST_CHECK;

/*
 * What a state that the mapping with this shape made becomes when its row is no longer in the table, see map/vanish.h: at most one event,
 * whose tx, ordinal, `note` and `repair` are for the caller to set.
 */
int map_vanished(struct map *map, uint32_t shape, struct cdc_slice key, struct cdc_event *event, bool *any,
                 struct cdc_err *err) CDC_MUST_CHECK;

#endif
