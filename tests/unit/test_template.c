/* Templates. */
#include <criterion/criterion.h>

#include "map/template.h"

static struct work work;

static void fini(void)
{
    cdc_arena_fini(&work.arena);
}

static struct template_piece pieces[] = {
    {TEMPLATE_LITERAL, {"cinema-", 7}}, {1, {NULL, 0}}, {TEMPLATE_LITERAL, {"/", 1}}, {0, {NULL, 0}}};
static const struct template_text template = {4, pieces};

static struct cdc_value present(const char *text)
{
    return (struct cdc_value){text, (uint32_t)strlen(text), CDC_VALUE_PRESENT};
}

static struct cdc_value join(struct cdc_value id, struct cdc_value site)
{
    struct cdc_value row[2] = {id, site}, out;
    struct image image = {row, NULL};

    cr_assert_eq(template_join(&template, &work, &image, &out), 0);
    return out;
}

Test(template, literals_and_columns_in_order, .fini = fini)
{
    struct cdc_value out = join(present("42"), present("north"));

    cr_assert_eq(out.state, CDC_VALUE_PRESENT);
    cr_assert(cdc_slice_is(cdc_slice(out.ptr, out.len), "cinema-north/42"));
    out = join(present(""), present(""));
    cr_assert(cdc_slice_is(cdc_slice(out.ptr, out.len), "cinema-/"));
}

Test(template, null_wins_then_what_cannot_be_read_then_what_was_not_sent, .fini = fini)
{
    struct cdc_value null = {.state = CDC_VALUE_NULL}, gone = {.state = CDC_VALUE_UNAVAILABLE},
                     bad = {"why", 3, CDC_VALUE_INVALID}, x = present("x");

    cr_assert_eq(join(null, x).state, CDC_VALUE_NULL);
    cr_assert_eq(join(x, null).state, CDC_VALUE_NULL);
    cr_assert_eq(join(null, gone).state, CDC_VALUE_NULL);
    cr_assert_eq(join(null, bad).state, CDC_VALUE_NULL);
    cr_assert_eq(join(gone, x).state, CDC_VALUE_UNAVAILABLE);
    cr_assert_eq(join(x, gone).state, CDC_VALUE_UNAVAILABLE);
    cr_assert_eq(join(gone, bad).state, CDC_VALUE_INVALID);
    cr_assert_eq(join(bad, gone).state, CDC_VALUE_INVALID);
    cr_assert_str_eq(join(gone, bad).ptr, "why");
}

Test(template, sameness_looks_at_its_columns_only, .fini = fini)
{
    struct cdc_value a[3] = {present("1"), present("n"), present("x")};
    struct cdc_value b[3] = {present("1"), present("n"), present("y")};
    struct cdc_value c[3] = {present("2"), present("n"), present("x")};
    struct image ia = {a, NULL}, ib = {b, NULL}, ic = {c, NULL};

    cr_assert(template_same(&template, &ia, &ib));
    cr_assert_not(template_same(&template, &ia, &ic));
    b[1].state = CDC_VALUE_INVALID;
    cr_assert_not(template_same(&template, &ib, &ib), "nobody knows what an unreadable value was");
}
