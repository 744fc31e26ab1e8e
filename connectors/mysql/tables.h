/* The mapped tables by name, and by the numbers that the stream gives them for the length of a statement. */
#ifndef MYSQL_TABLES_H
#define MYSQL_TABLES_H

#include "relation.h"

#define MY_ACTIVE_MAX 4096 /* tables of one statement */

struct my_active {
    uint64_t id;
    struct my_relation *relation; /* NULL: not mapped */
};

struct my_tables {
    struct my_relation *relations;
    size_t nrelations;
    bool fold_case; /* lower_case_table_names: names differ only beyond the case of ASCII letters */
    struct my_relation **slots; /* hash of schema and name */
    size_t nslots;              /* a power of two, at most half full */
    struct my_active *active;
    size_t nactive;
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

/* A TABLE_MAP gave the table this number. false: too many tables in one statement. */
bool my_tables_activate(struct my_tables *tables, uint64_t id, struct my_relation *relation);
/* false: no TABLE_MAP has given this number. */
bool my_tables_active(const struct my_tables *tables, uint64_t id, struct my_relation **relation);
void my_tables_deactivate(struct my_tables *tables);

#endif
