/* Sets of texts. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "map/choices.h"

static struct cdc_arena arena;

static void fini(void)
{
    cdc_arena_fini(&arena);
}

Test(choices, all_are_found_and_no_others, .fini = fini)
{
    static char texts[500][8];
    struct choices c;

    for (size_t n = 0; n <= 500; n = n < 10 ? n + 1 : n * 2) {
        cr_assert_eq(choices_init(&c, &arena, n), 0);
        for (size_t i = 0; i < n; i++) {
            snprintf(texts[i], sizeof texts[i], "%zx", i * 7919 % 65521);
            c.all[i].text = c.all[i].value = cdc_slice_str(texts[i]);
        }
        choices_sort(&c);
        for (size_t i = 0; i < n; i++) {
            const struct choice *found = choices_find(&c, cdc_slice_str(texts[i]));
            cr_assert(found && cdc_slice_is(found->value, texts[i]), "%s of %zu", texts[i], n);
        }
        cr_assert_null(choices_find(&c, cdc_slice_str("zzz")));
        cr_assert_null(choices_find(&c, cdc_slice_str("")));
        cr_assert_null(choices_find(&c, cdc_slice(NULL, 0)));
    }
}

Test(choices, the_empty_text_is_a_text, .fini = fini)
{
    struct choices c;

    cr_assert_eq(choices_init(&c, &arena, 2), 0);
    c.all[0].text = cdc_slice_str("x");
    c.all[1].text = cdc_slice_str("");
    choices_sort(&c);
    cr_assert_not_null(choices_find(&c, cdc_slice(NULL, 0)));
    cr_assert_not_null(choices_find(&c, cdc_slice_str("x")));
    cr_assert_null(choices_find(&c, cdc_slice_str("X")));
}
