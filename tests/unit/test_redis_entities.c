/* The list of entities. */
#include "redis/entities.h"

#include <criterion/criterion.h>

TestSuite(redis_entities);

static void join(void *ctx, const struct redis_entity *entity)
{
    cdc_buf_puts(ctx, entity->name);
    cdc_buf_put_slice(ctx, cdc_buf_slice(&entity->definition));
    cdc_buf_putc(ctx, ' ');
}

Test(redis_entities, has_each_name_once_with_its_newest_definition)
{
    struct redis_entities entities;
    struct cdc_buf all = {.limit = 0};
    char name[2] = "a";

    redis_entities_init(&entities);
    for (int i = 0; i < 60; i++) {
        name[0] = (char)('a' + i % 20);
        cr_assert_eq(redis_entities_add(&entities, cdc_slice_str(name), cdc_slice_str(i < 40 ? "0" : "1")),
                     0);
    }
    redis_entities_each(&entities, join, &all);
    cr_assert_str_eq(cdc_buf_str(&all), "a1 b1 c1 d1 e1 f1 g1 h1 i1 j1 k1 l1 m1 n1 o1 p1 q1 r1 s1 t1 ");
    cdc_buf_fini(&all);
    redis_entities_fini(&entities);
}
