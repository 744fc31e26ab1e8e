/* Types by OID: built-in ones from a table, all others from the catalogue, asked once. */
#ifndef PGTYPES_H
#define PGTYPES_H

#include "postgresql/pgside.h"
#include "postgresql/pgtype.h"

struct pgtypes {
    struct pgtype **known; /* each on the heap, so that pointers to them stay */
    size_t n;
    struct pgside *side;
};

void pgtypes_init(struct pgtypes *types, struct pgside *side);
/* Forgets what was learnt. */
void pgtypes_clear(struct pgtypes *types);
/* *type is valid until pgtypes_clear(). A type that is gone has the form PGTYPE_UNKNOWN. -1: the catalogue cannot be asked. */
int pgtypes_find(struct pgtypes *types, uint32_t oid, const struct pgtype **type,
                 struct cdc_err *err) CDC_MUST_CHECK;

#endif
