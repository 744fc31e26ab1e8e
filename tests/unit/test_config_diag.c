/* The list of what is wrong with a file. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "config/config_diag.h"
#include "config/config_node.h"

static struct config_diag diag;
static struct cdc_arena arena;
static char *printed;

static void init(void)
{
    config_diag_init(&diag, "a.yaml");
}

static void fini(void)
{
    config_diag_fini(&diag);
    cdc_arena_fini(&arena);
    free(printed);
}

TestSuite(config_diag, .init = init, .fini = fini);

static const char *print(void)
{
    size_t size;
    FILE *out;

    free(printed);
    out = open_memstream(&printed, &size);
    config_diag_print(&diag, out);
    fclose(out);
    return printed;
}

Test(config_diag, sorted_by_place_then_by_discovery)
{
    config_diag_at(&diag, 2, 9, "d");
    config_diag_at(&diag, 10, 1, "e");
    config_diag_at(&diag, 2, 1, "b");
    config_diag_at(&diag, 2, 1, "c %d", 1);
    config_diag_at(&diag, 1, 5, "a");
    cr_assert_str_eq(print(), "a.yaml:1:5: error: a\na.yaml:2:1: error: b\na.yaml:2:1: error: c 1\n"
                              "a.yaml:2:9: error: d\na.yaml:10:1: error: e\n");
}

Test(config_diag, names_the_way)
{
    struct yaml_node *root;
    const struct yaml_node *list, *b;

    cr_assert_eq(yaml_read(&root, &arena, "a:\n- x\n- {b: c}\n", 15, &diag), 0);
    list = yaml_child(root, "a");
    b = yaml_child(list->last, "b");
    config_diag_node(&diag, b, "value");
    config_diag_key(&diag, b, "key");
    config_diag_warning(&diag, list->first, "item");
    config_diag_key(&diag, list, "top");
    config_diag_node(&diag, root, "root");
    cr_assert_str_eq(print(),
                     "a.yaml:1:1: error: top\na.yaml:1:1: error: root\na.yaml:2:3: warning: a[1]: item\n"
                     "a.yaml:3:4: error: a[2]: key\na.yaml:3:7: error: a[2].b: value\n");
    cr_assert_eq(diag.errors, 4);
    cr_assert_eq(diag.warnings, 1);
}

Test(config_diag, no_control_bytes_reach_a_terminal)
{
    config_diag_at(&diag, 1, 1, "a\x1b[31m\nb\x7f\xc2\x9bm \xc3\xa4");
    cr_assert_str_eq(print(), "a.yaml:1:1: error: a?[31m?b??m \xc3\xa4\n");
}

Test(config_diag, result_is_the_first_error)
{
    struct cdc_err err;

    cr_assert_eq(config_diag_result(&diag, &err), 0);
    config_diag_at(&diag, 7, 1, "later");
    cr_assert_eq(config_diag_result(&diag, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_CONFIG);
    cr_assert_str_eq(err.message, "a.yaml: 1 error, the first on line 7: later");
    config_diag_at(&diag, 3, 1, "sooner");
    diag.denied = true;
    cr_assert_eq(config_diag_result(&diag, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_DENIED);
    cr_assert_str_eq(err.message, "a.yaml: 2 errors, the first on line 3: sooner");
    diag.failed = true;
    cr_assert_eq(config_diag_result(&diag, &err), -1);
    cr_assert_eq(err.class, CDC_ERR_RETRY);
}

Test(config_diag, a_warning_is_no_failure)
{
    struct yaml_node node = {.line = 1, .column = 2};
    struct cdc_err err;

    config_diag_warning(&diag, &node, "careful");
    cr_assert_eq(config_diag_result(&diag, &err), 0);
    cr_assert_str_eq(print(), "a.yaml:1:2: warning: careful\n");
}

Test(config_diag, the_list_is_bounded)
{
    struct cdc_err err;

    for (unsigned i = 0; i < CONFIG_DIAG_MAX + 5; i++)
        config_diag_at(&diag, CONFIG_DIAG_MAX + 5 - i, 1, "x");
    cr_assert_eq(diag.kept, CONFIG_DIAG_MAX);
    cr_assert_eq(config_diag_result(&diag, &err), -1);
    cr_assert(strstr(err.message, "1005 errors"));
    cr_assert(strstr(print(), "a.yaml: 5 more\n"));
}

Test(config_diag, nowhere_to_print_is_fine)
{
    config_diag_at(&diag, 1, 1, "x");
    config_diag_print(&diag, NULL);
    cr_assert_eq(diag.errors, 1);
}

Test(config_diag, repeated_keys_are_marked_at_every_depth)
{
    static const char text[] = "a: 1\nb: {c: 1, d: 2, c: 3, c: 4}\na: 2\n";
    struct yaml_node *root;

    cr_assert_eq(yaml_read(&root, &arena, text, sizeof text - 1, &diag), 0);
    config_node_unique(&diag, root);
    cr_assert_str_eq(print(), "a.yaml:2:17: error: b: repeated key \"c\" (first on line 2)\n"
                              "a.yaml:2:23: error: b: repeated key \"c\" (first on line 2)\n"
                              "a.yaml:3:1: error: repeated key \"a\" (first on line 1)\n");
    cr_assert_str_eq(yaml_child(root, "a")->text, "1");
    cr_assert(root->last->repeated);
}
