/* The tables of settings. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "config/config_option.h"
#include "lib/fail.h"
#include "lib/process.h"

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

static char *read_tree(const char *name)
{
    char *path = text_print("%s/%s", TEST_TREE, name), *text = process_read_file(path);

    cr_assert(*text, "%s", path);
    free(path);
    return text;
}

/* Read by code of its own, which lets it change. */
static bool reloads_elsewhere(const char *name)
{
    return strcmp(name, "due") == 0;
}

/* The row of the reference, up to its line end: "| `source.port` | 1 to 65535 | 5432 or 3306 | |"; NULL: there is none. */
static char *reference_row(const char *reference, const char *name)
{
    char *quoted = text_print("`%s`", name), *row = NULL;
    const char *at = reference, *end;

    for (; *at && !row; at = *end ? end + 1 : end) {
        const char *cell;

        end = at + strcspn(at, "\n");
        cell = strstr(at, " | ");
        if (strncmp(at, "| `", 3) == 0 && cell && cell < end) {
            row = text_print("%.*s", (int)(end - at), at);
            if (!strstr(row, quoted) || strstr(row, quoted) - row > cell - at) {
                free(row);
                row = NULL;
            }
        }
    }
    free(quoted);
    return row;
}

/* Every setting has a row in the reference with its default and whether a reload changes it, and an item in the manual page. */
static void check_documented(const char *reference, const char *manual, const struct config_option *options,
                             const char *section)
{
    for (; options->name; options++) {
        char *name = text_print("%s%s%s", section, *section ? "." : "", options->name),
             *item = text_print("\n.It Ic %s\n", name), *fallback = text_print("`%s`", options->fallback),
             *row = reference_row(reference, name);

        if (options->section) {
            check_documented(reference, manual, options->section, name);
        } else if (options->type != CONFIG_LATER) {
            cr_expect(options->meaning && *options->meaning, "%s has no meaning", name);
            cr_expect(row, "%s is not in conf/README.md", name);
            cr_expect(strstr(manual, item), "%s is not in tributary.yaml(5)", name);
            if (row && options->fallback)
                cr_expect(strstr(row, fallback), "conf/README.md: the default of %s is %s", name, fallback);
            if (row)
                cr_expect_eq(strstr(row, "| yes |") != NULL, options->reload || reloads_elsewhere(name),
                             "conf/README.md: whether %s changes with a reload", name);
        }
        free(name);
        free(item);
        free(fallback);
        free(row);
    }
}

Test(config_option, every_setting_is_in_the_reference_and_in_the_manual)
{
    char *reference = read_tree("conf/README.md"), *manual = read_tree("agent/man/tributary.yaml.5");

    check_documented(reference, manual, config_root_options, "");
    free(reference);
    free(manual);
}
