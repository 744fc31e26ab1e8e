/*
 * The catalogue's answers about types (pgtypes.h): enums and composites are text, a domain is what its base type is, an array
 * has the form of its elements. Owned by the source thread, which asks when a relation is announced, never for a row. A failed
 * look-up is a passing error: the stream is read again from the last confirmed position.
 */
#include "postgresql/pgtypes.h"

#include <stdio.h>
#include <stdlib.h>

#define ANSWER_MS   10000
#define MAX_TYPES   65536
#define MAX_NESTING 32 /* domains over domains */

void pgtypes_init(struct pgtypes *types, struct pgside *side)
{
    *types = (struct pgtypes){.side = side};
}

void pgtypes_clear(struct pgtypes *types)
{
    for (size_t i = 0; i < types->n; i++)
        free(types->known[i]);
    free(types->known);
    types->known = NULL;
    types->n = 0;
}

static const struct pgtype *find_known(const struct pgtypes *types, uint32_t oid)
{
    for (size_t i = 0; i < types->n; i++)
        if (types->known[i]->oid == oid)
            return types->known[i];
    return NULL;
}

/* Keeps a copy; NULL when memory runs out. */
static const struct pgtype *remember(struct pgtypes *types, const struct pgtype *type)
{
    struct pgtype **known, *copy;

    if (types->n >= MAX_TYPES)
        return NULL;
    known = realloc(types->known, (types->n + 1) * sizeof(struct pgtype *));
    if (!known)
        return NULL;
    types->known = known;
    copy = malloc(sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *type;
    known[types->n++] = copy;
    return copy;
}

static int ask_once(struct pgtypes *types, uint32_t oid, struct pq_result **result, struct cdc_err *err)
{
    struct pq *pq = pgside_connection(types->side, err);
    char sql[320];

    if (!pq)
        return -1;
    snprintf(sql, sizeof sql,
             "SELECT format_type(t.oid, NULL), t.typtype, t.typbasetype, "
             "t.typelem <> 0 AND t.typsubscript = 'array_subscript_handler'::regproc, t.typelem, e.typdelim "
             "FROM pg_type t LEFT JOIN pg_type e ON e.oid = t.typelem WHERE t.oid = %u",
             oid);
    if (pq_query(pq, sql, ANSWER_MS, result, err)) {
        pgside_reset(types->side);
        return -1;
    }
    return 0;
}

/* A connection that was lost while it was idle shows only when it is used: a new one deserves a try. */
static int ask(struct pgtypes *types, uint32_t oid, struct pq_result **result, struct cdc_err *err)
{
    if (ask_once(types, oid, result, err) == 0)
        return 0;
    return err->class == CDC_ERR_RETRY ? ask_once(types, oid, result, err) : -1;
}

static int find(struct pgtypes *types, uint32_t oid, unsigned depth, const struct pgtype **out,
                struct cdc_err *err);

/* Fills in what `type` is, from the catalogue's row. */
static int explain(struct pgtypes *types, const struct pq_result *row, unsigned depth, struct pgtype *type,
                   struct cdc_err *err)
{
    const struct pgtype *under;
    const char *kind = pq_text(row, 0, 1), *delimiter = pq_text(row, 0, 5);

    snprintf(type->name, sizeof type->name, "%s", pq_text(row, 0, 0));
    if (kind && *kind == 'd') {
        if (find(types, (uint32_t)pq_integer(row, 0, 2), depth + 1, &under, err))
            return -1;
        type->kind = under->kind;
        type->form = under->form;
        type->element_form = under->element_form;
        type->element_kind = under->element_kind;
        type->delimiter = under->delimiter;
    } else if (pq_true(row, 0, 3)) {
        if (find(types, (uint32_t)pq_integer(row, 0, 4), depth + 1, &under, err))
            return -1;
        type->kind = CDC_KIND_ARRAY;
        type->form = PGTYPE_ARRAY;
        /* an element that is a domain over an array stays text */
        type->element_form = under->form == PGTYPE_ARRAY ? PGTYPE_AS_IS : under->form;
        type->element_kind = under->form == PGTYPE_ARRAY ? CDC_KIND_TEXT : under->kind;
        type->delimiter = delimiter && *delimiter ? *delimiter : ',';
    }
    return 0;
}

static int find(struct pgtypes *types, uint32_t oid, unsigned depth, const struct pgtype **out,
                struct cdc_err *err)
{
    struct pgtype type = {.oid = oid, .kind = CDC_KIND_TEXT, .form = PGTYPE_AS_IS, .delimiter = ','};
    struct pq_result *row = NULL;
    int rc = 0;

    *out = pgtype_builtin(oid);
    if (!*out)
        *out = find_known(types, oid);
    if (*out)
        return 0;
    if (depth > MAX_NESTING)
        return cdc_err_set(err, CDC_ERR_FATAL, "type %u is nested too deeply", oid);
    if (ask(types, oid, &row, err))
        return -1;
    if (pq_rows(row) == 0) {
        type.form = PGTYPE_UNKNOWN;
        snprintf(type.name, sizeof type.name, "type %u", oid);
    } else {
        rc = explain(types, row, depth, &type, err);
    }
    pq_free(row);
    if (rc)
        return -1;
    *out = remember(types, &type);
    return *out ? 0 : cdc_err_memory(err);
}

int pgtypes_find(struct pgtypes *types, uint32_t oid, const struct pgtype **type, struct cdc_err *err)
{
    if (find(types, oid, 0, type, err) == 0)
        return 0;
    if (err)
        err->class = err->class == CDC_ERR_FATAL ? CDC_ERR_FATAL : CDC_ERR_RETRY;
    return cdc_err_wrap(err, "asking the catalogue about type %u", oid);
}
