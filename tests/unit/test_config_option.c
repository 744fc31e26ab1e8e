/* The tables of settings. */
#include <criterion/criterion.h>

#include <string.h>

#include "config/config_option.h"

TestSuite(config_option);

static size_t count_and_check(const struct config_option *options, const char *section)
{
    size_t n = 0;

    for (const struct config_option *o = options; o->name; o++, n++) {
        for (const struct config_option *other = options; other < o; other++)
            cr_expect_str_neq(other->name, o->name);
        cr_expect_eq(o->type == CONFIG_ENUM, o->words != NULL, "%s.%s", section, o->name);
        cr_expect_eq(o->type == CONFIG_SECTION, o->section != NULL, "%s.%s", section, o->name);
        cr_expect_eq(o->type == CONFIG_STRING || o->type == CONFIG_PATH || o->type == CONFIG_LISTEN,
                     o->check != NULL, "%s.%s", section, o->name);
        cr_expect_leq(o->min, o->max, "%s.%s", section, o->name);
        cr_expect_lt(o->offset, sizeof(struct config), "%s.%s", section, o->name);
        cr_expect_not(o->required && o->fallback, "%s.%s", section, o->name);
        if (o->section)
            n += count_and_check(o->section, o->name);
    }
    return n;
}

Test(config_option, rows_are_consistent)
{
    cr_assert_gt(count_and_check(config_root_options, ""), 45);
}

Test(config_option, every_default_obeys_its_own_rules)
{
    struct config_owner owner = {.config = {.path = "t"}};
    struct config_diag diag;
    struct config_build build = {
        .owner = &owner, .config = &owner.config, .arena = &owner.arena, .diag = &diag};

    config_diag_init(&diag, "t");
    config_options_read(&build, config_root_options, NULL);
    cr_assert_not(diag.failed);
    cr_assert_eq(diag.errors, 0);
    cr_assert_eq(owner.config.redis.batch_events, 256);
    cr_assert_str_eq(owner.config.source.timezone, "UTC");
    config_diag_fini(&diag);
    cdc_arena_fini(&owner.arena);
}
