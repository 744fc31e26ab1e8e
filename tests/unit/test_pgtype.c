#include "postgresql/pgtype.h"

#include <criterion/criterion.h>

Test(pgtype, common_types_need_no_catalogue)
{
    static const struct {
        uint32_t oid;
        enum cdc_kind kind;
        const char *name;
    } rows[] = {
        {16, CDC_KIND_BOOLEAN, "boolean"},   {17, CDC_KIND_BYTES, "bytea"},
        {20, CDC_KIND_INTEGER, "bigint"},    {25, CDC_KIND_TEXT, "text"},
        {114, CDC_KIND_JSON, "json"},        {701, CDC_KIND_FLOAT, "double precision"},
        {1082, CDC_KIND_DATE, "date"},       {1186, CDC_KIND_INTERVAL, "interval"},
        {1700, CDC_KIND_DECIMAL, "numeric"}, {2950, CDC_KIND_UUID, "uuid"},
        {1560, CDC_KIND_BITS, "bit"},        {1009, CDC_KIND_ARRAY, "text[]"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct pgtype *type = pgtype_builtin(rows[i].oid);
        cr_assert_not_null(type);
        cr_expect_eq(type->kind, rows[i].kind, "%u", rows[i].oid);
        cr_expect_str_eq(type->name, rows[i].name);
    }
}

Test(pgtype, arrays_know_their_elements)
{
    const struct pgtype *type = pgtype_builtin(1185);

    cr_assert_eq(type->form, PGTYPE_ARRAY);
    cr_assert_eq(type->element_form, PGTYPE_UTC);
    cr_assert_eq(type->element_kind, CDC_KIND_INSTANT);
    cr_assert_eq(type->delimiter, ',');
}

Test(pgtype, others_are_left_to_the_catalogue)
{
    cr_assert_null(pgtype_builtin(0));
    cr_assert_null(pgtype_builtin(1020)); /* box[], whose delimiter is another */
    cr_assert_null(pgtype_builtin(16384));
}
