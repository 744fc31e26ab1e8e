/* The shipped examples: each is right, compiles to a mapping, and leaves `tributary check` nothing to say. */
#include <criterion/criterion.h>

#include <glob.h>
#include <stdlib.h>

#include "command/check_mapping.h"
#include "lib/fail.h"
#include "map/map.h"

TestSuite(examples);

static void add(void *ctx, enum cdc_finding level, const char *what, const char *remedy)
{
    (void)level;
    (void)remedy;
    fail("%s: %s", (const char *)ctx, what);
}

static struct config *load(const char *path)
{
    static char text[32768];
    FILE *in = fopen(path, "r");
    size_t n = fread(text, 1, sizeof text, in);
    struct config *config;
    struct cdc_err err;

    fclose(in);
    cr_assert_lt(n, sizeof text);
    if (config_parse(&config, path, text, n, CONFIG_NO_FILES, stderr, &err))
        fail("%s: %s", path, err.message);
    return config;
}

static void check(char *path)
{
    struct config *config = load(path);
    struct cdc_report report = {path, add};
    struct cdc_err err;
    struct map *map;

    if (map_new(&map, config, &err))
        fail("%s: %s", path, err.message);
    check_mapping(config, &report);
    map_free(map);
    config_free(config);
}

Test(examples, are_right)
{
    static const char *const patterns[] = {"conf/examples/*.yaml", "conf/cinema-bookings.yaml",
                                           "conf/shop-stock.yaml"};
    size_t n = 0;

    for (size_t i = 0; i < 3; i++) {
        char *pattern = text_print("%s/%s", TEST_TREE, patterns[i]);
        glob_t found;

        cr_assert_eq(glob(pattern, 0, NULL, &found), 0, "%s", pattern);
        for (size_t k = 0; k < found.gl_pathc; k++, n++)
            check(found.gl_pathv[k]);
        globfree(&found);
        free(pattern);
    }
    cr_assert_geq(n, 9, "the examples are gone");
}
