/*
 * Relations (pgrelation.h): made when the stream announces one, kept until it announces it again or the connection ends.
 * Owned by the source thread. One block of memory per relation.
 */
#include "postgresql/pgrelation.h"

#include <stdlib.h>

#define FIRST_SLOTS   64
#define MAX_RELATIONS 65536

/* The stream leaves the schema of system tables empty. */
static struct cdc_slice schema_of(const struct pgrelation_spec *spec)
{
    return spec->schema.len ? spec->schema : cdc_slice_str("pg_catalog");
}

static size_t text_size(const struct pgrelation_spec *spec)
{
    size_t n = schema_of(spec).len + spec->name.len;

    for (uint32_t i = 0; i < spec->ncolumns; i++)
        n += spec->columns[i].name.len;
    return n;
}

static struct cdc_slice copy_text(char **at, struct cdc_slice text)
{
    struct cdc_slice copy = cdc_slice(*at, text.len);

    if (text.len)
        memcpy(*at, text.ptr, text.len);
    *at += text.len;
    return copy;
}

/* DEFAULT without a primary key sends nothing, as NOTHING does. */
static enum cdc_identity identity_of(const struct pgrelation_spec *spec)
{
    if (spec->identity == 'f')
        return CDC_IDENTITY_FULL;
    for (uint32_t i = 0; i < spec->ncolumns; i++)
        if (spec->columns[i].key && spec->identity != 'n')
            return CDC_IDENTITY_KEY;
    return CDC_IDENTITY_NOTHING;
}

static struct pgrelation *allocate(const struct pgrelation_spec *spec, char **texts)
{
    size_t columns = spec->ncolumns * sizeof(struct cdc_column);
    size_t types = spec->ncolumns * sizeof(struct pgtype *);
    struct pgrelation *relation = calloc(1, sizeof *relation + columns + types + text_size(spec));
    char *at;

    if (!relation)
        return NULL;
    at = (char *)(relation + 1);
    relation->types = (const struct pgtype **)(void *)at;
    relation->rel.columns = (struct cdc_column *)(void *)(at + types);
    *texts = at + types + columns;
    return relation;
}

int pgrelation_new(struct pgrelation **out, const struct pgrelation_spec *spec, struct pgtypes *types,
                   struct cdc_err *err)
{
    char *texts = NULL;
    struct pgrelation *relation = allocate(spec, &texts);

    if (!relation)
        return cdc_err_memory(err);
    relation->rel.id = spec->id;
    relation->rel.schema = copy_text(&texts, schema_of(spec));
    relation->rel.name = copy_text(&texts, spec->name);
    relation->rel.identity = identity_of(spec);
    relation->rel.ncolumns = spec->ncolumns;
    for (uint32_t i = 0; i < spec->ncolumns; i++) {
        struct cdc_column *column = &relation->rel.columns[i];
        if (pgtypes_find(types, spec->columns[i].type, &relation->types[i], err)) {
            free(relation);
            return cdc_err_wrap(err, "column %.*s of %.*s.%.*s", CDC_ARG(spec->columns[i].name),
                                CDC_ARG(spec->schema), CDC_ARG(spec->name));
        }
        column->name = copy_text(&texts, spec->columns[i].name);
        column->type_name = cdc_slice_str(relation->types[i]->name);
        column->kind = relation->types[i]->kind;
        column->key = spec->columns[i].key;
    }
    *out = relation;
    return 0;
}

void pgrelations_clear(struct pgrelations *set)
{
    for (size_t i = 0; i < set->nslots; i++)
        free(set->slots[i]);
    free(set->slots);
    *set = (struct pgrelations){0};
}

/* The slot that holds the id, or the free one where it would go. Needs at least one free slot. */
static struct pgrelation **probe(struct pgrelation **slots, size_t nslots, uint64_t id)
{
    size_t i = (size_t)(id * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (nslots - 1);

    while (slots[i] && slots[i]->rel.id != id)
        i = (i + 1) & (nslots - 1);
    return &slots[i];
}

struct pgrelation *pgrelations_find(struct pgrelations *set, uint32_t id)
{
    if (set->latest && set->latest->rel.id == id)
        return set->latest;
    if (set->nslots == 0)
        return NULL;
    set->latest = *probe(set->slots, set->nslots, id);
    return set->latest;
}

static int grow(struct pgrelations *set, struct cdc_err *err)
{
    size_t nslots = set->nslots ? set->nslots * 2 : FIRST_SLOTS;
    struct pgrelation **slots;

    if (set->n >= MAX_RELATIONS)
        return cdc_err_set(err, CDC_ERR_RETRY, "more than %d tables in one session of the stream",
                           MAX_RELATIONS);
    slots = calloc(nslots, sizeof *slots);
    if (!slots)
        return cdc_err_memory(err);
    for (size_t i = 0; i < set->nslots; i++)
        if (set->slots[i])
            *probe(slots, nslots, set->slots[i]->rel.id) = set->slots[i];
    free(set->slots);
    set->slots = slots;
    set->nslots = nslots;
    return 0;
}

int pgrelations_put(struct pgrelations *set, struct pgrelation *relation, struct cdc_err *err)
{
    struct pgrelation **slot;

    if (2 * (set->n + 1) > set->nslots && grow(set, err)) {
        free(relation);
        return -1;
    }
    slot = probe(set->slots, set->nslots, relation->rel.id);
    set->n += *slot == NULL;
    free(*slot);
    *slot = relation;
    set->latest = relation;
    return 0;
}
