/*
 * A mapped table as the rest of the agent sees it (cdc_relation), with what decoding its rows needs. Made anew whenever the
 * definition in the binlog, or the server's catalogue, has changed.
 */
#ifndef MYSQL_RELATION_H
#define MYSQL_RELATION_H

#include "cdc/row.h"
#include "cdc/source.h"

#include "catalog.h"
#include "rows.h"
#include "table_map.h"

struct my_relation {
    struct cdc_relation public;
    const struct cdc_table_ref *table;
    bool described; /* what follows is filled */
    bool announced; /* the present description has been given out as CDC_ITEM_RELATION */
    bool stale;     /* the catalogue may have changed since */
    struct my_position
        read_at; /* names are by position, from the catalogue as it was here; empty: not so, or not known */
    struct cdc_arena arena;
    struct cdc_slice definition; /* of the table map that the description is made from */
    struct my_column *columns;
    struct my_row_target target;
    struct my_catalog_table now; /* what my_relation_describe_now() found */
};

/* `id` is stable for the table as long as the configuration is. */
void my_relation_init(struct my_relation *relation, const struct cdc_table_ref *table, uint64_t id);
void my_relation_fini(struct my_relation *relation);
/* Drops the description: what was given out must not be used any more. */
void my_relation_forget(struct my_relation *relation);

/* Whether the description holds for a table map with this definition. */
static inline bool my_relation_fits(const struct my_relation *relation, struct cdc_slice definition)
{
    return relation->described && !relation->stale && cdc_slice_eq(relation->definition, definition);
}
/*
 * Describes the table by its table map and the catalogue. GAP when the two do not fit together and nothing else says what the
 * columns are; CONFIG for tables that cannot be read; RETRY.
 */
int my_relation_describe(struct my_relation *relation, struct cdc_slice definition,
                         enum cdc_identity identity, const struct my_catalog *catalog,
                         struct cdc_err *err) CDC_MUST_CHECK;
/* The same without a table map, for reading the table itself: columns are as the catalogue has them now. */
int my_relation_describe_now(struct my_relation *relation, const struct my_catalog *catalog,
                             struct cdc_err *err) CDC_MUST_CHECK;

#endif
