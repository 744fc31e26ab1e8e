/* The ACL lines of `setup`. */
#include "unit/redis_events.h"

#include <criterion/criterion.h>

TestSuite(redis_setup);

static const char *script(struct events *e)
{
    struct cdc_err err;

    cdc_buf_reset(&e->text);
    cr_assert_eq(redis_sink_ops.setup(e->sink, &e->text, &err), 0);
    return cdc_buf_str(&e->text);
}

Test(redis_setup, names_the_user_and_the_prefix_and_never_a_password)
{
    struct events e;

    events_init(&e);
    e.config.user = "cdc-agent";
    e.config.password = "very-secret";
    cr_assert(strstr(script(&e), "ACL SETUSER cdc-agent reset on >PASSWORD -@all ~cdc:* +auth"), "%s",
              script(&e));
    cr_assert(strstr(script(&e), "ACL SETUSER tributary-reader reset on >PASSWORD"), "%s", script(&e));
    cr_assert_null(strstr(script(&e), "very-secret"));
    cr_assert_null(strstr(script(&e), "waitaof"));
    e.config.durability = CDC_DURABILITY_AOF;
    cr_assert(strstr(script(&e), "+waitaof"));
    events_fini(&e);
}

Test(redis_setup, every_pattern_of_keys_has_the_configured_prefix)
{
    struct events e;

    events_init(&e);
    e.config.prefix = "shop";
    cr_assert(strstr(script(&e), "-@all ~shop:* +auth"), "%s", script(&e));
    cr_assert(strstr(script(&e), "%R~shop:state:* %R~shop:events:*"), "%s", script(&e));
    cr_assert(strstr(script(&e), "+xgroup|createconsumer ~shop:events:*)\n"), "%s", script(&e));
    cr_assert_null(strstr(script(&e), "~cdc:"), "%s", script(&e));
    events_fini(&e);
}

Test(redis_setup, has_a_name_for_the_user_when_the_configuration_has_none)
{
    struct events e;

    events_init(&e);
    cr_assert(strstr(script(&e), "ACL SETUSER tributary-writer "), "%s", script(&e));
    events_fini(&e);
}
