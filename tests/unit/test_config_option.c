/* The tables of settings. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "config/config_option.h"
#include "lib/fail.h"

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

/* Every row stands in the reference as `section.name`. */
static void check_documented(const char *reference, const struct config_option *options, const char *section)
{
    for (; options->name; options++) {
        char *name = text_print("%s%s%s", section, *section ? "." : "", options->name),
             *quoted = text_print("`%s`", name);

        if (options->section)
            check_documented(reference, options->section, name);
        else
            cr_expect(strstr(reference, quoted), "%s is not in conf/README.md", name);
        free(name);
        free(quoted);
    }
}

Test(config_option, every_setting_is_in_the_reference)
{
    char *path = text_print("%s/conf/README.md", TEST_TREE), text[65536];
    FILE *in = fopen(path, "r");
    size_t n;

    cr_assert_not_null(in, "%s", path);
    n = fread(text, 1, sizeof text - 1, in);
    fclose(in);
    text[n] = '\0';
    check_documented(text, config_root_options, "");
    free(path);
}
