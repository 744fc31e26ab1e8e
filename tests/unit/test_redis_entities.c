/* The list of entities. */
#include "redis/entities.h"

#include <criterion/criterion.h>

TestSuite(redis_entities);

static void join(void *ctx, const char *name)
{
    cdc_buf_puts(ctx, name);
    cdc_buf_putc(ctx, ' ');
}

Test(redis_entities, has_each_name_once)
{
    struct redis_entities entities;
    struct cdc_buf all = {.limit = 0};
    char name[2] = "a";

    redis_entities_init(&entities);
    for (int i = 0; i < 60; i++) {
        name[0] = (char)('a' + i % 20);
        cr_assert_eq(redis_entities_add(&entities, cdc_slice_str(name)), 0);
    }
    redis_entities_each(&entities, join, &all);
    cr_assert_str_eq(cdc_buf_str(&all), "a b c d e f g h i j k l m n o p q r s t ");
    cdc_buf_fini(&all);
    redis_entities_fini(&entities);
}
