/* YAML as a tree with places. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "config/config_diag.h"
#include "config/yaml.h"

static struct cdc_arena arena;
static struct config_diag diag;
static struct yaml_node *root;
static char *printed;

static void init(void)
{
    config_diag_init(&diag, "t");
}

static void fini(void)
{
    config_diag_fini(&diag);
    cdc_arena_fini(&arena);
    free(printed);
    printed = NULL;
}

TestSuite(yaml, .init = init, .fini = fini);

static int read_bytes(const char *text, size_t len)
{
    return yaml_read(&root, &arena, text, len, &diag);
}

static int read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

/* What is wrong with a text. */
static const char *wrong(const char *text)
{
    size_t size;
    FILE *out;

    cr_expect_eq(read_text(text), -1, "%s", text);
    free(printed);
    out = open_memstream(&printed, &size);
    config_diag_print(&diag, out);
    fclose(out);
    config_diag_fini(&diag);
    config_diag_init(&diag, "t");
    return printed;
}

Test(yaml, a_tree_with_places)
{
    const struct yaml_node *a, *list, *item;

    cr_assert_eq(read_text("# first\na: 1\nlist:\n  - x\n  - {y: z}\n"), 0);
    cr_assert_eq(root->kind, YAML_MAP);
    cr_assert_eq(root->n, 2);
    cr_assert_null(root->up);
    a = yaml_child(root, "a");
    cr_assert_str_eq(a->text, "1");
    cr_assert_eq(a->line, 2);
    cr_assert_eq(a->column, 4);
    cr_assert_eq(a->key->column, 1);
    list = yaml_child(root, "list");
    cr_assert_eq(list->kind, YAML_LIST);
    cr_assert_eq(list->n, 2);
    cr_assert_str_eq(list->first->text, "x");
    cr_assert_eq(list->first->index, 1);
    item = yaml_child(list->last, "y");
    cr_assert_str_eq(item->text, "z");
    cr_assert_eq(item->up, list->last);
    cr_assert_eq(item->line, 5);
    cr_assert_eq(item->column, 9);
    cr_assert_null(yaml_child(root, "b"));
    cr_assert_null(yaml_child(list, "b"));
    cr_assert_null(yaml_child(NULL, "b"));
}

Test(yaml, columns_are_characters)
{
    cr_assert_eq(read_text("{ä: ö, b: c}"), 0);
    cr_assert_eq(yaml_child(root, "b")->key->column, 8);
}

Test(yaml, scalars_are_text)
{
    static const char *const plain[] = {"NO", "010", "1e3", "0x10", "2026-11-21", "12:30:00", "off", "1_000"};

    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        cr_assert_eq(read_text(plain[i]), 0);
        cr_assert_str_eq(root->text, plain[i]);
        cr_assert_not(root->quoted);
        cr_assert_not(yaml_is_null(root));
    }
}

Test(yaml, null_is_a_word_without_quotes)
{
    cr_assert_eq(read_text("- null\n- ~\n-\n- 'null'\n- \"~\"\n- ''\n- nil\n"), 0);
    cr_assert_eq(root->n, 7);
    for (const struct yaml_node *item = root->first; item; item = item->next)
        cr_expect_eq(yaml_is_null(item), item->index <= 3, "item %u", item->index);
}

Test(yaml, a_word_in_quotes_is_no_keyword)
{
    cr_assert_eq(read_text("[pass, 'pass', \"pass\"]"), 0);
    cr_assert(yaml_is_word(root->first, "pass"));
    cr_assert_not(yaml_is_word(root->first, "reject"));
    cr_assert_not(yaml_is_word(root->first->next, "pass"));
    cr_assert_not(yaml_is_word(root->last, "pass"));
    cr_assert_not(yaml_is_word(root, "pass"));
}

Test(yaml, syntax_errors_have_their_place)
{
    cr_assert_str_eq(wrong("a: 1\nb: [x\n"),
                     "t:3:1: error: did not find expected ',' or ']' (while parsing a flow sequence)\n");
    cr_assert(strstr(wrong("a:\n\tb: 1\n"), "t:2:1: error: "));
    cr_assert(strstr(printed, "indent with spaces"));
    cr_assert(strstr(wrong("a: {b: ${c}}\n"), "needs quotes"));
    cr_assert_str_eq(wrong("a: 1\nb: \xff\n"), "t:2:4: error: invalid leading UTF-8 octet\n");
    cr_assert_str_eq(wrong("a: \x01\n"), "t:1:4: error: control characters are not allowed\n");
}

