#include "postgresql/pgrow.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

enum { INT4 = 23, BOOL = 16, TEXT = 25 };

static struct pgtypes types;
static struct pgrelation *relation;
static struct pgoutput_space tuples;
static struct pgvalue_space space;
static struct cdc_row row;
static struct cdc_err err;

/* id (key), b boolean, v text; all wanted */
static void init(void)
{
    static const struct pgoutput_column columns[] = {
        {true, {"id", 2}, INT4, -1}, {false, {"b", 1}, BOOL, -1}, {false, {"v", 1}, TEXT, -1}};
    struct pgrelation_spec spec = {7, {"public", 6}, {"t", 1}, 'd', 3, columns};

    pgvalue_space_init(&space);
    pgtypes_init(&types, NULL);
    cr_assert_eq(pgrelation_new(&relation, &spec, &types, &err), 0);
    for (int i = 0; i < 3; i++)
        relation->rel.columns[i].wanted = true;
}

static void done(void)
{
    free(relation);
    pgtypes_clear(&types);
    pgvalue_space_fini(&space);
}

static struct cdc_value present(const char *text)
{
    return (struct cdc_value){text, (uint32_t)strlen(text), CDC_VALUE_PRESENT};
}

static const struct cdc_value null = {.state = CDC_VALUE_NULL},
                              unavailable = {.state = CDC_VALUE_UNAVAILABLE};

static void set(struct cdc_value *tuple, struct cdc_value id, struct cdc_value b, struct cdc_value v)
{
    tuple[0] = id;
    tuple[1] = b;
    tuple[2] = v;
}

static int make(enum pgoutput_type type, char old_kind)
{
    struct pgoutput_message message = {.type = type};

    message.u.change.relation = 7;
    message.u.change.old_kind = old_kind;
    message.u.change.nold = old_kind ? 3 : 0;
    message.u.change.nafter = type == PGOUTPUT_DELETE ? 0 : 3;
    return pgrow_make(relation, &message, &tuples, &space, &row, &err);
}

static bool is(const struct cdc_value *value, const char *text)
{
    return value->state == CDC_VALUE_PRESENT && cdc_slice_is(cdc_slice(value->ptr, value->len), text);
}

Test(pgrow, insert, .init = init, .fini = done)
{
    set(tuples.after, present("1"), present("t"), null);
    cr_assert_eq(make(PGOUTPUT_INSERT, 0), 0);
    cr_assert_eq(row.op, CDC_OP_INSERT);
    cr_assert_eq(row.relation, &relation->rel);
    cr_assert_null(row.before);
    cr_assert(is(&row.after[0], "1"));
    cr_assert(is(&row.after[1], "true"));
    cr_assert_eq(row.after[2].state, CDC_VALUE_NULL);
}

Test(pgrow, of_an_old_key_only_the_key_counts, .init = init, .fini = done)
{
    set(tuples.old, present("1"), null, null);
    set(tuples.after, present("2"), present("f"), unavailable);
    cr_assert_eq(make(PGOUTPUT_UPDATE, 'K'), 0);
    cr_assert_eq(row.before_is, CDC_IDENTITY_KEY);
    cr_assert(is(&row.before[0], "1"));
    cr_assert_eq(row.before[1].state, CDC_VALUE_UNAVAILABLE);
    cr_assert_eq(row.after[2].state, CDC_VALUE_UNAVAILABLE, "the old key says nothing of it");
    cr_assert_eq(make(PGOUTPUT_DELETE, 'K'), 0);
    cr_assert_eq(row.op, CDC_OP_DELETE);
    cr_assert_null(row.after);
}

Test(pgrow, a_full_old_row_fills_what_did_not_change, .init = init, .fini = done)
{
    set(tuples.old, present("1"), present("t"), present("long"));
    set(tuples.after, present("1"), unavailable, unavailable);
    cr_assert_eq(make(PGOUTPUT_UPDATE, 'O'), 0);
    cr_assert_eq(row.before_is, CDC_IDENTITY_FULL);
    cr_assert(is(&row.after[1], "true"));
    cr_assert(is(&row.before[1], "true"));
    cr_assert(is(&row.after[2], "long"));
}

Test(pgrow, an_old_key_fills_a_key_that_did_not_change, .init = init, .fini = done)
{
    set(tuples.old, present("1"), null, null);
    set(tuples.after, unavailable, null, null);
    cr_assert_eq(make(PGOUTPUT_UPDATE, 'K'), 0);
    cr_assert(is(&row.after[0], "1"));
}

Test(pgrow, what_nobody_wants_is_not_converted, .init = init, .fini = done)
{
    relation->rel.columns[1].wanted = false;
    set(tuples.after, present("1"), present("no boolean"), present("x"));
    cr_assert_eq(make(PGOUTPUT_INSERT, 0), 0);
    cr_assert_eq(row.after[1].state, CDC_VALUE_UNWANTED);
    relation->rel.columns[1].wanted = true;
    set(tuples.after, present("1"), present("no boolean"), present("x"));
    cr_assert_eq(make(PGOUTPUT_INSERT, 0), 0);
    cr_assert_eq(row.after[1].state, CDC_VALUE_INVALID);
}

Test(pgrow, a_row_of_another_width_is_refused, .init = init, .fini = done)
{
    struct pgoutput_message message = {.type = PGOUTPUT_INSERT};

    message.u.change.nafter = 2;
    cr_assert_eq(pgrow_make(relation, &message, &tuples, &space, &row, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_RETRY);
    cr_assert(strstr(err.message, "public.t came with 2 columns"), "%s", err.message);
    message = (struct pgoutput_message){.type = PGOUTPUT_DELETE};
    message.u.change.old_kind = 'K';
    message.u.change.nold = 4;
    cr_assert_eq(pgrow_make(relation, &message, &tuples, &space, &row, &err), -1);
}
