/* The mapped tables by name, and by the numbers that the stream gives them for the length of a statement. */
#ifndef MYSQL_TABLES_H
#define MYSQL_TABLES_H

#include "relation.h"

#define MY_ACTIVE_MAX 4096 /* tables of one statement */
#define MY_SEEN_MAX   32   /* a power of two */
#define MY_SEEN_BYTES 96

struct my_active {
    uint64_t id;
    struct my_relation *relation; /* NULL: not mapped */
};

/* How a table map began that was looked up before: number, flags and names. The number tells where in the list it is. */
struct my_seen {
    size_t len; /* 0: none */
    struct my_relation *relation;
    char head[MY_SEEN_BYTES];
};

struct my_tables {
    struct my_relation *relations;
    size_t nrelations;
    bool fold_case; /* lower_case_table_names: names differ only beyond the case of ASCII letters */
    struct my_relation **slots; /* hash of schema and name */
    size_t nslots;              /* a power of two, at most half full */
    struct my_active *active;
    size_t nactive;
    struct my_seen seen[MY_SEEN_MAX];
};

/* -1: out of memory. */
int my_tables_init(struct my_tables *tables, const struct cdc_source_params *params) CDC_MUST_CHECK;
void my_tables_fini(struct my_tables *tables);
/* Must be told before the first look-up. */
void my_tables_fold_case(struct my_tables *tables, bool fold);
/* All descriptions are dropped: the connection is a new one. */
void my_tables_forget(struct my_tables *tables);

/* NULL: not mapped. */
struct my_relation *my_tables_find(const struct my_tables *tables, struct cdc_slice schema,
                                   struct cdc_slice name);

/*
 * The table of a TABLE_MAP (NULL: not mapped), which is parsed and looked up only if it begins otherwise than the last one of its
 * number: of *map, the names are set only then. false: malformed.
 */
bool my_tables_map(struct my_tables *tables, const struct my_event *event, struct my_table_map *map,
                   struct my_relation **relation) CDC_MUST_CHECK;

/* A TABLE_MAP gave the table this number. false: too many tables in one statement. */
static inline bool my_tables_activate(struct my_tables *tables, uint64_t id, struct my_relation *relation)
{
    size_t i = 0;

    while (i < tables->nactive && tables->active[i].id != id)
        i++;
    if (i == MY_ACTIVE_MAX)
        return false;
    tables->active[i] = (struct my_active){id, relation};
    if (i == tables->nactive)
        tables->nactive++;
    return true;
}

/* false: no TABLE_MAP has given this number. */
static inline bool my_tables_active(const struct my_tables *tables, uint64_t id,
                                    struct my_relation **relation)
{
    for (size_t i = 0; i < tables->nactive; i++) {
        if (tables->active[i].id != id)
            continue;
        *relation = tables->active[i].relation;
        return true;
    }
    return false;
}

static inline void my_tables_deactivate(struct my_tables *tables)
{
    tables->nactive = 0;
}

#endif
