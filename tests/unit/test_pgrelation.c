#include "postgresql/pgrelation.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static struct pgtypes types;
static struct pgrelations set;
static struct cdc_err err;

static void done(void)
{
    pgrelations_clear(&set);
    pgtypes_clear(&types);
}

static struct pgrelation *make(uint32_t id, const char *schema, char identity, bool key)
{
    char name[] = "column";
    struct pgoutput_column column = {key, {name, 6}, 23, -1};
    struct pgrelation_spec spec = {id, cdc_slice_str(schema), {"t", 1}, identity, 1, &column};
    struct pgrelation *relation = NULL;

    cr_assert_eq(pgrelation_new(&relation, &spec, &types, &err), 0);
    memset(name, 'x', sizeof name); /* texts are copied */
    return relation;
}

static enum cdc_identity identity(char letter, bool key)
{
    struct pgrelation *relation = make(1, "public", letter, key);
    enum cdc_identity found = relation->rel.identity;

    free(relation);
    return found;
}

Test(pgrelation, keeps_what_was_announced, .fini = done)
{
    struct pgrelation *relation = make(7, "public", 'd', true);

    cr_assert_eq(relation->rel.id, 7);
    cr_assert(cdc_slice_is(relation->rel.schema, "public"));
    cr_assert(cdc_slice_is(relation->rel.columns[0].name, "column"));
    cr_assert(cdc_slice_is(relation->rel.columns[0].type_name, "integer"));
    cr_assert_eq(relation->rel.columns[0].kind, CDC_KIND_INTEGER);
    cr_assert(relation->rel.columns[0].key);
    cr_assert_not(relation->rel.columns[0].wanted);
    cr_assert_null(relation->rel.binding);
    free(relation);
    relation = make(8, "", 'd', true);
    cr_assert(cdc_slice_is(relation->rel.schema, "pg_catalog"));
    free(relation);
}

Test(pgrelation, identities, .fini = done)
{
    cr_assert_eq(identity('d', true), CDC_IDENTITY_KEY);
    cr_assert_eq(identity('i', true), CDC_IDENTITY_KEY);
    cr_assert_eq(identity('f', true), CDC_IDENTITY_FULL);
    cr_assert_eq(identity('n', false), CDC_IDENTITY_NOTHING);
    cr_assert_eq(identity('d', false), CDC_IDENTITY_NOTHING);
}

Test(pgrelation, many_are_found_again, .fini = done)
{
    cr_assert_null(pgrelations_find(&set, 1));
    for (uint32_t id = 1; id <= 1000; id++)
        cr_assert_eq(pgrelations_put(&set, make(id * 7, "public", 'd', true), &err), 0);
    for (uint32_t id = 1; id <= 1000; id++) {
        cr_assert_not_null(pgrelations_find(&set, id * 7));
        cr_assert_eq(pgrelations_find(&set, id * 7)->rel.id, id * 7);
        cr_assert_null(pgrelations_find(&set, id * 7 + 1));
    }
    cr_assert_eq(set.n, 1000);
}

Test(pgrelation, a_new_announcement_takes_the_place_of_the_old, .fini = done)
{
    cr_assert_eq(pgrelations_put(&set, make(7, "public", 'd', true), &err), 0);
    pgrelations_find(&set, 7)->rel.binding = &set;
    cr_assert_eq(pgrelations_put(&set, make(7, "other", 'f', true), &err), 0);
    cr_assert(cdc_slice_is(pgrelations_find(&set, 7)->rel.schema, "other"));
    cr_assert_null(pgrelations_find(&set, 7)->rel.binding);
    cr_assert_eq(set.n, 1);
}