Test(yaml, what_a_configuration_does_not_need_is_refused)
{
    cr_assert_str_eq(wrong("a: &x 1\nb: *x\n"), "t:1:4: error: anchors (&name) are not supported\n"
                                                "t:2:4: error: aliases (*name) are not supported\n");
    cr_assert_str_eq(wrong("a: !!int 1\nb: !x [y]\nc: &m {}\n"),
                     "t:1:4: error: tags (!name) are not supported\n"
                     "t:2:4: error: tags (!name) are not supported\n"
                     "t:3:4: error: anchors (&name) are not supported\n");
    cr_assert_str_eq(wrong("a: 1\n--- \nb: 2\n"), "t:2:1: error: only one document in a file\n");
    cr_assert_str_eq(wrong("{[a]: b}"), "t:1:2: error: a key must be a single word or string\n");
    cr_assert_str_eq(wrong("a: \"x\\0y\""), "t:1:4: error: a NUL byte in a string\n");
    cr_assert_str_eq(wrong(""), "t:1:1: error: the file is empty\n");
    cr_assert_str_eq(wrong("# only a comment\n"), "t:1:1: error: the file is empty\n");
}

/* `n` lists in each other. */
static char *nested(size_t n)
{
    char *text = calloc(2 * n + 1, 1);

    memset(text, '[', n);
    memset(text + n, ']', n);
    return text;
}

Test(yaml, depth_is_bounded)
{
    char *fits = nested(YAML_MAX_DEPTH), *deeper = nested(YAML_MAX_DEPTH + 1);

    cr_assert_eq(read_text(fits), 0);
    cr_assert_str_eq(wrong(deeper), "t:1:33: error: nested more than 32 levels deep\n");
    free(fits);
    free(deeper);
}

Test(yaml, size_is_bounded)
{
    size_t len = YAML_MAX_BYTES;
    char *text = malloc(len + 2);

    memset(text, '#', len + 1);
    text[len + 1] = '\0';
    memcpy(text, "a: b\n", 5);
    cr_assert_eq(read_bytes(text, len), 0);
    cr_assert_str_eq(wrong(text), "t:1:1: error: larger than 1 MiB\n");
    free(text);
}

Test(yaml, the_number_of_values_is_bounded)
{
    size_t n = YAML_MAX_NODES;
    char *text = malloc(2 * n + 2);

    for (size_t i = 0; i < n; i++)
        memcpy(text + 1 + 2 * i, "a,", 2);
    text[0] = '[';
    text[2 * n] = ']';
    text[2 * n + 1] = '\0';
    cr_assert(strstr(wrong(text), "more than 65536 values"));
    text[2 * n - 2] = ']'; /* one less, and the list itself */
    cr_assert_eq(read_bytes(text, 2 * n - 1), 0);
    free(text);
}

Test(yaml, every_cut_of_a_text_is_an_error_or_a_tree)
{
    static const char text[] = "a: {b: [c, 'd', \"e\\n\"], f: |\n  g\n}\nh:\n- i\n- j: k\n";

    for (size_t len = 0; len < sizeof text; len++) {
        int rc = read_bytes(text, len);
        cr_assert_eq(rc == 0, diag.errors == 0);
        config_diag_fini(&diag);
        config_diag_init(&diag, "t");
    }
}

Test(yaml, wiping_leaves_no_text)
{
    cr_assert_eq(read_text("a: {b: [secret, {c: secret}], d: secret}\ne: secret\n"), 0);
    const struct yaml_node *inner = yaml_child(root, "a"), *list = yaml_child(inner, "b"),
                           *e = yaml_child(root, "e");
    const struct yaml_node *d = yaml_child(inner, "d"), *c = yaml_child(list->last, "c");

    yaml_wipe(root);
    cr_assert_str_eq(list->first->text, "");
    cr_assert_str_eq(c->text, "");
    cr_assert_str_eq(d->text, "");
    cr_assert_str_eq(e->text, "");
    cr_assert_str_eq(e->key->text, "");
    yaml_wipe(NULL);
}
