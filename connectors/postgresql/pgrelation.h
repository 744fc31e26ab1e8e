/* The relations that the stream has announced, by OID. */
#ifndef PGRELATION_H
#define PGRELATION_H

#include "cdc/row.h"

#include "postgresql/pgoutput.h"
#include "postgresql/pgtypes.h"

struct pgrelation {
    struct cdc_relation rel;
    const struct pgtype **types; /* of the columns */
};

/* What a relation is made from. */
struct pgrelation_spec {
    uint32_t id;
    struct cdc_slice schema, name;
    char identity; /* as in pgoutput: 'd', 'i', 'f', 'n' */
    uint32_t ncolumns;
    const struct pgoutput_column *columns;
};

/* Copies all texts. -1: memory, or the catalogue cannot be asked. Free it with free(). */
int pgrelation_new(struct pgrelation **relation, const struct pgrelation_spec *spec, struct pgtypes *types,
                   struct cdc_err *err) CDC_MUST_CHECK;

struct pgrelations {
    struct pgrelation **slots; /* open addressing; a power of two */
    size_t nslots, n;
    struct pgrelation *latest; /* the last one found */
};

/* Frees all. Zeroed is fine. */
void pgrelations_clear(struct pgrelations *set);
struct pgrelation *pgrelations_find(struct pgrelations *set, uint32_t id);
/* Takes a relation over, in the place of the one with the same id. -1 (the relation is freed): memory, or too many. */
int pgrelations_put(struct pgrelations *set, struct pgrelation *relation, struct cdc_err *err) CDC_MUST_CHECK;

#endif
